// What fit() asks for before the first step: data, parameters to train, a monitored value that will be measured,
// learning rates for all steps, and the sample of the training set on which overfitting is seen.
#include <algorithm>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include "core/fail.hpp"
#include "kernels/random.hpp"
#include "train/fit.hpp"
#include "train/modes.hpp"
#include "train/probabilities.hpp"
#include "xtape/autograd.hpp"
#include "xtape/data/transforms.hpp"
#include "xtape/distributed.hpp"

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

data::Shard shard_of(const TrainerOptions& options) {
  if (!options.communicator) return {};
  return {options.communicator->rank(), options.communicator->size()};
}

void check_shard(data::Shard shard, const TrainerOptions& options) {
  const auto [rank, size] = shard_of(options);
  if (shard.rank == rank && shard.size == size) return;
  const char* hint = options.communicator ? "give it .shard = {communicator.rank(), communicator.size()}"
                                          : "give the trainer the communicator of these ranks";
  fail<ValueError>("fit", "the training loader has the shard of rank {} of {}, and here trains rank {} of {}; {}",
                   shard.rank, shard.size, rank, size, hint);
}

data::DataLoader training_loader(const DataSource& source, const TrainerOptions& options) {
  if (!source.defined()) fail<ValueError>("fit", "there is no training data");
  const data::DataLoader loader = source.loader({.batch_size = options.batch_size,
                                                 .shuffle = options.shuffle,
                                                 .num_workers = options.num_workers,
                                                 .drop_last = options.drop_last,
                                                 .seed = options.seed,
                                                 .shard = shard_of(options)});
  check_shard(loader.options().shard, options);
  check_has_batches("training", loader);
  return loader;
}

std::optional<data::DataLoader> validation_loader(const DataSource& source, const TrainerOptions& options) {
  if (!source.defined()) return std::nullopt;
  data::DataLoader loader = source.evaluation_loader(options.batch_size);
  if (loader.options().shard.size > 1) {
    fail<ValueError>("fit",
                     "the validation loader has a shard; leave it out, fit() itself divides validation among "
                     "the ranks");
  }
  check_has_batches("validation", loader);
  check_stands_at_start("fit", loader);
  return loader;
}

/// The samples of the dataset that are trained, each once: with a sampler those of its first epoch, since it may leave
/// out others for good.
std::vector<std::int64_t> trained_samples(const data::DataLoader& training) {
  const data::DataLoaderOptions options = training.options();
  std::vector<std::int64_t> samples;
  if (options.sampler.defined()) {
    samples = options.sampler.indices(options.seed, 0);
    std::sort(samples.begin(), samples.end());
    samples.erase(std::unique(samples.begin(), samples.end()), samples.end());
  } else {
    samples.resize(static_cast<std::size_t>(training.dataset().size()));
    std::iota(samples.begin(), samples.end(), 0);
  }
  return samples;
}

/// As many of the trained samples as validation has, but at least 1000 and at most 5000, the same in every epoch and
/// every run of this seed.
data::DataLoader sample_of(const data::DataLoader& training, std::int64_t validation_samples,
                           const TrainerOptions& options) {
  std::vector<std::int64_t> samples = trained_samples(training);
  const auto all = static_cast<std::int64_t>(samples.size());
  const std::int64_t count = std::min(std::max<std::int64_t>(validation_samples, 1000), std::int64_t{5000});
  if (all > count) {
    std::vector<std::int64_t> order(samples.size());
    kernels::permutation(keyed_stream(options.seed, StreamUse::training_sample), all, order.data());
    order.resize(static_cast<std::size_t>(count));
    for (std::int64_t& i : order) i = samples[static_cast<std::size_t>(i)];
    std::sort(order.begin(), order.end());
    samples = std::move(order);
  }
  const data::Dataset dataset = data::without_random_transforms(training.dataset());
  return data::DataLoader(data::Subset(dataset, std::move(samples)), {.batch_size = options.batch_size});
}

