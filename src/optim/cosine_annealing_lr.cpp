// lr - eta = (lr - eta) (1 + cos(pi t / T)) / (1 + cos(pi (t - 1) / T)), and a step up from eta; continues from the
// current lr, as in PyTorch.
#include <cmath>
#include <numbers>

#include "optim/scheduler_options.hpp"
#include "xtape/optim/lr_scheduler.hpp"

namespace xtape::optim::lr_scheduler {

using std::numbers::pi;

namespace {

constexpr const char* cosine_annealing_lr = "CosineAnnealingLR";

template <OptionsOf<CosineAnnealingLROptions> O, class F>
void visit(O& o, F f) {
  f("T_max", o.T_max);
  f("eta_min", o.eta_min);
}

void check(const CosineAnnealingLROptions& o) {
  check_at_least(cosine_annealing_lr, "T_max", o.T_max, 1);
  check_not_negative(cosine_annealing_lr, "eta_min", o.eta_min);
}

}  // namespace

CosineAnnealingLR::CosineAnnealingLR(Optimizer& optimizer, const CosineAnnealingLROptions& options)
    : EpochScheduler(cosine_annealing_lr, optimizer), options_(options) {
  check(options_);
  step();
}

double CosineAnnealingLR::next_lr(std::int64_t epoch, std::size_t i, double lr) const {
  if (epoch == 0) return lr;
  const auto T = static_cast<double>(options_.T_max), t = static_cast<double>(epoch);
  const double eta = options_.eta_min;
  // One epoch past the minimum, where lr is eta, the recursion is 0 / 0: the rise begins from base_lr's cosine.
  const std::int64_t past = epoch - 1 - options_.T_max;
  if (past % options_.T_max == 0 && past / options_.T_max % 2 == 0) {
    return lr + (base_lr(i) - eta) * (1 - std::cos(pi / T)) / 2;
  }
  return (1 + std::cos(pi * t / T)) / (1 + std::cos(pi * (t - 1) / T)) * (lr - eta) + eta;
}

/// Rounded as PyTorch's closed form is.
double CosineAnnealingLR::first_lr(std::size_t i) const { return options_.eta_min + (base_lr(i) - options_.eta_min); }

void CosineAnnealingLR::write(StateWriter& writer) const { visit(options_, OptionWriter{writer}); }

void CosineAnnealingLR::read(StateReader& reader, std::size_t) {
  options_ = read_options<CosineAnnealingLROptions>(
      reader, [](auto& o, auto f) { visit(o, f); }, [](const auto& o) { check(o); });
}

}  // namespace xtape::optim::lr_scheduler
