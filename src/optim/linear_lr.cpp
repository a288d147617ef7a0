// lr = lr f(t) / f(t - 1) where f(t) = start + (end - start) t / total for t <= total; continues from the current lr,
// as in PyTorch. f(t) / f(t - 1) = 1 + (end - start) / (total start + (t - 1) (end - start)).
#include <algorithm>

#include "optim/scheduler_options.hpp"
#include "xtape/optim/lr_scheduler.hpp"

namespace xtape::optim::lr_scheduler {

namespace {

constexpr const char* linear_lr = "LinearLR";

template <OptionsOf<LinearLROptions> O, class F>
void visit(O& o, F f) {
  f("start_factor", o.start_factor);
  f("end_factor", o.end_factor);
  f("total_iters", o.total_iters);
}

void check(const LinearLROptions& o) {
  if (!(o.start_factor > 0 && o.start_factor <= 1)) {
    fail<ValueError>(linear_lr, "start_factor = {} is outside (0, 1]", o.start_factor);
  }
  if (!(o.end_factor >= 0 && o.end_factor <= 1)) {
    fail<ValueError>(linear_lr, "end_factor = {} is outside [0, 1]", o.end_factor);
  }
  check_at_least(linear_lr, "total_iters", o.total_iters, 1);
}

}  // namespace

LinearLR::LinearLR(Optimizer& optimizer, const LinearLROptions& options)
    : EpochScheduler(linear_lr, optimizer), options_(options) {
  check(options_);
  step();
}

double LinearLR::next_lr(std::int64_t epoch, std::size_t, double lr) const {
  const double start = options_.start_factor, change = options_.end_factor - start;
  if (epoch == 0) return lr * start;
  if (epoch > options_.total_iters) return lr;
  const auto total = static_cast<double>(options_.total_iters), before = static_cast<double>(epoch - 1);
  return lr * std::max(1 + change / (total * start + before * change), 0.0);  // which may round to less than 0
}

void LinearLR::write(StateWriter& writer) const { visit(options_, OptionWriter{writer}); }

void LinearLR::read(StateReader& reader, std::size_t) {
  options_ = read_options<LinearLROptions>(
      reader, [](auto& o, auto f) { visit(o, f); }, [](const auto& o) { check(o); });
}

}  // namespace xtape::optim::lr_scheduler
