// Learning rate schedulers. Each refers to an optimizer, which must outlive it and not be moved, and sets the lr of
// every group: once when it is made, then at each step(), which is called after the optimizer's. Most continue from the
// current lr, as PyTorch's do, so that an lr edited by hand lasts and several schedulers can work on one optimizer. To
// resume training, make optimizer and scheduler as before, then load the states of both.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

#include "xtape/detail/callback.hpp"
#include "xtape/export.hpp"
#include "xtape/optim/optimizer.hpp"
#include "xtape/state_dict.hpp"

namespace xtape::optim {
class StateReader;
class StateWriter;
}  // namespace xtape::optim

namespace xtape::optim::lr_scheduler {

/// One number for all groups, or one for each: `.max_lr = 0.1`, `.max_lr = {0.1, 0.01}`.
class XTAPE_API PerGroup {
 public:
  PerGroup() = default;
  PerGroup(double value);                          // NOLINT: implicit on purpose
  PerGroup(std::initializer_list<double> values);  // NOLINT: implicit on purpose
  PerGroup(std::vector<double> values);            // NOLINT: implicit on purpose

  /// That of group `i`; the caller has checked that there is one.
  double operator[](std::size_t i) const { return values_[is_list_ ? i : 0]; }
  bool is_list() const noexcept { return is_list_; }
  const std::vector<double>& values() const noexcept { return values_; }

 private:
  std::vector<double> values_;
  bool is_list_ = true;
};

/// The base of all schedulers. Users cannot derive from it, since it stores its state through internal classes: write a
/// custom schedule with LambdaLR. Errors: ValueError for an option outside its range, for an lr that would not be
/// finite, and for an added group for which the scheduler has no values. Then nothing has changed.
class XTAPE_API LRScheduler {
 public:
  virtual ~LRScheduler();
  LRScheduler(const LRScheduler&) = delete;
  LRScheduler& operator=(const LRScheduler&) = delete;

  /// The groups' lr after the last step.
  std::vector<double> get_last_lr() const;
  const Optimizer& optimizer() const noexcept { return optimizer_; }
  /// The number of steps so far; -1 before its turn in a SequentialLR.
  std::int64_t last_epoch() const noexcept { return last_epoch_; }
  /// Options and progress; not LambdaLR's functions. A snapshot.
  StateDict state_dict() const;
  /// Continues from a snapshot, without writing to the optimizer, whose own state holds its lr. Throws and changes
  /// nothing when the dict does not match.
  void load_state_dict(const StateDict& dict);

 protected:
  /// `name` is a literal, for errors.
  LRScheduler(const char* name, Optimizer& optimizer) noexcept : name_(name), optimizer_(optimizer) {}

  std::vector<Scheduled> groups() const;
  /// The groups' lr before the first scheduler.
  std::vector<double> initial_lrs() const;
  const char* optimizer_name() const noexcept;
  /// Checks one lr for each group, then writes these and the momenta, if any: those of `epoch`.
  void advance(std::int64_t epoch, const std::vector<Scheduled>& groups, std::vector<double> lrs,
               const std::vector<double>& momenta = {});
  /// The scheduler's own state. read() checks all of it, for a dict of `groups` groups, and that the dict holds nothing
  /// else, before it changes anything.
  virtual void write(StateWriter& writer) const = 0;
  virtual void read(StateReader& reader, std::size_t groups) = 0;

  const char* name_;
  Optimizer& optimizer_;
  std::int64_t last_epoch_ = -1;
  std::vector<double> base_lrs_;  // the lr that a schedule starts from; none for ReduceLROnPlateau and SequentialLR
  std::vector<double> last_lr_;   // empty until the first epoch

 private:
  friend class SequentialLR;
  /// load_state_dict(), where last_epoch is at least `first_epoch`.
  void load(StateReader& reader, std::int64_t first_epoch);
};

/// The schedulers that depend only on the number of steps.
class XTAPE_API EpochScheduler : public LRScheduler {
 public:
  ~EpochScheduler() override;
  /// Advances to the next epoch. (OneCycleLR: to the next batch.)
  void step();

 protected:
  EpochScheduler(const char* name, Optimizer& optimizer);

