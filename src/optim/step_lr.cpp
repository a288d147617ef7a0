// lr = gamma lr, every step_size epochs; continues from the current lr, as in PyTorch.
#include "optim/scheduler_options.hpp"
#include "xtape/optim/lr_scheduler.hpp"

namespace xtape::optim::lr_scheduler {

namespace {

constexpr const char* step_lr = "StepLR";

template <OptionsOf<StepLROptions> O, class F>
void visit(O& o, F f) {
  f("step_size", o.step_size);
  f("gamma", o.gamma);
}

void check(const StepLROptions& o) {
  check_at_least(step_lr, "step_size", o.step_size, 1);
  check_not_negative(step_lr, "gamma", o.gamma);
}

}  // namespace

StepLR::StepLR(Optimizer& optimizer, const StepLROptions& options)
    : EpochScheduler(step_lr, optimizer), options_(options) {
  check(options_);
  step();
}

double StepLR::next_lr(std::int64_t epoch, std::size_t, double lr) const {
  return epoch == 0 || epoch % options_.step_size != 0 ? lr : lr * options_.gamma;
}

void StepLR::write(StateWriter& writer) const { visit(options_, OptionWriter{writer}); }

void StepLR::read(StateReader& reader, std::size_t) {
  options_ = read_options<StepLROptions>(
      reader, [](auto& o, auto f) { visit(o, f); }, [](const auto& o) { check(o); });
}

}  // namespace xtape::optim::lr_scheduler
