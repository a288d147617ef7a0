// What fit() asks for before the first step: data, a monitored value that will be measured, and the sample of the
// training set on which overfitting is seen.
#include <algorithm>
#include <numeric>

#include "core/fail.hpp"
#include "kernels/random.hpp"
#include "train/fit.hpp"
#include "train/modes.hpp"
#include "xtape/autograd.hpp"

namespace xtape::train {

namespace {

void check_has_batches(const char* what, const data::DataLoader& loader) {
  const std::int64_t samples = loader.dataset().size();
  if (samples == 0) fail<ValueError>("fit", "the {} set is empty", what);
  if (loader.size() > 0) return;
  const data::DataLoaderOptions options = loader.options();
  if (!options.drop_last || options.sampler.defined()) fail<ValueError>("fit", "the {} loader has no batches", what);
  fail<ValueError>("fit", "batch_size = {} is more than the {} samples of the {} set, and drop_last leaves no batch",
                   options.batch_size, samples, what);
}

data::DataLoader training_loader(const DataSource& source, const TrainerOptions& options) {
  if (!source.defined()) fail<ValueError>("fit", "there is no training data");
  const data::DataLoader loader = source.loader({.batch_size = options.batch_size,
                                                 .shuffle = options.shuffle,
                                                 .drop_last = options.drop_last,
                                                 .seed = options.seed});
  check_has_batches("training", loader);
  return loader;
}

std::optional<data::DataLoader> validation_loader(const DataSource& source, const TrainerOptions& options) {
  if (!source.defined()) return std::nullopt;
  data::DataLoader loader = source.loader({.batch_size = options.batch_size});
  check_has_batches("validation", loader);
  return loader;
}

/// As many samples as validation has, but at least 1000 and at most 5000, the same in every epoch and every run of this
/// seed.
data::DataLoader sample_of(const data::Dataset& training, std::int64_t validation_samples,
                           const TrainerOptions& options) {
  const data::DataLoaderOptions in_order = {.batch_size = options.batch_size};
  const std::int64_t all = training.size();
  const std::int64_t count = std::min(std::max<std::int64_t>(validation_samples, 1000), std::int64_t{5000});
  if (all <= count) return data::DataLoader(training, in_order);
  std::vector<std::int64_t> indices(static_cast<std::size_t>(all));
  kernels::permutation(keyed_stream(options.seed, StreamUse::training_sample), all, indices.data());
  indices.resize(static_cast<std::size_t>(count));
  std::sort(indices.begin(), indices.end());
  return data::DataLoader(data::Subset(training, std::move(indices)), in_order);
}

bool starts_with(const std::string& text, const char* prefix) { return text.rfind(prefix, 0) == 0; }
bool is_accuracy(const std::string& monitor) { return !detail::lower_is_better(monitor); }

/// "early stopping", "ReduceLROnPlateau"; null if nobody needs it.
const char* who_needs_monitored_value(const Setup& setup) {
  if (setup.options.early_stopping.patience > 0) return "early stopping";
  const auto needs_it = [](const Schedule& s) { return s.needs_monitored_value(); };
  return std::any_of(setup.schedules.begin(), setup.schedules.end(), needs_it) ? "ReduceLROnPlateau" : nullptr;
}

/// What the options say, or for want of validation data its counterpart of the training.
std::string effective_monitor(const Setup& setup, const DataSource& validation) {
  const std::string& monitor = setup.options.early_stopping.monitor;
  if (validation.defined() || !starts_with(monitor, "validation_")) return monitor;
  const std::string instead = is_accuracy(monitor) ? "train_accuracy" : "train_loss";
  if (const char* who = who_needs_monitored_value(setup)) {
    fail<ValueError>("fit", "{} monitors \"{}\", but there is no validation data; monitor \"{}\"?", who, monitor,
                     instead);
  }
  return instead;
}

}  // namespace

Fit::Fit(Setup& setup, const DataSource& training, const DataSource& validation)
    : setup_(setup),
      objective_(setup.objective),
      optimizer_(setup.optimizer),
      options_(setup.options),
      listeners_(setup.listeners),
      monitor_(effective_monitor(setup, validation)),
      had_finite_weights_(parameter_not_finite(objective_.module()).empty()),
      loader_is_ours_(!training.is_loader()),
      loader_(training_loader(training, options_)),
      validation_(validation_loader(validation, options_)),
      training_sample_(validation_
                           ? std::optional(sample_of(loader_.dataset(), validation_->dataset().size(), options_))
                           : std::nullopt),
      best_weights_(weights_of(objective_.module())),
      batch_start_(objective_.module()),
      lr_(current_lr(optimizer_)) {
  check_monitor_is_measured();
}

/// Whether there is an accuracy only shows in an output, which is made here of one sample, in evaluation mode.
void Fit::check_monitor_is_measured() const {
  const char* who = who_needs_monitored_value(setup_);
  if (!who || !is_accuracy(monitor_)) return;
  const GeneratorGuard generator;
  const bool on_training = starts_with(monitor_, "train_");
  const std::int64_t first = 0;
  const data::Batch batch = (on_training ? loader_ : *validation_).dataset().batch({&first, 1});
  const ModeGuard modes(objective_.module());
  NoGradGuard no_grad;
  objective_.module().eval();
  const Tensor output = objective_.output(batch.x);
  if (!detail::class_answers(objective_.parts(), output, batch.y).defined()) {
    fail<ValueError>("fit", "{} monitors \"{}\", but outputs {} with {} targets {} name no classes", who, monitor_,
                     output.shape(), batch.y.dtype(), batch.y.shape());
  }
}

}  // namespace xtape::train
