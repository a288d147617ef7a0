// lr        initial -> max -> last, or in three phases initial -> max -> initial -> last
// momentum  max -> base -> max, and stays there
// A phase ends at a fraction of a step, as in PyTorch: the rise after pct_start * total_steps - 1.
#include <cmath>
#include <limits>
#include <numbers>

#include "optim/scheduler_options.hpp"
#include "xtape/optim/lr_scheduler.hpp"

namespace xtape::optim::lr_scheduler {

namespace {

constexpr const char* one_cycle_lr = "OneCycleLR";

template <OptionsOf<OneCycleLROptions> O, class F>
void visit(O& o, F f) {
  f("max_lr", o.max_lr);
  f("total_steps", o.total_steps);
  f("epochs", o.epochs);
  f("steps_per_epoch", o.steps_per_epoch);
  f("pct_start", o.pct_start);
  f("anneal_strategy", o.anneal_strategy);
  f("cycle_momentum", o.cycle_momentum);
  f("base_momentum", o.base_momentum);
  f("max_momentum", o.max_momentum);
  f("div_factor", o.div_factor);
  f("final_div_factor", o.final_div_factor);
  f("three_phase", o.three_phase);
}

void check_divisor(const char* option, double value) {
  if (!(value > 0 && std::isfinite(value))) {
    fail<ValueError>(one_cycle_lr, "{} = {}; expected a finite number > 0", option, value);
  }
}

void check(const OneCycleLROptions& o, std::size_t groups) {
  check_per_group(one_cycle_lr, "max_lr", o.max_lr, groups);
  check_at_least(one_cycle_lr, "total_steps", o.total_steps, 1);
  if (!(o.pct_start >= 0 && o.pct_start <= 1))
    fail<ValueError>(one_cycle_lr, "pct_start = {} is outside [0, 1]", o.pct_start);
  check_per_group(one_cycle_lr, "base_momentum", o.base_momentum, groups);
  check_per_group(one_cycle_lr, "max_momentum", o.max_momentum, groups);
  check_divisor("div_factor", o.div_factor);
  check_divisor("final_div_factor", o.final_div_factor);
}

std::int64_t steps_in_all(const OneCycleLROptions& o) {
  if (o.total_steps != 0) return o.total_steps;
  if (o.epochs == 0 && o.steps_per_epoch == 0) {
    fail<ValueError>(one_cycle_lr, "give total_steps, or epochs and steps_per_epoch");
  }
  check_at_least(one_cycle_lr, "epochs", o.epochs, 1);
  check_at_least(one_cycle_lr, "steps_per_epoch", o.steps_per_epoch, 1);
  if (o.epochs > std::numeric_limits<std::int64_t>::max() / o.steps_per_epoch) {
    fail<ValueError>(one_cycle_lr, "epochs = {} times steps_per_epoch = {} is too large", o.epochs, o.steps_per_epoch);
  }
  return o.epochs * o.steps_per_epoch;
}

/// A phase of the cycle, counted from 0, and how far into it, 0 to 1.
struct Place {
  int phase = 0;
  double pct = 0;
};

int last_phase(const OneCycleLROptions& o) { return o.three_phase ? 2 : 1; }

Place place(const OneCycleLROptions& o, std::int64_t step) {
  const auto total = static_cast<double>(o.total_steps), at = static_cast<double>(step);
  double ends[] = {o.pct_start * total - 1, 2 * o.pct_start * total - 2, total - 1};
  if (!o.three_phase) ends[1] = ends[2];
  Place place;
  double start = 0;
  while (place.phase < last_phase(o) && at > ends[place.phase]) start = ends[place.phase++];
  const double length = ends[place.phase] - start;
  if (length == 0) {
    fail<ValueError>(one_cycle_lr, "with pct_start = {} and total_steps = {}, phase {} of the cycle has no length",
                     o.pct_start, o.total_steps, place.phase);
  }
  place.pct = (at - start) / length;
  return place;
}

double anneal(AnnealStrategy strategy, double from, double to, double pct) {
  if (strategy == AnnealStrategy::linear) return (to - from) * pct + from;
  return to + (from - to) / 2 * (std::cos(std::numbers::pi * pct) + 1);
}

}  // namespace

OneCycleLR::OneCycleLR(Optimizer& optimizer, const OneCycleLROptions& options)
    : EpochScheduler(one_cycle_lr, optimizer), options_(options) {
  options_.total_steps = steps_in_all(options);
  const std::vector<Scheduled> all = groups();
  check(options_, all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (options_.cycle_momentum && !all[i].momentum) {
      fail<ValueError>(one_cycle_lr, "the {} optimizer has no momentum to cycle; set cycle_momentum = false",
                       optimizer_name());
    }
    base_lrs_[i] = options_.max_lr[i] / options_.div_factor;
  }
  step();
}

double OneCycleLR::next_lr(std::int64_t step, std::size_t i, double) const {
  if (step > options_.total_steps) {
    fail<ValueError>(one_cycle_lr, "step {} is beyond total_steps = {}", step, options_.total_steps);
  }
  const double initial = base_lr(i);
  const auto corner = [this, i, initial](int k) {
    if (k > last_phase(options_)) return initial / options_.final_div_factor;
    return k == 1 ? options_.max_lr[i] : initial;
  };
  const Place at = place(options_, step);
  return anneal(options_.anneal_strategy, corner(at.phase), corner(at.phase + 1), at.pct);
}

double OneCycleLR::next_momentum(std::int64_t step, std::size_t i, double momentum) const {
  if (!options_.cycle_momentum) return momentum;
  const auto corner = [this, i](int k) { return k == 1 ? options_.base_momentum[i] : options_.max_momentum[i]; };
  const Place at = place(options_, step);
  return anneal(options_.anneal_strategy, corner(at.phase), corner(at.phase + 1), at.pct);
}

void OneCycleLR::write(StateWriter& writer) const { visit(options_, OptionWriter{writer}); }

void OneCycleLR::read(StateReader& reader, std::size_t groups) {
  options_ = read_options<OneCycleLROptions>(
      reader, [](auto& o, auto f) { visit(o, f); }, [groups](const auto& o) { check(o, groups); });
}

}  // namespace xtape::optim::lr_scheduler
