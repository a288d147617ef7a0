// xtape-mnist evaluate: how good a model is on data that it has not learned from.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "checks.hpp"
#include "commands.hpp"
#include "files.hpp"
#include "model_file.hpp"
#include "recorded.hpp"
#include "untrusted.hpp"

using namespace xtape;

namespace {

constexpr char evaluate_examples[] = R"(Examples:
  xtape-mnist evaluate runs/1
  xtape-mnist evaluate model.safetensors --data /data/mnist --split train
  xtape-mnist evaluate runs/1 --report evaluation.html)";

struct EvaluateSettings : Settings {
  std::string file;
  std::string split = "test";
  std::string report;  // a file; "" for none
};

void check_fit(const Model& model, const data::ImageDataset& images, const Images& all) {
  const Shape input = images.images().shape(), image(input.begin() + 1, input.end());
  if (image != model.description.input) {
    throw FileError("--data", fmt::format("images of {} have shape {}, the model takes {}", all.name, image.to_string(),
                                          model.description.input.to_string()));
  }
  if (all.classes() == model.description.classes) return;
  const auto list = [](const std::vector<std::string>& names) {
    constexpr std::size_t most = 12;
    const auto end = names.begin() + static_cast<std::ptrdiff_t>(std::min(most, names.size()));
    return fmt::format("{}{}", fmt::join(names.begin(), end, ","), names.size() > most ? ",..." : "");
  };
  throw FileError("--data", fmt::format("the classes of {} are {}, those of the model {}; if they are the same, pass "
                                        "--classes with the model's names",
                                        all.name, list(all.classes()), list(model.description.classes)));
}

void write_report(const EvaluateSettings& s, const Model& model, const Configuration& training,
                  const train::Evaluation& evaluation, const std::string& measured_on) {
  train::ReportOptions page = page_of("Evaluation of " + model.path, training);
  page.evaluated_on = measured_on;
  page.summary = summary_of(model.net, model.description.input).to_string();
  page.environment = {{"model", model.path}};
  train::save_report(s.report, train::History(), evaluation, page);
  fmt::print("report  {}\n", io::printable(s.report));
}

int evaluate(const CLI::App& app, EvaluateSettings s) {
  const Model model = load_model(s.file);
  const RecordedOptions training =
      options_in(fmt::format("configuration in \"{}\"", model.path), model.description.configuration);
  // Where the command line is silent, the data is that of the training.
  if (app.count("--data") == 0) s.data = training.settings.data;
  if (app.count("--classes") == 0) s.classes = training.settings.classes;
  check_settings(app, s);
  set_num_threads(s.threads);
  const Images all = load_images(s);
  const data::ImageDataset& images = s.split == "train" ? all.train : all.test;
  check_fit(model, images, all);
  const std::string measured_on = s.split == "train" ? "training images" : "test images";
  fmt::print("model   {} ({})\n", io::printable(model.path), to_string(model.description));
  fmt::print("data    {}, {} {}\n", io::printable(all.name), images.size(), measured_on);
  flush(stdout);
  const train::Evaluation e = train::evaluate(model.net, nn::CrossEntropyLoss(), model.input(data::Dataset(images)),
                                              {.batch_size = evaluation_batch, .classes = model.description.classes});
  fmt::print("result  {}\n", e.to_string());
  fmt::print("ECE     {:.4f}, the mean distance of probability and accuracy\n\n{}", e.calibration_error(), e.report());
  if (!s.report.empty()) fmt::print("\n");
  if (!s.report.empty()) write_report(s, model, training.list, e, measured_on + " of " + all.name);
  flush(stdout);
  return 0;
}

}  // namespace

Run add_evaluate(CLI::App& app) {
  auto s = std::make_shared<EvaluateSettings>();
  add_model_argument(app, s->file);
  add_data_options(app, *s);
  app.get_option("--data")->default_str("that of the training");
  app.add_option("--split", s->split, "test, or train for all training images, those held out included")
      ->transform(one_of({"test", "train"}))
      ->type_name("NAME");
  app.option_defaults()->group("Options");
  app.add_option("--report", s->report, "HTML file for a page with the confusion matrix and the worst mistakes")
      ->transform(writable_file())
      ->type_name("FILE");
  add_threads_option(app, *s);
  app.footer(evaluate_examples);
  return [&app, s] { return evaluate(app, *s); };
}
