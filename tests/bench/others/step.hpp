// What the programs of packages in C++ share: PROGRAM BATCH SECONDS, the batch that is trained on, and the clock.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "../work.hpp"

namespace bench {

/// Of this process.
inline double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

struct Order {
  int batch;
  double seconds;
  std::vector<float> pixels = numbers(batch * 784);  // batch x 784
  std::vector<std::int64_t> labels = classes(batch, 10);
};

/// From the command line; ends the program with status 2 where it is not as above.
inline Order order(int argc, char** argv) {
  if (argc != 3) std::exit(2);
  return {std::atoi(argv[1]), std::atof(argv[2])};
}

}  // namespace bench
