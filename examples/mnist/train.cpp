// xtape-mnist train.
#include <fmt/core.h>

#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <xtape/xtape.hpp>

#include "checks.hpp"
#include "commands.hpp"
#include "hash.hpp"
#include "settings.hpp"

using namespace xtape;

namespace {

struct TrainSettings : Settings {
  std::int64_t epochs = 10;
  bool skip_validation = false;
  std::string save;  // a file of weights; "" for none
};

void add_options(CLI::App& app, TrainSettings& s) {
  add_data_options(app, s);
  add_split_options(app, s);
  app.add_flag("--skip-validation", s.skip_validation, "Hold them out, but do not evaluate on them");
  add_model_options(app, s);
  add_optimizer_options(app, s);
  app.add_option("--epochs", s.epochs, "Passes over the training images; 0 only evaluates")
      ->transform(whole_number_in(0, 100000));
  add_machine_options(app, s);
  app.option_defaults()->group("Files");
  app.add_option("--save", s.save, "Safetensors file for the trained weights")
      ->transform(writable_file())
      ->type_name("FILE");
}

int run(const TrainSettings& s) {
  manual_seed(s.seed);
  set_num_threads(s.threads);
  const Images images = load_images(s);
  const Parts parts = split(images, s);
  const auto classes = static_cast<std::int64_t>(images.classes().size());
  nn::Sequential model = make_model(s, classes);
  auto optimizer = make_optimizer(s, model);
  fmt::print("data    {}\n", images.name);
  fmt::print("images  {} training, {} validation, {} test\n", parts.training.size(), parts.held_out.size(),
             images.test.size());
  fmt::print("model   {} ({} parameters)\n\n", describe_model(s, classes), count_parameters(model));
  train::Trainer trainer(model, make_loss(s), *optimizer,
                         {.epochs = s.epochs, .batch_size = s.batch_size, .seed = s.seed});
  if (s.epochs > 0) trainer.fit(parts.training);
  if (!s.save.empty()) io::save_safetensors(s.save, model.state_dict());
  const train::Evaluation e = train::evaluate(model, nn::CrossEntropyLoss(), images.test);
  fmt::print("\ntest    loss {:.4f}, accuracy {:.4f}\n", e.loss, e.accuracy);
  fmt::print("weights {:016x}\n", hash_of(model));
  return 0;
}

}  // namespace

Run add_train(CLI::App& app) {
  auto s = std::make_shared<TrainSettings>();
  add_options(app, *s);
  app.footer("Examples:\n  xtape-mnist train --data digits --epochs 3");
  return [&app, s] {
    check_settings(app, *s);
    return run(*s);
  };
}
