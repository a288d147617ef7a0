// lr = gamma^n lr in an epoch that is n of the milestones; continues from the current lr, as in PyTorch.
#include <algorithm>
#include <cmath>

#include "optim/scheduler_options.hpp"
#include "xtape/optim/lr_scheduler.hpp"

namespace xtape::optim::lr_scheduler {

namespace {

constexpr const char* multi_step_lr = "MultiStepLR";

template <OptionsOf<MultiStepLROptions> O, class F>
void visit(O& o, F f) {
  f("milestones", o.milestones);
  f("gamma", o.gamma);
}

void check(const MultiStepLROptions& o) {
  check_milestones(multi_step_lr, o.milestones);
  check_not_negative(multi_step_lr, "gamma", o.gamma);
}

}  // namespace

MultiStepLR::MultiStepLR(Optimizer& optimizer, const MultiStepLROptions& options)
    : EpochScheduler(multi_step_lr, optimizer), options_(options) {
  check(options_);
  step();
}

double MultiStepLR::next_lr(std::int64_t epoch, std::size_t, double lr) const {
  const auto n = std::count(options_.milestones.begin(), options_.milestones.end(), epoch);
  return n == 0 ? lr : lr * std::pow(options_.gamma, n);
}

void MultiStepLR::write(StateWriter& writer) const { visit(options_, OptionWriter{writer}); }

void MultiStepLR::read(StateReader& reader, std::size_t) {
  options_ = read_options<MultiStepLROptions>(
      reader, [](auto& o, auto f) { visit(o, f); }, [](const auto& o) { check(o); });
}

}  // namespace xtape::optim::lr_scheduler
