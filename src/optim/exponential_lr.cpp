// lr = gamma lr in every epoch but the first; continues from the current lr, as in PyTorch.
#include "optim/scheduler_options.hpp"
#include "xtape/optim/lr_scheduler.hpp"

namespace xtape::optim::lr_scheduler {

namespace {

constexpr const char* exponential_lr = "ExponentialLR";

template <OptionsOf<ExponentialLROptions> O, class F>
void visit(O& o, F f) {
  f("gamma", o.gamma);
}

void check(const ExponentialLROptions& o) { check_not_negative(exponential_lr, "gamma", o.gamma); }

}  // namespace

ExponentialLR::ExponentialLR(Optimizer& optimizer, const ExponentialLROptions& options)
    : EpochScheduler(exponential_lr, optimizer), options_(options) {
  check(options_);
  step();
}

double ExponentialLR::next_lr(std::int64_t epoch, std::size_t, double lr) const {
  return epoch == 0 ? lr : lr * options_.gamma;
}

void ExponentialLR::write(StateWriter& writer) const { visit(options_, OptionWriter{writer}); }

void ExponentialLR::read(StateReader& reader, std::size_t) {
  options_ = read_options<ExponentialLROptions>(
      reader, [](auto& o, auto f) { visit(o, f); }, [](const auto& o) { check(o); });
}

}  // namespace xtape::optim::lr_scheduler
