// better:  min rel: m < best (1 - threshold)    min abs: m < best - threshold    (max: > and +)
// lr = max(factor lr, min_lr) after more than `patience` epochs without a better metric, then `cooldown` epochs do not
// count
#include <algorithm>
#include <limits>

#include "optim/scheduler_options.hpp"
#include "xtape/optim/lr_scheduler.hpp"

namespace xtape::optim::lr_scheduler {

namespace {

constexpr const char* reduce_lr_on_plateau = "ReduceLROnPlateau";

template <OptionsOf<ReduceLROnPlateauOptions> O, class F>
void visit(O& o, F f) {
  f("mode", o.mode);
  f("factor", o.factor);
  f("patience", o.patience);
  f("threshold", o.threshold);
  f("threshold_mode", o.threshold_mode);
  f("cooldown", o.cooldown);
  f("min_lr", o.min_lr);
  f("eps", o.eps);
}

template <class P, class F>
void visit_progress(P& p, F f) {
  f("best", p.best);
  f("cooldown_counter", p.cooldown_counter);
  f("num_bad_epochs", p.num_bad_epochs);
}

void check(const ReduceLROnPlateauOptions& o, std::size_t groups) {
  if (!(o.factor >= 0 && o.factor < 1))
    fail<ValueError>(reduce_lr_on_plateau, "factor = {} is outside [0, 1)", o.factor);
  check_at_least(reduce_lr_on_plateau, "patience", o.patience, 0);
  check_not_negative(reduce_lr_on_plateau, "threshold", o.threshold);
  check_at_least(reduce_lr_on_plateau, "cooldown", o.cooldown, 0);
  check_per_group(reduce_lr_on_plateau, "min_lr", o.min_lr, groups);
  check_not_negative(reduce_lr_on_plateau, "eps", o.eps);
}

}  // namespace

ReduceLROnPlateau::ReduceLROnPlateau(Optimizer& optimizer, const ReduceLROnPlateauOptions& options)
    : LRScheduler(reduce_lr_on_plateau, optimizer), options_(options) {
  const std::vector<Scheduled> all = groups();
  check(options_, all.size());
  last_epoch_ = 0;
  for (const Scheduled& group : all) last_lr_.push_back(*group.lr);
  const double infinity = std::numeric_limits<double>::infinity();
  progress_.best = options_.mode == PlateauMode::min ? infinity : -infinity;
}

bool ReduceLROnPlateau::is_better(double metric) const {
  const double best = progress_.best, threshold = options_.threshold;
  const bool relative = options_.threshold_mode == ThresholdMode::rel;
  if (options_.mode == PlateauMode::min) return metric < (relative ? best * (1 - threshold) : best - threshold);
  return metric > (relative ? best * (1 + threshold) : best + threshold);
}

void ReduceLROnPlateau::step(double metric) {
  const std::vector<Scheduled> all = groups();
  Progress next = progress_;
  ++next.num_bad_epochs;
  if (is_better(metric)) {
    next.best = metric;
    next.num_bad_epochs = 0;
  }
  if (next.cooldown_counter > 0) {
    --next.cooldown_counter;
    next.num_bad_epochs = 0;
  }
  const bool reduces = next.num_bad_epochs > options_.patience;
  if (reduces) {
    check_per_group(reduce_lr_on_plateau, "min_lr", options_.min_lr, all.size());
    next.cooldown_counter = options_.cooldown;
    next.num_bad_epochs = 0;
  }
  std::vector<double> lrs;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double lr = *all[i].lr;
    const double next_lr = reduces ? std::max(lr * options_.factor, options_.min_lr[i]) : lr;
    lrs.push_back(lr - next_lr > options_.eps ? next_lr : lr);
  }
  advance(last_epoch_ + 1, all, std::move(lrs));
  progress_ = next;
}

void ReduceLROnPlateau::write(StateWriter& writer) const {
  visit(options_, OptionWriter{writer});
  visit_progress(progress_, OptionWriter{writer});
}

void ReduceLROnPlateau::read(StateReader& reader, std::size_t) {
  ReduceLROnPlateauOptions options;
  Progress progress;
  visit(options, OptionReader{reader});
  visit_progress(progress, OptionReader{reader});
  check(options, groups().size());
  check_at_least("load_state_dict", "\"cooldown_counter\"", progress.cooldown_counter, 0);
  check_at_least("load_state_dict", "\"num_bad_epochs\"", progress.num_bad_epochs, 0);
  reader.expect_all_read();
  options_ = std::move(options);
  progress_ = progress;
}

}  // namespace xtape::optim::lr_scheduler
