// The loop of Trainer::fit(). train_epoch() is the loop that one writes by hand, and gives the same bits; all else here
// is what stands around it: measuring, keeping the best weights, ending.
//
// Invariant: nothing of a run that lasts from one step to the next is outside state_, best_weights_, average_, and the
// model, the optimizer, the schedulers, the loader and the default generator.
#include "train/fit.hpp"

#include <csignal>
#include <exception>
#include <utility>

#include "core/fail.hpp"
#include "kernels/random.hpp"
#include "train/intervals.hpp"
#include "train/modes.hpp"
#include "xtape/autograd.hpp"
#include "xtape/distributed.hpp"
#include "xtape/nn/utils.hpp"
#include "xtape/ops.hpp"

namespace xtape::train {

namespace {

std::int64_t trained_elements(const optim::Optimizer& optimizer) {
  std::int64_t n = 0;
  for (const Tensor& p : optimizer.parameters()) n += p.requires_grad() ? p.numel() : 0;
  return n;
}

void check_has_samples(const data::Batch& transformed, std::int64_t samples) {
  const auto& [x, y] = transformed;
  if (!x.defined()) fail<ValueError>("fit", "a transform returned a batch without inputs");
  if (!y.defined()) fail<ValueError>("fit", "a transform returned a batch without targets");
  if (x.dim() == 0 || y.dim() == 0 || x.size(0) != samples || y.size(0) != samples) {
    fail<ShapeError>("fit", "a transform returned a batch of inputs {} and targets {}; it had {} samples", x.shape(),
                     y.shape(), samples);
  }
}

/// Lets Trainer::history() ask the running Fit.
class RunningGuard {
 public:
  RunningGuard(Setup& setup, const Fit& fit) : setup_(setup) { setup_.running = &fit; }
  ~RunningGuard() { setup_.running = nullptr; }
  RunningGuard(const RunningGuard&) = delete;
  RunningGuard& operator=(const RunningGuard&) = delete;

