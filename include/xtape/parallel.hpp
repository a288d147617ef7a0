// How many threads an op may use.
#pragma once

#include "xtape/export.hpp"

namespace xtape {

/// From the next op on, large ops may use `n` threads, the calling one included. The bits of a result do not depend on
/// n. Applies to the whole process; ValueError for n < 1. After such an op, its threads spin for 150 us before they
/// sleep; the caller spins until the last of them is done, for at most 3 ms.
XTAPE_API void set_num_threads(int n);
/// The number of threads that an op may use.
XTAPE_API int num_threads() noexcept;

}  // namespace xtape
