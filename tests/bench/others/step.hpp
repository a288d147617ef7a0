// What the programs of the C++ packages share: the arguments BATCH SECONDS, the training batch and the clock.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "../work.hpp"

namespace bench {

/// The CPU time of this process.
inline double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

struct Order {
  int batch;
  double seconds;
  std::vector<float> pixels = numbers(batch * 784);  // batch x 784
  std::vector<std::int64_t> labels = classes(batch, 10);
};

/// Reads the command line; exits with status 2 if there are not two arguments.
inline Order order(int argc, char** argv) {
  if (argc != 3) std::exit(2);
  return {std::atoi(argv[1]), std::atof(argv[2])};
}

}  // namespace bench
