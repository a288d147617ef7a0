// Checkpoints of a run, and going on from one. The file holds the parts of io::Checkpoint and three of the trainer's:
// how far the run has come, the best weights, and the averaged ones. It is written between two steps, so that there is
// no half a step to be saved.
//
// Invariant: a file is loaded as a whole or not at all.
#include <algorithm>
#include <exception>
#include <utility>

#include "core/fail.hpp"
#include "train/fit.hpp"
#include "xtape/io/safetensors.hpp"

namespace xtape::train {

namespace {

constexpr const char* op = "resume";
constexpr const char *loader_part = "loader", *validation_part = "validation_loader", *best_part = "best",
                     *average_part = "average";

void check_place(const RunState& run, std::int64_t batches) {
  if (run.fit.batch < batches) return;
  fail<ValueError>(op, "\"batch\" = {}, but an epoch has {} batches", run.fit.batch, batches);
}

void check_same_monitor(const checkpoint::Contents& file, const std::string& ours) {
  const std::string theirs = run_texts_from(file).monitor;
  if (theirs == ours) return;
  fail<FileError>(op, "\"{}\" was written by a run that monitors \"{}\", this one monitors \"{}\"", file.path, theirs,
                  ours);
}

}  // namespace

// ---- what is saved -------------------------------------------------------------------------------------------------

/// Those with a state of their own, which they load themselves.
std::vector<checkpoint::Part> Fit::parts_of_run() const {
  std::vector<checkpoint::Part> parts = {{"model", &objective_.module()},
                                         {"optimizer", &optimizer_},
                                         {"generator", &default_generator()},
                                         {loader_part, loader_}};
  // Its epoch decides random transforms, and the order of samples, in which a mean's last digits may differ.
  if (validation_is_loader_) parts.push_back({validation_part, *validation_});
  for (std::size_t i = 0; i < setup_.schedules.size(); ++i) {
    const Schedule& s = setup_.schedules[i];
    parts.push_back({fmt::format("{}_scheduler{}", s.every == Every::epoch ? "epoch" : "step", i), s.scheduler});
  }
  return parts;
}

/// The states of parts_of_run(). A loader's is not where the loop begun last over it stands, which may be a callback's.
std::vector<checkpoint::State> Fit::states_of_run() const {
  std::vector<checkpoint::State> states;
  for (const checkpoint::Part& part : parts_of_run()) {
    states.push_back(checkpoint::without_tensors(part));
    if (part.name == loader_part) {
      states.back().dict = next_place_.at(next_place_.epoch() - is_in_epoch(), state_.batch).state_of(loader_);
    } else if (part.name == validation_part) {
      states.back().dict = data::LoaderPlace::next_of(*validation_).state_of(*validation_);
    } else {
      states.back() = checkpoint::state_of(part);
    }
  }
  return states;
}

DecidingOptions Fit::deciding_options() const {
  const data::DataLoaderOptions loader = loader_.options();
  return {.training_samples = samples_of_epoch(loader_),
          .batch_size = loader.batch_size,
          .accumulate = options_.accumulate,
          .seed = static_cast<std::int64_t>(options_.seed),
          .shuffle = loader.shuffle,
          .drop_last = loader.drop_last,
          .clip_grad_norm = options_.clip_grad_norm,
          .ema = options_.ema,
          .shards = shards()};
}

RunState Fit::run_state() const {
  RunState run{.fit = state_,
               .epochs_begun = setup_.epochs_begun - is_in_epoch(),
               .options = deciding_options(),
               .min_delta = options_.early_stopping.min_delta,
               .validation_samples = validation_ ? samples_of_epoch(*validation_) : 0,
               .train_eval_samples = training_sample_ ? training_sample_->dataset().size() : 0,
               .stop_cause = static_cast<std::int64_t>(ending_ ? ending_->cause : StopCause::none)};
  const WeightsAge weights = weights_at_end();
  run.weights_epoch = weights.epoch;
  run.weights_steps = weights.steps;
  if (is_in_epoch()) run.fit.seconds = seconds_of_epoch();
  return run;
}

RunTexts Fit::texts_of_run() const {
  return {.monitor = monitor_, .stop_reason = reason_of_end(), .stop_event = ending_ ? ending_->event : ""};
}

StateDict Fit::best_weights() const {
  StateDict best;
  for (const auto& [name, tensor] : objective_.module().state_dict()) {
    best.insert(name, best_weights_.copy_of(tensor));
  }
  return best;
}

// ---- saving --------------------------------------------------------------------------------------------------------

void Fit::write_checkpoint(const std::string& path) const {
  StateDict trainer = to_dict(run_state()), best = best_weights(), average;
  std::vector<checkpoint::State> states = states_of_run();
  states.push_back(checkpoint::state_of({trainer_part, &trainer}));
  states.push_back(checkpoint::state_of({best_part, &best}));
  if (average_) {
    average = StateDict(average_->averages());
    states.push_back(checkpoint::state_of({average_part, &average}));
  }
  checkpoint::write_file(path, states, to_metadata(texts_of_run()));
}

void Fit::write_best(const std::string& path) const {
  io::Metadata texts = {{best_epoch_text, fmt::format("{}", state_.best.epoch)},
                        {monitor_, fmt::format("{}", state_.best.value)}};
  for (const auto& [name, text] : options_.checkpoint.metadata) texts.set(name, text);
  io::save_safetensors(path, best_weights(), texts);
}

/// The best weights first: if the process is killed in between, the run that goes on comes to this epoch again.
/// Training goes on without a file that could not be written.
void Fit::save() {
  const auto written = [this](const std::string& path, void (Fit::*write)(const std::string&) const, bool is_best) {
    std::string failure;
    try {
      (this->*write)(path);
    } catch (const std::exception& e) {
      failure = e.what();
    }
    if (failure.empty()) {
      const std::int64_t epoch = is_best ? state_.best.epoch : state_.epoch + is_in_epoch();
      listeners_.checkpoint({.path = path, .epoch = epoch, .step = state_.steps, .is_best = is_best});
      return true;
    }
    files_.note_failure(failure);
    listeners_.warning("a checkpoint could not be written: " + failure, WarningKind::checkpoint_failed);
    return false;
  };
  if (files_.wants_best()) files_.best_is_new = !written(files_.best_path(), &Fit::write_best, true);
  if (files_.has_path()) written(files_.path(), &Fit::write_checkpoint, false);
  files_.note_saved();
}

// ---- going on ------------------------------------------------------------------------------------------------------

/// What is to be written to best_weights_.
std::vector<nn::detail::PendingWrite> Fit::best_weights_in(const checkpoint::Contents& file) const {
  return read_part(op, file, best_part, [this](const StateDict& dict) {
    std::vector<nn::detail::PendingWrite> writes = nn::detail::PendingLoad(objective_.module(), dict).writes;
    for (nn::detail::PendingWrite& write : writes) write.to = best_weights_.copy_of(write.to);
    return writes;
  });
}

/// What is to be written to average_.
std::vector<nn::detail::PendingWrite> Fit::averages_in(const checkpoint::Contents& file) const {
  std::vector<nn::detail::PendingWrite> writes;
  if (!average_) return writes;
  return read_part(op, file, average_part, [this, &writes](const StateDict& dict) {
    for (const auto& [name, average] : average_->averages()) {
      if (!dict.contains(name)) fail<ValueError>(op, "\"{}\" is missing", name);
      const Tensor& value = dict.at(name);
      if (value.shape() != average.shape()) {
        fail<ShapeError>(op, "\"{}\" is {} in the file, {} here", name, value.shape(), average.shape());
      }
      writes.push_back({average, value.to(average.dtype())});
    }
    for (const NamedTensor& entry : dict) {
      const auto is_it = [&entry](const NamedTensor& average) { return average.name == entry.name; };
      if (std::none_of(average_->averages().begin(), average_->averages().end(), is_it)) {
        fail<ValueError>(op, "\"{}\" is no parameter of the model", entry.name);
      }
    }
    return writes;
  });
}

void Fit::load(const checkpoint::Contents& file) {
  RunState run = read_part(op, file, trainer_part, [this](const StateDict& dict) {
    RunState read = run_state_from(op, dict);
    check_place(read, loader_.size());
    return read;
  });
  check_same_options(file.path, run.options, deciding_options());
  check_same_monitor(file, monitor_);

  std::vector<checkpoint::Part> parts = parts_of_run();
  std::vector<checkpoint::State> states;
  for (const checkpoint::Part& part : parts) states.push_back(checkpoint::without_tensors(part));
  for (const char* name : {trainer_part, best_part, average_part}) {
    StateDict* const any = nullptr;
    if (name != average_part || average_) states.push_back(checkpoint::without_tensors({name, any}));
  }
  checkpoint::take_states(file, states);
  states.resize(parts.size());

  nn::detail::PendingLoad(objective_.module(), states.front().dict);  // its error, not that of the best weights
  const std::vector<nn::detail::PendingWrite> best = best_weights_in(file), averages = averages_in(file);
  const data::LoaderPlace place =
      read_part(op, file, loader_part, [this](const StateDict& dict) { return data::LoaderPlace(loader_, dict); });
  checkpoint::load_all(file.path, parts, states);
  // Nothing below can fail.
  nn::detail::write_all(best);
  nn::detail::write_all(averages);
  state_ = std::move(run.fit);
  setup_.epochs_begun = run.epochs_begun;
  next_place_ = place;
}

void Fit::go_on_from_file() {
  const checkpoint::Contents file = std::move(*setup_.resume_file);
  setup_.resume_file.reset();
  load(file);
}

}  // namespace xtape::train