/// Those that differ from what the loader does, "batch_size, shuffle"; "" for a Dataset.
std::string ignored_options(const DataSource& training, const DataSource& validation, const TrainerOptions& options) {
  std::string names;
  if (!training.defined() || !training.is_loader()) return names;
  const data::DataLoaderOptions used = training.loader({}).options();
  const TrainerOptions defaults;
  const auto compare = [&names](const char* name, auto given, auto by_default, auto of_loader) {
    if (given != by_default && given != of_loader) names += (names.empty() ? "" : ", ") + std::string(name);
  };
  const bool validates_in_batches = validation.defined() && !validation.is_loader();
  if (!validates_in_batches) compare("batch_size", options.batch_size, defaults.batch_size, used.batch_size);
  compare("shuffle", options.shuffle, defaults.shuffle, used.shuffle);
  compare("num_workers", options.num_workers, defaults.num_workers, used.num_workers);
  compare("drop_last", options.drop_last, defaults.drop_last, used.drop_last);
  return names;
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
      comm_(options_.communicator),
      monitor_(effective_monitor(setup, validation)),
      had_finite_parameters_(parameter_not_finite(objective_.module()).empty()),
      had_finite_buffers_(buffer_not_finite(objective_.module()).empty()),
      ignored_options_(ignored_options(training, validation, options_)),
      loader_(training_loader(training, options_)),
      validation_is_loader_(validation.defined() && validation.is_loader()),
      validation_(validation_loader(validation, options_)),
      training_sample_(validation_ ? std::optional(sample_of(loader_, samples_of_epoch(*validation_), options_))
                                   : std::nullopt),
      next_place_(data::LoaderPlace::next_of(loader_)),
      best_weights_(weights_of(objective_.module())),
      batch_start_(objective_.module()),
      files_(options_.checkpoint, is_first_rank(options_)),
      lr_(current_lr(optimizer_)) {
  if (!training.is_loader()) next_place_ = next_place_.at(setup_.epochs_begun, 0);
  check_trains_something();
  if (comm_) {
    check_ranks_agree();
    begin_alike();
  }
  try_validation();
  check_monitor_is_measured();
  if (options_.ema > 0) average_.emplace(objective_.module(), options_.ema);
}

void Fit::check_trains_something() const {
  const std::vector<Tensor> held = optimizer_.parameters();
  const bool trains = std::any_of(held.begin(), held.end(), [](const Tensor& p) { return p.requires_grad(); });
  if (trains || options_.epochs == 0) return;
  fail<ValueError>("fit", "no parameter of the optimizer requires grad, so that there is nothing to train");
}

/// What fails on the first batch of the validation data is to fail now, not after an epoch of training. The loader
/// stays where it is.
void Fit::try_validation() {
  if (!validation_ || options_.epochs == 0) return;
  struct Restore {
    const BatchStart& start;
    ~Restore() { start.bring_back(); }
  };
  batch_start_.take();
  const Restore restore{batch_start_};
  const ModeGuard modes(objective_.module());
  const NoGradGuard no_grad;
  objective_.module().eval();
  in_validation([this] {
    data::DataLoaderOptions options = validation_->options();
    options.num_workers = 0;
    const data::DataLoader copy(validation_->dataset(), std::move(options));
    const data::Batch first = *copy.begin();
    Evaluator(objective_, Evaluator::Measure::accuracy).add(objective_.output(first.x), first.y);
  });
}

// ---- learning rates ------------------------------------------------------------------------------------------------

/// If every batch has targets that count.
std::int64_t Fit::steps_left() const {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 2;
  const auto steps_of = [this](std::int64_t batches) {
    return batches / options_.accumulate + (batches % options_.accumulate != 0);
  };
  const std::int64_t epochs = options_.epochs - state_.epoch, steps_of_epoch = steps_of(loader_.size());
  if (epochs <= 0) return 0;
  if (epochs > most / steps_of_epoch) return most;
  return steps_of(loader_.size() - next_place_.batch()) + (epochs - 1) * steps_of_epoch;
}

/// When fit() has made all its steps.
std::vector<CycleEnd> Fit::cycle_ends() const {
  std::vector<CycleEnd> ends;
  for (const Schedule& s : setup_.schedules) {
    if (s.every != Every::step) continue;
    const std::vector<CycleEnd> of_schedule = s.cycle_ends(steps_left());
    ends.insert(ends.end(), of_schedule.begin(), of_schedule.end());
  }
  return ends;
}

void Fit::check_cycles() const {
  for (const auto& [total_steps, last_step] : cycle_ends()) {
    if (last_step <= total_steps) continue;
    fail<ValueError>("Trainer", "OneCycleLR has total_steps = {}, but fit() goes on to step {}; give total_steps = {}",
                     total_steps, last_step, last_step);
  }
}

void Fit::warn_of_options() {
  if (!ignored_options_.empty() && !setup_.has_warned_of_ignored_options) {
    setup_.has_warned_of_ignored_options = true;
    listeners_.warning("the training data is a DataLoader, whose own options hold; TrainerOptions are ignored: " +
                       ignored_options_);
  }
  if (steps_left() == 0 || setup_.has_warned_of_long_cycle) return;
  for (const auto& [total_steps, last_step] : cycle_ends()) {
    if (last_step == total_steps) continue;
    setup_.has_warned_of_long_cycle = true;
    return listeners_.warning(
        fmt::format("OneCycleLR has total_steps = {}, but fit() ends at step {}: lr will not fall to its end",
                    total_steps, last_step));
  }
}

void Fit::warn_of_outputs(const Tensor& output) const {
  if (const std::string wrong = detail::misread_outputs(objective_.parts(), output); !wrong.empty()) {
    listeners_.warning(wrong);
  }
}

// ---- what is monitored ---------------------------------------------------------------------------------------------

/// Whether there is an accuracy only shows in an output, which is made here of one sample, in evaluation mode. In
/// training the transforms decide with what targets it is compared.
void Fit::check_monitor_is_measured() const {
  const char* who = who_needs_monitored_value(setup_);
  if (!who || !is_accuracy(monitor_)) return;
  const GeneratorGuard generator;
  const bool on_training = starts_with(monitor_, "train_");
  const std::int64_t first = 0;
  data::Batch batch = (on_training ? loader_ : *validation_).dataset().batch({&first, 1});
  const ModeGuard modes(objective_.module());
  NoGradGuard no_grad;
  if (on_training && !setup_.transforms.empty())
    batch = transformed_by(std::move(batch), transform_seed(setup_.epochs_begun, 0));
  objective_.module().eval();
  const Tensor output = objective_.output(batch.x);
  if (!detail::class_answers(objective_.parts(), output, batch.y).defined()) {
    fail<ValueError>("fit", "{} monitors \"{}\", but outputs {} with {} targets {} name no classes", who, monitor_,
                     output.shape(), batch.y.dtype(), batch.y.shape());
  }
}

}  // namespace xtape::train
