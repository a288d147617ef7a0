// once step|fashion: runs one piece of work and nothing else, to be measured from outside the process: the time from
// its start to the end of a first training step, or the peak memory of an epoch and an evaluation on Fashion-MNIST.
#include <cstdlib>
#include <string_view>

#include "work.hpp"

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  bench::set_threads(1);
  if (what == "step") {
    bench::training_step(bench::mlp, bench::Optimizer::adam, 64)();
  } else if (what == "fashion") {
    bench::epoch(bench::data_folder())();
    bench::evaluation(bench::data_folder())();
  } else {
    return 2;
  }
  std::_Exit(0);  // destructors are not part of the work
}
