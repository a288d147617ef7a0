// Ranks that are threads of the test, so that what they do together is tested without MPI.
#pragma once

#include <functional>

#include "xtape/distributed.hpp"

namespace xtape::testing {

struct RankOptions {
  std::uint64_t seed = 0;  ///< of each rank's default generator, which is its own
  bool overlaps = false;   ///< of its communicator
  /// Each rank calls it before it moves bytes, with their number. What it throws ends that call of the communicator.
  std::function<void(int rank, std::size_t bytes)> before_move = {};
};

/// Runs f on `ranks` threads at once, each as one rank. Rethrows what the first rank by number has thrown; the others
/// then stop waiting for it.
void run_ranks(int ranks, const std::function<void(const distributed::Communicator&)>& f,
               const RankOptions& options = {});

/// The message of the error that each rank throws; "" for one that throws none.
std::vector<std::string> errors_of_ranks(int ranks, const std::function<void(const distributed::Communicator&)>& f,
                                         const RankOptions& options = {});

}  // namespace xtape::testing