  /// The lr of group `i` in `epoch`, given its current one.
  virtual double next_lr(std::int64_t epoch, std::size_t i, double lr) const = 0;
  /// The lr of group `i` in epoch 0 when SequentialLR comes to this scheduler, whatever the current one is.
  virtual double first_lr(std::size_t i) const { return next_lr(0, i, base_lr(i)); }
  /// Whether next_momentum() is written, too; then every group must have a momentum.
  virtual bool cycles_momentum() const { return false; }
  virtual double next_momentum(std::int64_t epoch, std::size_t i, double momentum) const;
  /// ValueError for a group that was added after the scheduler was made.
  double base_lr(std::size_t i) const;

 private:
  friend class SequentialLR;
  /// next_lr() and first_lr() of every group.
  std::vector<double> next_lrs(std::int64_t epoch, std::vector<double> lrs) const;
  std::vector<double> first_lrs() const;
  void go_to(std::int64_t epoch, std::vector<double> lrs);
};

struct StepLROptions {
  std::int64_t step_size = 0;  ///< epochs from one reduction to the next; must be given
  double gamma = 0.1;          ///< factor of lr; finite, >= 0
};

/// Multiplies lr by gamma every step_size epochs.
///
///     lr_scheduler::StepLR scheduler(optimizer, {.step_size = 30, .gamma = 0.1});
///     for (int epoch = 0; epoch < 90; ++epoch) {
///       train(...);
///       scheduler.step();
///     }
class XTAPE_API StepLR final : public EpochScheduler {
 public:
  StepLR(Optimizer& optimizer, const StepLROptions& options);  // in braces: {.step_size = 30, .gamma = 0.1}

 private:
  double next_lr(std::int64_t epoch, std::size_t i, double lr) const override;
  void write(StateWriter& writer) const override;
  void read(StateReader& reader, std::size_t groups) override;

  StepLROptions options_;
};

struct MultiStepLROptions {
  std::vector<std::int64_t> milestones = {};  ///< epochs of the reductions, each >= 0; one that is there twice, twice
  double gamma = 0.1;                         ///< factor of lr; finite, >= 0
};

/// Multiplies lr by gamma in each epoch of milestones.
class XTAPE_API MultiStepLR final : public EpochScheduler {
 public:
  MultiStepLR(Optimizer& optimizer, const MultiStepLROptions& options);  // in braces: {.milestones = {30, 80}}

 private:
  double next_lr(std::int64_t epoch, std::size_t i, double lr) const override;
  void write(StateWriter& writer) const override;
  void read(StateReader& reader, std::size_t groups) override;

  MultiStepLROptions options_;
};

struct ExponentialLROptions {
  double gamma = -1;  ///< factor of lr; finite, >= 0; must be given
};

/// Multiplies lr by gamma every epoch.
class XTAPE_API ExponentialLR final : public EpochScheduler {
 public:
  ExponentialLR(Optimizer& optimizer, const ExponentialLROptions& options);  // in braces: {.gamma = 0.9}

 private:
  double next_lr(std::int64_t epoch, std::size_t i, double lr) const override;
  void write(StateWriter& writer) const override;
  void read(StateReader& reader, std::size_t groups) override;

  ExponentialLROptions options_;
};

struct LinearLROptions {
  double start_factor = 1.0 / 3;  ///< factor of the initial lr in epoch 0; in (0, 1]
  double end_factor = 1.0;        ///< factor of the initial lr from epoch total_iters on; in [0, 1]
  std::int64_t total_iters = 5;   ///< epochs from one to the other; at least 1
};

/// Changes lr along a line from start_factor to end_factor times the initial lr: a warm-up, with the defaults.
class XTAPE_API LinearLR final : public EpochScheduler {
 public:
  explicit LinearLR(Optimizer& optimizer, const LinearLROptions& options = {});

 private:
  double next_lr(std::int64_t epoch, std::size_t i, double lr) const override;
  void write(StateWriter& writer) const override;
  void read(StateReader& reader, std::size_t groups) override;

