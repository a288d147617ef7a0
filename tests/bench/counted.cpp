// counted WORK N: warms up, then runs a row's work N times in the function `steady` and prints how many requests for
// memory these runs made. Under valgrind, callgrind with --toggle-collect=steady counts the instructions of the same
// runs.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "../support/counted_malloc.hpp"
#include "work.hpp"

extern "C" {
/// extern "C", so that callgrind can be given its name.
[[gnu::noinline]] void steady(const bench::Work* work, int n) {
  for (int i = 0; i < n; ++i) (*work)();
}
}

namespace {

bench::Work make(const std::string& name) {
  using bench::Optimizer;
  if (name == "step/mlp/adam/64") return bench::training_step(bench::mlp, Optimizer::adam, 64);
  if (name == "step/mlp/sgd/64") return bench::training_step(bench::mlp, Optimizer::sgd, 64);
  if (name == "step/toy/adam/32") return bench::training_step(bench::toy, Optimizer::adam, 32);
  if (name == "chain/100") return bench::chain(100);
  if (name == "add/recorded") return bench::recorded_add();
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const bench::Work work = make(argv[1]);
  if (!work) return 2;
  const int n = std::atoi(argv[2]);
  bench::set_threads(1);
  for (int i = 0; i < 5; ++i) work();
  const long before = xtape::testing::requests;
  steady(&work, n);
  std::printf("%ld\n", xtape::testing::requests - before);
}
