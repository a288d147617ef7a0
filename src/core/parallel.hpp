// parallel_for: numbered blocks of work, on the caller and on the pool's threads. Which thread runs a block, and when,
// is unspecified, so the blocks must write to different places. How the work is cut into blocks must depend on shapes
// (and the CPU), never on num_threads(), unless the cut cannot change a bit of the result: results have the same bits
// for any number of threads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <type_traits>

#include "xtape/parallel.hpp"

namespace xtape {

namespace detail {
void run_blocks(std::int64_t count, void (*block)(void* body, std::int64_t i), void* body);
}  // namespace detail

/// body(0), ..., body(count - 1). Returns when all are done. After an exception no further block is started; the first
/// exception is rethrown here once the running blocks have ended. Calls from inside a block, and calls while another
/// thread uses the pool, run on the calling thread alone.
template <class F>
void parallel_for(std::int64_t count, F&& body) {
  using Body = std::remove_reference_t<F>;
  detail::run_blocks(
      count, [](void* f, std::int64_t i) { (*static_cast<Body*>(f))(i); },
      const_cast<void*>(static_cast<const void*>(std::addressof(body))));
}

/// Elements of a chunk in an op with little arithmetic per element: enough to be worth waking a thread.
inline constexpr std::int64_t chunk_size = 1 << 15;

/// body(first, count) for consecutive chunks of [0, n), all of the same length except the last.
template <class F>
void parallel_chunks(std::int64_t n, F&& body) {
  parallel_for((n + chunk_size - 1) / chunk_size,
               [n, &body](std::int64_t i) { body(i * chunk_size, std::min(chunk_size, n - i * chunk_size)); });
}

}  // namespace xtape