  LinearLROptions options_;
};

struct CosineAnnealingLROptions {
  std::int64_t T_max = 0;  ///< epochs from the initial lr down to eta_min; must be given
  double eta_min = 0;      ///< the lowest lr; finite, >= 0
};

/// Follows a cosine from the initial lr down to eta_min within T_max epochs, and up again in as many. (Loshchilov and
/// Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017, without the restarts.)
class XTAPE_API CosineAnnealingLR final : public EpochScheduler {
 public:
  CosineAnnealingLR(Optimizer& optimizer, const CosineAnnealingLROptions& options);  // in braces: {.T_max = 100}

 private:
  double next_lr(std::int64_t epoch, std::size_t i, double lr) const override;
  double first_lr(std::size_t i) const override;
  void write(StateWriter& writer) const override;
  void read(StateReader& reader, std::size_t groups) override;

  CosineAnnealingLROptions options_;
};

/// The factor of the initial lr in an epoch, counted from 0.
using LRLambda = Callback<double(std::int64_t)>;

/// lr = initial lr * lr_lambda(epoch). Schedules that have classes of their own in PyTorch take one line:
///
///     // ConstantLR: a third of the initial lr for 5 epochs
///     LambdaLR scheduler(optimizer, [](std::int64_t epoch) { return epoch < 5 ? 1. / 3 : 1.; });
///     // PolynomialLR: decay to 0 at epoch 100
///     LambdaLR scheduler(optimizer, [](std::int64_t e) { return e < 100 ? std::pow(1 - e / 1e2, 2) : 0; });
///
/// One function for all groups, or {f, g, ...}, one for each.
class XTAPE_API LambdaLR final : public EpochScheduler {
 public:
  LambdaLR(Optimizer& optimizer, LRLambda lr_lambda);
  LambdaLR(Optimizer& optimizer, std::vector<LRLambda> lr_lambdas);
  LambdaLR(Optimizer& optimizer, std::initializer_list<LRLambda> lr_lambdas);

 private:
  double next_lr(std::int64_t epoch, std::size_t i, double lr) const override;
  void write(StateWriter& writer) const override;
  void read(StateReader& reader, std::size_t groups) override;

  std::vector<LRLambda> lambdas_;  // one for each group
};

enum class AnnealStrategy : std::uint8_t { cos, linear };

struct OneCycleLROptions {
  PerGroup max_lr = {};              ///< must be given
  std::int64_t total_steps = 0;      ///< 0: epochs * steps_per_epoch
  std::int64_t epochs = 0;           ///< with steps_per_epoch, where total_steps is not given
  std::int64_t steps_per_epoch = 0;  ///< batches of an epoch
  double pct_start = 0.3;            ///< share of the steps in which lr rises
  AnnealStrategy anneal_strategy = AnnealStrategy::cos;
  bool cycle_momentum = true;     ///< lowers the momentum while lr is high: SGD's, RMSprop's, or Adam's betas[0]
  PerGroup base_momentum = 0.85;  ///< the lowest momentum, where lr is max_lr
  PerGroup max_momentum = 0.95;   ///< the momentum at the start and after the fall
  double div_factor = 25;         ///< the initial lr is max_lr / div_factor
  double final_div_factor = 1e4;  ///< the last lr is the initial one / final_div_factor
  bool three_phase = false;       ///< falls back to the initial lr first, then to the last
};

/// One rise from a low lr to max_lr and one fall far below, with step() after every batch; a step beyond total_steps is
/// a ValueError. Ignores the current lr. ValueError when momentum is to be cycled and the optimizer has none. (Smith
/// and Topin, "Super-convergence", 2018.)
class XTAPE_API OneCycleLR final : public EpochScheduler {
 public:
  OneCycleLR(Optimizer& optimizer, const OneCycleLROptions& options);
  std::int64_t total_steps() const noexcept { return options_.total_steps; }

 private:
  double next_lr(std::int64_t epoch, std::size_t i, double lr) const override;
  bool cycles_momentum() const override { return options_.cycle_momentum; }
  double next_momentum(std::int64_t epoch, std::size_t i, double momentum) const override;
  void write(StateWriter& writer) const override;
  void read(StateReader& reader, std::size_t groups) override;

