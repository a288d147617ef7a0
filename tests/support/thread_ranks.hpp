// Ranks that are threads of the test, so that what they do together is tested without MPI.
#pragma once

#include <functional>

#include "xtape/distributed.hpp"

namespace xtape::testing {

/// Runs f on `ranks` threads at once, each as one rank. The default generator of each is its own, seeded with `seed`.
/// Rethrows what the first rank by number has thrown; the others then stop waiting for it.
void run_ranks(int ranks, const std::function<void(const distributed::Communicator&)>& f, std::uint64_t seed = 0);

/// The message of the error that each rank throws; "" for one that throws none.
std::vector<std::string> errors_of_ranks(int ranks, const std::function<void(const distributed::Communicator&)>& f);

}  // namespace xtape::testing
