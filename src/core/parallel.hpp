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
void run_blocks(std::int64_t count, int threads, void (*block)(void* body, std::int64_t i), void* body);
}  // namespace detail

/// How many threads it pays to use for work that takes one thread about `ns` nanoseconds: 1 to num_threads(). Asking a
/// thread for help costs time, which the pool measures; a thread's share of the work must take longer than that.
int threads_for(double ns) noexcept;

/// body(0), ..., body(count - 1), on at most `threads` threads, the caller's included. Returns when all are done. After
/// an exception no further block is started; the first exception is rethrown here once the running blocks have ended.
/// Calls from inside a block, and calls while another thread uses the pool, run on the calling thread alone.
template <class F>
void parallel_for(std::int64_t count, int threads, F&& body) {
  using Body = std::remove_reference_t<F>;
  detail::run_blocks(
      count, threads, [](void* f, std::int64_t i) { (*static_cast<Body*>(f))(i); },
      const_cast<void*>(static_cast<const void*>(std::addressof(body))));
}

/// While it lives, ops on this thread use no other thread: for one that works beside the main thread, whose own ops
/// then need not wait for the pool, or do without it.
class ThisThreadAlone {
 public:
  ThisThreadAlone() noexcept;
  ~ThisThreadAlone();
  ThisThreadAlone(const ThisThreadAlone&) = delete;
  ThisThreadAlone& operator=(const ThisThreadAlone&) = delete;

 private:
  bool previous_;
};

/// The elements that one block of parallel_chunks works on.
inline constexpr std::int64_t chunk_size = 1 << 15;

/// body(first, count) for consecutive parts of [0, groups), groups of `size` elements: as many in a part as make a
/// chunk, but at least `least`. One thread takes about `ns` nanoseconds for an element.
template <class F>
void parallel_groups(std::int64_t groups, std::int64_t size, double ns, F&& body, std::int64_t least = 1) {
  const std::int64_t step = std::max(least, chunk_size / std::max<std::int64_t>(1, size));
  parallel_for((groups + step - 1) / step, threads_for(static_cast<double>(groups) * static_cast<double>(size) * ns),
               [groups, step, &body](std::int64_t i) { body(i * step, std::min(step, groups - i * step)); });
}

/// body(first, count) for consecutive chunks of [0, n), all of the same length except the last. One thread takes about
/// `ns` nanoseconds for an element.
template <class F>
void parallel_chunks(std::int64_t n, double ns, F&& body) {
  parallel_for((n + chunk_size - 1) / chunk_size, threads_for(static_cast<double>(n) * ns),
               [n, &body](std::int64_t i) { body(i * chunk_size, std::min(chunk_size, n - i * chunk_size)); });
}

}  // namespace xtape
