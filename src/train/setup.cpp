#include "train/setup.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include "core/fail.hpp"
#include "io/safetensors_header.hpp"
#include "train/checkpoint_files.hpp"
#include "xtape/distributed.hpp"

namespace xtape::train {

namespace {

constexpr const char* trainer = "Trainer";

void check_at_least(const char* option, std::int64_t value, std::int64_t least) {
  if (value < least) fail<ValueError>(trainer, "{} = {}; expected at least {}", option, value, least);
}
void check_not_negative(const char* option, double value) {
  if (!(value >= 0 && std::isfinite(value))) {
    fail<ValueError>(trainer, "{} = {}; expected a finite number >= 0", option, value);
  }
}

/// Whether they are the same file, or would be; links among the directories are followed.
bool is_same_path(const std::string& a, const std::string& b) {
  namespace fs = std::filesystem;
  const auto resolved = [](const std::string& path) {
    std::error_code error;
    const fs::path absolute = fs::absolute(path, error);
    const fs::path canonical = fs::weakly_canonical(absolute, error);
    return error ? absolute.lexically_normal() : canonical;
  };
  return resolved(a) == resolved(b);
}

/// The file of the best weights: one that is asked for and left out, one that would replace the checkpoint, and texts
/// that could not be written.
void check_best_file(const CheckpointOptions& o) {
  if (!o.keep_best && !o.best_path.empty()) {
    fail<ValueError>(trainer, "checkpoint.best_path = \"{}\", but keep_best is false", o.best_path);
  }
  if (!o.keep_best && !o.metadata.empty()) {
    fail<ValueError>(trainer, "checkpoint.metadata is for the file of the best weights, but keep_best is false");
  }
  if (!o.path.empty() && !o.best_path.empty() && is_same_path(o.path, o.best_path)) {
    fail<ValueError>(trainer, "checkpoint.path = \"{}\" and checkpoint.best_path = \"{}\" are the same file", o.path,
                     o.best_path);
  }
  for (const auto& [name, text] : o.metadata) {
    if (name != best_epoch_text && !detail::is_monitor(name)) continue;
    fail<ValueError>(trainer, "checkpoint.metadata has a text \"{}\", which the trainer writes itself", name);
  }
  io::header_text(trainer, {}, o.metadata);
}

/// By index, with a copy of the callback: it may add others while it runs.
template <class Callbacks, class Record>
void call_all(const Callbacks& callbacks, const Record& record) {
  for (std::size_t i = 0; i < callbacks.size(); ++i) {
    const auto callback = callbacks[i];
    callback(record);
  }
}
template <class Event>
void tell_sinks(const Listeners& all, void (detail::AnySink::*tell)(const Event&), const Event& event) {
  for (std::size_t i = 0; all.tells_sinks && i < all.sinks.size(); ++i) {
    const auto sink = all.sinks[i];
    (*sink.*tell)(event);
  }
}

/// The shards of a batch: whether the ranks can share them is known now.
void check_shards(const TrainerOptions& o) {
  check_at_least("virtual_shards", o.virtual_shards, 0);
  if (o.virtual_shards == 0) return;
  if (!o.communicator) {
    fail<ValueError>(trainer, "virtual_shards = {}, but there is no communicator whose ranks would share them",
                     o.virtual_shards);
  }
  const std::int64_t ranks = o.communicator->size();
  if ((o.virtual_shards & (o.virtual_shards - 1)) == 0 && o.virtual_shards % ranks == 0) return;
  fail<ValueError>(trainer,
                   "virtual_shards = {}; expected a power of two that the number of ranks divides, which is {}",
                   o.virtual_shards, ranks);
}

}  // namespace

void check_options(const TrainerOptions& o) {
  check_at_least("epochs", o.epochs, 0);
  check_at_least("batch_size", o.batch_size, 1);
  check_at_least("num_workers", o.num_workers, 0);
  check_at_least("accumulate", o.accumulate, 1);
  check_not_negative("clip_grad_norm", o.clip_grad_norm);
  if (!(o.ema >= 0 && o.ema < 1)) fail<ValueError>(trainer, "ema = {} is outside [0, 1)", o.ema);
  detail::monitored({}, o.early_stopping.monitor);
  check_at_least("early_stopping.patience", o.early_stopping.patience, 0);
  check_not_negative("early_stopping.min_delta", o.early_stopping.min_delta);
  check_at_least("checkpoint.every_steps", o.checkpoint.every_steps, 0);
  check_not_negative("checkpoint.every_seconds", o.checkpoint.every_seconds);
  check_best_file(o.checkpoint);
  check_shards(o);
}

bool is_first_rank(const TrainerOptions& o) noexcept { return !o.communicator || o.communicator->rank() == 0; }

// ---- those who are told --------------------------------------------------------------------------------------------

void Listeners::fit_begin(const FitBegin& event) const { tell_sinks(*this, &detail::AnySink::fit_begin, event); }
void Listeners::epoch_begin(const EpochBegin& event) const { tell_sinks(*this, &detail::AnySink::epoch_begin, event); }
void Listeners::batch_end(const BatchRecord& record) const {
  tell_sinks(*this, &detail::AnySink::batch_end, record);
  call_all(on_batch_end, record);
}
void Listeners::epoch_end(const EpochRecord& record) const {
  tell_sinks(*this, &detail::AnySink::epoch_end, record);
  call_all(on_epoch_end, record);
}
void Listeners::checkpoint(const CheckpointSaved& event) const {
  tell_sinks(*this, &detail::AnySink::checkpoint, event);
}
void Listeners::warning(const std::string& message, WarningKind kind) const {
  tell_sinks(*this, &detail::AnySink::warning, Warning{message, kind});
}
void Listeners::fit_end(const History& history) const { tell_sinks(*this, &detail::AnySink::fit_end, history); }

// ---- learning rates ------------------------------------------------------------------------------------------------

namespace lr = optim::lr_scheduler;

void Schedule::step(double monitored) const {
  if (auto* by_epoch = dynamic_cast<lr::EpochScheduler*>(scheduler)) return by_epoch->step();
  if (auto* sequence = dynamic_cast<lr::SequentialLR*>(scheduler)) return sequence->step();
  dynamic_cast<lr::ReduceLROnPlateau&>(*scheduler).step(monitored);
}

bool Schedule::needs_monitored_value() const noexcept {
  return dynamic_cast<const lr::ReduceLROnPlateau*>(scheduler) != nullptr;
}

std::vector<CycleEnd> Schedule::cycle_ends(std::int64_t steps) const {
  const std::int64_t end = scheduler->last_epoch() + steps;
  std::vector<CycleEnd> ends;
  if (const auto* cycle = dynamic_cast<const lr::OneCycleLR*>(scheduler)) ends.push_back({cycle->total_steps(), end});
  const auto* sequence = dynamic_cast<const lr::SequentialLR*>(scheduler);
  if (!sequence) return ends;
  const std::vector<std::int64_t>& milestones = sequence->milestones();
  for (std::size_t i = 0; i <= milestones.size(); ++i) {
    const auto* cycle = dynamic_cast<const lr::OneCycleLR*>(sequence->schedulers()[i]);
    const std::int64_t first = i == 0 ? 0 : milestones[i - 1];
    const std::int64_t last = i < milestones.size() ? std::min(milestones[i] - 1, end) : end;
    if (cycle && last >= first) ends.push_back({cycle->total_steps(), last - first});
  }
  return ends;
}

bool counts_steps(const lr::LRScheduler& scheduler) {
  if (dynamic_cast<const lr::OneCycleLR*>(&scheduler)) return true;
  const auto* sequence = dynamic_cast<const lr::SequentialLR*>(&scheduler);
  return sequence && std::any_of(sequence->schedulers().begin(), sequence->schedulers().end(),
                                 [](const lr::EpochScheduler* s) { return counts_steps(*s); });
}

double current_lr(optim::Optimizer& optimizer) {
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  try {
    const std::vector<optim::Scheduled> groups = optimizer.scheduled();
    return groups.empty() || !groups.front().lr ? unknown : *groups.front().lr;
  } catch (const ValueError&) {  // an optimizer of the user's that does not work with schedulers
    return unknown;
  }
}

// ---- data ----------------------------------------------------------------------------------------------------------

std::int64_t samples_of_epoch(const data::DataLoader& loader) {
  const data::Sampler sampler = loader.options().sampler;
  return sampler.defined() ? sampler.size() : loader.dataset().size();
}

}  // namespace xtape::train
