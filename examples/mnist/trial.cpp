// Whether training would work: --dry-run and --overfit-one-batch. Neither writes anything.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "files.hpp"
#include "layout.hpp"
#include "training.hpp"

using namespace xtape;

namespace {

/// The first images of the training set, as many as make a batch.
data::Batch first_batch(const TrainSettings& s, const TrainingSetup& setup) {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(std::min(s.batch_size, setup.parts.training.size())));
  std::iota(indices.begin(), indices.end(), std::int64_t{0});
  return setup.parts.training.batch(indices);
}

std::string plan_of(const TrainSettings& s, std::int64_t images) {
  const std::int64_t batches = (images + s.batch_size - 1) / s.batch_size;
  std::string plan = fmt::format("{} epoch{} of {} steps with {}, lr {}", s.epochs, s.epochs == 1 ? "" : "s", batches,
                                 s.optimizer, s.lr);
  if (s.schedule != "none") plan += ", schedule " + s.schedule;
  if (s.augment) plan += ", shifted images";
  if (s.flip) plan += ", mirrored images";
  if (s.ema > 0) plan += ", averaged weights";
  if (s.early_stopping > 0) plan += fmt::format(", until {} epochs have not improved", s.early_stopping);
  return plan;
}

}  // namespace

int try_out(const TrainSettings& s) {
  TrainingSetup setup(s);
  print_heading(s, setup);
  std::FILE* const out = s.out_stream();
  const data::Batch batch = first_batch(s, setup);
  fmt::print(out, "\n{}\n", nn::summary(setup.model, batch.x.shape()).to_string());
  setup.model.train();
  const double loss = setup.loss(setup.model(batch.x), batch.y).item<double>();
  const double guess = std::log(static_cast<double>(setup.images.classes().size()));
  fmt::print(out, "loss    {:.4f} for one batch; a guess has {:.4f}\n", loss, guess);
  fmt::print(out, "{}", paragraph("plan", plan_of(s, setup.parts.training.size())));
  const std::string place = s.out.empty() ? "the first free runs/N" : s.out;
  fmt::print(out, "files   {}\n", s.no_out ? "none" : place);
  if (!s.save.empty()) fmt::print(out, "save    {}\n", s.save);
  fmt::print(out, "\nA dry run: nothing was trained or written.\n");
  flush(out);
  if (std::isfinite(loss)) return 0;
  throw ValueError("--dry-run", fmt::format("the loss of one batch is {}; does the data or --load hold NaN?", loss));
}

int overfit_one_batch(const TrainSettings& s) {
  constexpr std::int64_t most_steps = 2000;
  constexpr double learned = 0.01;
  TrainSettings plain = s;  // what keeps a model from learning by heart is left out
  plain.architecture.dropout = plain.label_smoothing = plain.weight_decay = 0;
  plain.augment = plain.flip = false;
  plain.schedule = "none";
  TrainingSetup setup(plain);
  print_heading(plain, setup);
  std::FILE* const out = s.out_stream();
  const data::Batch batch = first_batch(plain, setup);
  fmt::print(out,
             "\nOne batch of {} images, without dropout, decay, smoothing,\nshifts, mirroring and schedule:\n\n step   "
             " loss\n",
             batch.y.size(0));
  flush(out);
  const train::StopOnSignal stop_on_signal;
  double loss = 0;
  for (std::int64_t step = 0; step <= most_steps; ++step) {
    const Tensor output = setup.loss(setup.model(batch.x), batch.y);
    loss = output.item<double>();
    const bool is_last = loss < learned || step == most_steps || !std::isfinite(loss);
    if (is_last || step % (step < 100 ? 20 : 100) == 0) {
      fmt::print(out, "{:5}  {:6.4f}\n", step, loss);
      flush(out);
    }
    if (is_last) break;
    if (const int signal = train::StopOnSignal::received()) return 128 + signal;
    setup.optimizer->zero_grad();
    output.backward();
    setup.optimizer->step();
  }
  if (loss < learned) {
    fmt::print(out, "\nThe model can learn this batch by heart, as it should.\n");
    flush(out);
    return 0;
  }
  throw ValueError("--overfit-one-batch",
                   std::isfinite(loss) ? fmt::format("the loss is still {:.4f} after {} steps; try another --lr or a "
                                                     "larger model, and check labels and loss",
                                                     loss, most_steps)
                                       : "the loss is not finite; try a smaller --lr");
}