 private:
  Setup& setup_;
};

}  // namespace

// ---- the loop ------------------------------------------------------------------------------------------------------

History Fit::run() {
  const ModeGuard modes(objective_.module());
  if (setup_.resume_file) go_on_from_file();
  if (comm_) check_same_place();
  check_cycles();
  const RunningGuard running(setup_, *this);
  try {
    begin();
    while (!ending_) run_epoch();
  } catch (...) {
    leave_weights();
    end_by_exception();
    setup_.last_history = history();
    throw;
  }
  leave_weights();
  const History result = history();
  setup_.last_history = result;
  listeners_.fit_end(result);
  return result;
}

void Fit::begin() {
  listeners_.fit_begin({.epochs = options_.epochs,
                        .first_epoch = state_.epoch + 1,
                        .first_batch = next_place_.batch() + 1,
                        .steps = state_.steps,
                        .batches = loader_.size(),
                        .training_samples = samples_of_epoch(loader_),
                        .validation_samples = validation_ ? samples_of_epoch(*validation_) : 0,
                        .parameters = trained_elements(optimizer_)});
  warn_of_options();
  end_if_it_is_time();
}

void Fit::run_epoch() {
  epoch_began_ = Clock::now();
  listeners_.epoch_begin({.epoch = state_.epoch + 1, .epochs = options_.epochs, .batches = loader_.size()});
  train_epoch();
  if (ending_) return;

  EpochRecord record;
  {
    const AveragedWeights averaged(average_ ? &*average_ : nullptr);
    record = measured_epoch();
    if (comm_) take_numbers_of_rank_zero(record);
    record.is_best = keep_if_best(record);
  }
  for (const std::string& warning : std::exchange(warnings_, {})) listeners_.warning(warning);
  step_schedules(Every::epoch, detail::monitored(record, monitor_));
  state_.begin_next_epoch(record);
  listeners_.epoch_end(record);
  end_if_it_is_time();
  save();
}

void Fit::train_epoch() {
  place_loader();
  objective_.module().train();
  PendingStep pending;
  for (auto batches = loader_.begin(); batches != loader_.end() && !ending_;) {
    const data::Batch batch = transformed(*batches, setup_.epochs_begun - 1, state_.batch);
    const bool is_last = ++batches == loader_.end();
    batch_start_.take();
    lr_ = current_lr(optimizer_);
    const auto numbers = comm_ ? train_on_ranks(batch, pending, is_last) : train_batch(batch, pending);
    if (!numbers) return;
    count(*numbers);
    const bool completes_step = ++pending.batches == options_.accumulate || is_last;
    const std::int64_t step_of_batch = state_.steps + (pending.denominator != 0);
    if (completes_step) step(pending);

    listeners_.batch_end({.epoch = state_.epoch + 1,
                          .batch = state_.batch,
                          .batches = loader_.size(),
                          .step = step_of_batch,
                          .samples = numbers->samples,
                          .loss = numbers->loss.value,
                          .lr = lr_,
                          .train_loss = state_.totals.mean_loss(),
                          .train_accuracy = state_.totals.accuracy()});
    if (completes_step && !is_last) pause_between_steps();
  }
  if (comm_ && !ending_) check_still_alike(true);
  if (!ending_) end_if_broken();
}

/// Forward, loss and backward. Nothing for a loss that is not finite, which ends the run.
std::optional<BatchNumbers> Fit::train_batch(const data::Batch& batch, PendingStep& pending) {
  const Tensor output = objective_.output(batch.x);
  BatchNumbers numbers{.loss = loss_of(output, batch.y), .samples = batch.y.size(0)};
  if (state_.steps == 0 && state_.batch == 0) warn_of_outputs(output);
  const BatchLoss& loss = numbers.loss;
  if (loss.counts()) {
    if (!std::isfinite(loss.value)) {
      end_not_finite(state_.steps + 1, origin_of(loss.value, batch));
      return std::nullopt;
    }
    if (pending.denominator == 0) optimizer_.zero_grad();
    loss.tensor.backward();
    pending.denominator += loss.denominator;
  }
  if (!state_.totals.has_classes) return numbers;
  const detail::ClassAnswers answers = detail::class_answers(objective_.parts(), output, batch.y);
  numbers.has_classes = answers.defined();
  numbers.classes = answers.classes;
  numbers.score = answers.score();
  return numbers;
}

/// Each epoch has an order of its own. The first of fit() begins where the loader stands.
void Fit::place_loader() {
  next_place_.give_to(loader_);
  if (comm_) check_same_order();
  state_.batch = next_place_.batch();
  next_place_ = next_place_.at(next_place_.epoch() + 1, 0);
  ++setup_.epochs_begun;
}

BatchLoss Fit::loss_of(const Tensor& output, const Tensor& target) const {
  const bool accumulates = options_.accumulate > 1;
  const nn::Loss* const loss = objective_.parts();
  if (!loss) {  // a mean over samples, as far as we know
    const Tensor mean = objective_.loss(output, target);
    const double value = mean.item(), samples = static_cast<double>(target.size(0));
    return {accumulates ? mean * samples : mean, value, value * samples, samples};
  }
  const bool is_sum = loss->reduction() == Reduction::sum;
  if (accumulates) {
    const LossParts parts = loss->parts(output, target);
    const double sum = parts.sum.item();
    return {parts.sum, is_sum ? sum : sum / parts.denominator, sum, parts.denominator};
  }
  const Tensor reduced = objective_.loss(output, target);
  const double value = reduced.item(), denominator = loss->denominator(output, target);
  return {reduced, value, is_sum ? value : value * denominator, denominator};
}

/// A step with the gradients of the pending batches, which then are none.
void Fit::step(PendingStep& pending) {
  const double denominator = std::exchange(pending, {}).denominator;
  if (denominator == 0) return;
  const nn::Loss* const loss = objective_.parts();
  if (options_.accumulate > 1 && !(loss && loss->reduction() == Reduction::sum)) {
    NoGradGuard no_grad;
    for (const Tensor& p : optimizer_.parameters()) {
      if (const Tensor g = p.grad(); g.defined()) g.div_(denominator);
    }
  }
  if (options_.clip_grad_norm > 0) nn::utils::clip_grad_norm_(optimizer_.parameters(), options_.clip_grad_norm);
  optimizer_.step();
  ++state_.steps;
  if (average_) average_->update(state_.steps);
  step_schedules(Every::step);
  constexpr std::int64_t steps_between_checks = 100;
  if (comm_ && state_.steps % steps_between_checks == 0) check_still_alike(false);
}

void Fit::step_schedules(Every every, double monitored) const {
  for (const Schedule& s : setup_.schedules) {
    if (s.every == every) s.step(monitored);
  }
}

void Fit::count(const BatchNumbers& batch) {
  ++state_.batch;
  EpochTotals& totals = state_.totals;
  const BatchLoss& loss = batch.loss;
  if (loss.counts()) {
    if (std::isnan(state_.first_loss)) state_.first_loss = loss.sum / loss.denominator;
    totals.loss += loss.sum;
    totals.denominator += loss.denominator;
  }
  if (!totals.has_classes) return;
  totals.has_classes = batch.has_classes;
  totals.score += batch.score;
  state_.classes = batch.classes;
}

std::uint64_t Fit::transform_seed(std::int64_t epoch, std::int64_t number) const {
  return kernels::derived_seed(options_.seed, StreamUse::transform, static_cast<std::uint64_t>(epoch),
                               static_cast<std::uint64_t>(number));
}

data::Batch Fit::transformed(data::Batch batch, std::int64_t epoch, std::int64_t number) const {
  if (setup_.transforms.empty() || comm_) return batch;  // on ranks each shard is by itself
  return transformed_by(std::move(batch), transform_seed(epoch, number));
}

data::Batch Fit::transformed_by(data::Batch batch, std::uint64_t seed) const {
  const std::int64_t samples = batch.x.size(0);
  Generator generator(seed);
  for (std::size_t i = 0; i < setup_.transforms.size(); ++i) {
    const auto f = setup_.transforms[i];  // a copy: it may add others while it runs
    batch = f(std::move(batch), generator);
    check_has_samples(batch, samples);
  }
  return batch;
}

// ---- after an epoch ------------------------------------------------------------------------------------------------

double Fit::seconds_of_epoch() const {
  return state_.seconds + std::chrono::duration<double>(Clock::now() - epoch_began_).count();
}

EpochRecord Fit::measured_epoch() {
  EpochRecord record{.epoch = state_.epoch + 1,
                     .train_loss = state_.totals.mean_loss(),
                     .train_accuracy = state_.totals.accuracy(),
                     .lr = lr_,
                     .steps = state_.steps};
  if (validation_) validate(record);
  record.seconds = seconds_of_epoch();
  return record;
}

void Fit::validate(EpochRecord& record) {
  const Evaluator on_validation = in_validation([this] { return evaluated(*validation_); });
  const Evaluator on_training = evaluated(*training_sample_);
  record.validation_loss = on_validation.loss();
  record.validation_accuracy = on_validation.score().accuracy();
  record.train_eval_loss = on_training.loss();
  record.train_eval_accuracy = on_training.score().accuracy();
  state_.majority_share = on_validation.majority_share();
  state_.train_eval_r2 = on_training.r2();
  state_.validation_r2 = on_validation.r2();
  record.gap = record.train_eval_accuracy - record.validation_accuracy;
  if (!std::isnan(record.gap)) {
    const Interval interval = gap_interval(record.train_eval_accuracy, on_training.score().counted,
                                           record.validation_accuracy, on_validation.score().counted);
    record.gap_low = interval.low;
    record.gap_high = interval.high;
  }
  if (std::isnan(record.validation_loss) && !has_warned_of_nan_) {
    has_warned_of_nan_ = true;
    warnings_.push_back(
        fmt::format("validation_loss is NaN in epoch {}; does the validation data hold NaN?", record.epoch));
  }
  if (on_validation.classes() > 1 && on_validation.majority_share() == 1 && !has_warned_of_one_class_) {
    has_warned_of_one_class_ = true;
    warnings_.emplace_back(
        "all targets of the validation data are of one class: validation_accuracy tells nothing about the others");
  }
}

/// One pass over the loader. It leaves the default generator alone, so that training is the same with and without it.
Evaluator Fit::evaluated(const data::DataLoader& loader) const {
  const GeneratorGuard generator;
  Evaluator evaluator(objective_, Evaluator::Measure::accuracy);
  comm_ ? evaluator.add_all(loader, *comm_) : evaluator.add_all(loader);
  return evaluator;
}

bool Fit::keep_if_best(const EpochRecord& record) {
  BestSoFar& best = state_.best;
  const double value = detail::monitored(record, monitor_);
  if (best.is_beaten_by(value, options_.early_stopping.min_delta, detail::lower_is_better(monitor_))) {
    best_weights_.take();
    best = {.value = value, .epoch = record.epoch};
    files_.best_is_new = true;
    return true;
  }
  ++best.epochs_since;
  return false;
}

// ---- the end -------------------------------------------------------------------------------------------------------

/// Between two steps of an epoch.
void Fit::pause_between_steps() {
  if (is_asked_to_stop()) end_as_asked(state_.epoch + 1);
  const bool is_due = comm_ ? told_.is_save_due != 0 : files_.are_due(state_.steps);
  if ((ending_ || is_due) && !end_if_broken()) save();
}

void Fit::end(StopCause cause, std::string event) { ending_ = Ending{cause, std::move(event)}; }

bool Fit::is_asked_to_stop() const noexcept {
  return comm_ ? told_.is_asked_to_stop != 0 : setup_.stop_requested || StopOnSignal::received() != 0;
}

int Fit::received_signal() const noexcept { return comm_ ? static_cast<int>(told_.signal) : StopOnSignal::received(); }

/// By a signal or stop(), in this epoch or before the first one.
void Fit::end_as_asked(std::int64_t epoch) {
  const int signal = received_signal();
  const std::string what = signal == 0 ? "stop() was called" : signal == SIGINT ? "SIGINT arrived" : "SIGTERM arrived";
  end(signal == 0 ? StopCause::stop : StopCause::signal,
      what +
          (epoch == 0 ? " before the first epoch" : fmt::format(" in epoch {}, after step {}", epoch, state_.steps)));
}

void Fit::end_if_it_is_time() {
  const BestSoFar& best = state_.best;
  const std::int64_t patience = options_.early_stopping.patience;
  if (comm_) exchange(news());
  if (is_asked_to_stop()) {
    end_as_asked(state_.epoch);
  } else if (patience > 0 && best.epochs_since >= patience) {
    end(StopCause::patience,
        fmt::format("{} has not improved in {} epoch{}", words_of(monitor_), patience, patience == 1 ? "" : "s"));
  } else if (state_.epoch >= options_.epochs) {
    end(StopCause::last_epoch,
        state_.epoch == 0 ? "no epoch was asked for" : fmt::format("epoch {} was the last", state_.epoch));
  }
}

/// By the exception that is being handled. Callers of fit() get it; this is what history() tells of it.
void Fit::end_by_exception() {
  std::string what = "exception";
  try {
    throw;
  } catch (const std::exception& e) {
    what += ": " + std::string(e.what());
  } catch (...) {  // of a type that has no text
  }
  end(StopCause::none, std::move(what));
}

/// Whether the model ends with the weights of the best epoch, and not with those of the last step.
bool Fit::ends_with_best() const noexcept {
  const bool keeps_best = options_.early_stopping.patience > 0 || ending_->cause == StopCause::not_finite;
  return keeps_best && state_.best.epoch > 0;
}

/// Those of leave_weights(). Nothing as long as the end is not decided.
Fit::WeightsAge Fit::weights_at_end() const {
  if (!ending_) return {};
  const std::int64_t best = state_.best.epoch;
  if (ends_with_best()) {  // an exception may have come before the epoch had its record
    const auto index = static_cast<std::size_t>(best - 1);
    return {best, index < state_.records.size() ? state_.records[index].steps : state_.steps};
  }
  if (has_final_weights_) return {};  // without a best epoch: those that fit() began with
  return {is_in_epoch() ? 0 : state_.epoch, state_.steps};
}

/// The weights that the model has after fit(), whatever ended it.
void Fit::leave_weights() {
  if (options_.early_stopping.patience > 0 && state_.best.epoch > 0) {
    best_weights_.bring_back();
  } else if (average_ && !has_final_weights_) {
    average_->exchange();
  }
}

/// "" while it is not decided. Of files that could not be written it says nothing.
std::string Fit::reason_of_end() const {
  if (!ending_) return "";
  if (!ending_->weights.empty()) return fmt::format("{}; the weights are {}", ending_->event, ending_->weights);
  if (!ends_with_best()) return ending_->event;
  return fmt::format("{}; the weights are those of epoch {}, with a {} of {:.6g}", ending_->event, state_.best.epoch,
                     words_of(monitor_), state_.best.value);
}

History Fit::history() const {
  RunTexts texts = texts_of_run();
  if (ending_) texts.stop_reason += files_.failures();
  return History(history_data(run_state(), std::move(texts)));
}

}  // namespace xtape::train
