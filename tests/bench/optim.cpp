// optim: the CPU time of a step of each optimizer over one parameter, on one thread, in nanoseconds; a line of name,
// dtype, elements and median each. optim.py puts several builds and PyTorch side by side.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <vector>
#include <xtape/xtape.hpp>

using namespace xtape;
using namespace xtape::optim;

namespace {

double cpu_time() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

template <class Options>
void row(const char* name, DType dtype, std::int64_t n, const Options& options) {
  Tensor p = randn({n}, {.dtype = dtype, .requires_grad = true});
  p.set_grad(randn({n}, {.dtype = dtype}));
  GroupOptimizer<Options> optimizer({p}, options);
  for (int i = 0; i < 3; ++i) optimizer.step();
  const auto steps = 1 + static_cast<int>(300'000 / (n + 1000));
  std::vector<double> times;
  for (int round = 0; round < 15; ++round) {
    const double start = cpu_time();
    for (int i = 0; i < steps; ++i) optimizer.step();
    times.push_back((cpu_time() - start) / steps);
  }
  std::nth_element(times.begin(), times.begin() + 7, times.end());
  std::printf("%s\t%s\t%lld\t%.1f\n", name, dtype == float32 ? "float32" : "float64", static_cast<long long>(n),
              times[7]);
}

void rows(DType dtype, std::int64_t n) {
  row("SGD", dtype, n, SGDOptions{.lr = 1e-6});
  row("SGD, decay", dtype, n, SGDOptions{.lr = 1e-6, .weight_decay = 1e-4});
  row("SGD, momentum", dtype, n, SGDOptions{.lr = 1e-6, .momentum = 0.9});
  row("SGD, momentum, decay", dtype, n, SGDOptions{.lr = 1e-6, .momentum = 0.9, .weight_decay = 1e-4});
  row("SGD, nesterov, decay", dtype, n,
      SGDOptions{.lr = 1e-6, .momentum = 0.9, .weight_decay = 1e-4, .nesterov = true});
  row("Adam", dtype, n, AdamOptions{.lr = 1e-6});
  row("Adam, decay", dtype, n, AdamOptions{.lr = 1e-6, .weight_decay = 1e-4});
  row("AdamW", dtype, n, AdamWOptions{.lr = 1e-6});
  row("RMSprop", dtype, n, RMSpropOptions{.lr = 1e-6});
  row("RMSprop, decay", dtype, n, RMSpropOptions{.lr = 1e-6, .weight_decay = 1e-4});
  row("RMSprop, centered, momentum", dtype, n, RMSpropOptions{.lr = 1e-6, .momentum = 0.9, .centered = true});
  row("Adagrad", dtype, n, AdagradOptions{.lr = 1e-6});
  row("Adagrad, decay", dtype, n, AdagradOptions{.lr = 1e-6, .weight_decay = 1e-4});
}

}  // namespace

int main() {
  set_num_threads(1);
  manual_seed(0);
  for (const std::int64_t n : {1'000, 200'000, 4'000'000}) rows(float32, n);
  rows(float64, 200'000);
}