  OneCycleLROptions options_;  // total_steps is filled in
};

enum class PlateauMode : std::uint8_t { min, max };
enum class ThresholdMode : std::uint8_t { rel, abs };

struct ReduceLROnPlateauOptions {
  PlateauMode mode = PlateauMode::min;                ///< whether the metric should fall or rise
  double factor = 0.1;                                ///< factor of lr at a reduction; in [0, 1)
  std::int64_t patience = 10;                         ///< epochs without improvement that are tolerated
  double threshold = 1e-4;                            ///< smaller improvements do not count
  ThresholdMode threshold_mode = ThresholdMode::rel;  ///< whether threshold is relative to the best metric;
                                                      ///< use abs for a metric that can be negative
  std::int64_t cooldown = 0;                          ///< epochs after a reduction that do not count
  PerGroup min_lr = 0.0;                              ///< lower bound of lr
  double eps = 1e-8;                                  ///< smaller changes of lr are not made
};

/// Multiplies lr by factor when a metric has stopped improving. A NaN metric is no improvement. With
/// ThresholdMode::rel (PyTorch's rule and default) a metric improves if it is below best * (1 - threshold), or with
/// PlateauMode::max above best * (1 + threshold). If best is negative, that bound is worse than best itself: a constant
/// metric then counts as improving, and lr is never lowered. Use ThresholdMode::abs for negative metrics.
///
///     lr_scheduler::ReduceLROnPlateau scheduler(optimizer, {.patience = 3});
///     scheduler.step(validation_loss);  // after each epoch
class XTAPE_API ReduceLROnPlateau final : public LRScheduler {
 public:
  explicit ReduceLROnPlateau(Optimizer& optimizer, const ReduceLROnPlateauOptions& options = {});
  void step(double metric);
  PlateauMode mode() const noexcept { return options_.mode; }

 private:
  struct Progress {
    double best = 0;
    std::int64_t cooldown_counter = 0, num_bad_epochs = 0;
  };
  void write(StateWriter& writer) const override;
  void read(StateReader& reader, std::size_t groups) override;
  bool is_better(double metric) const;

  ReduceLROnPlateauOptions options_;
  Progress progress_;
};

/// A scheduler that SequentialLR refers to, and which must therefore have a name.
class SchedulerReference {
 public:
  SchedulerReference(LRScheduler& scheduler) : scheduler_(&scheduler) {}  // NOLINT: implicit on purpose
  LRScheduler& get() const noexcept { return *scheduler_; }

 private:
  LRScheduler* scheduler_;
};

struct SequentialLROptions {
  std::vector<SchedulerReference> schedulers = {};  ///< at least one; each must outlive the SequentialLR
  std::vector<std::int64_t> milestones = {};        ///< epochs in which the second, third, ... takes over; not
                                                    ///< decreasing, each >= 0
};

/// Runs one scheduler after another. Call its step() alone, not those of its schedulers. When it is made, lr goes back
/// to the initial one, and only the first scheduler acts; each later one begins at its epoch 0, from the initial lr, in
/// the epoch of its milestone. ValueError for a scheduler that belongs to another optimizer, has stepped already, is
/// there twice, or is a ReduceLROnPlateau or a SequentialLR.
///
///     lr_scheduler::LinearLR warmup(optimizer, {.total_iters = 5});
///     lr_scheduler::CosineAnnealingLR decay(optimizer, {.T_max = 95});
///     lr_scheduler::SequentialLR scheduler(optimizer, {.schedulers = {warmup, decay}, .milestones = {5}});
class XTAPE_API SequentialLR final : public LRScheduler {
 public:
  SequentialLR(Optimizer& optimizer, const SequentialLROptions& options);
  /// Advances to the next epoch.
  void step();
  const std::vector<EpochScheduler*>& schedulers() const noexcept { return schedulers_; }
  const std::vector<std::int64_t>& milestones() const noexcept { return milestones_; }

 private:
  /// The number of the scheduler that runs in `epoch`.
  std::size_t active(std::int64_t epoch) const;
  void write(StateWriter& writer) const override;
  void read(StateReader& reader, std::size_t groups) override;

  std::vector<EpochScheduler*> schedulers_;
  std::vector<std::int64_t> milestones_;
};

}  // namespace xtape::optim::lr_scheduler
