// The loop of elementwise kernels whose operands are broadcast. The result is cut into runs of equal length. Within a
// run, the elements of an operand are either contiguous or a single one; each combination of these cases has its own
// loop.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "xtape/shape.hpp"

namespace xtape::kernels {

/// Element i of the result uses element (i / repeat) % period of an operand: every broadcast that repeats leading dims,
/// trailing dims, or both.
struct Repetition {
  std::int64_t repeat = 1, period = 1;

  std::int64_t at(std::int64_t i) const { return i / repeat % period; }
  /// Whether a run uses a single element.
  bool is_single() const { return repeat > 1 || period == 1; }
  /// The length of a run in a result of n elements.
  std::int64_t run(std::int64_t n) const { return repeat > 1 ? repeat : period == 1 ? n : period; }
};

/// How an operand of shape `from` is broadcast to `to`; nullopt where a dim between kept dims is repeated.
inline std::optional<Repetition> find_repetition(const Shape& from, const Shape& to) {
  const std::int64_t n = to.numel(), m = from.numel();
  if (m == n) return Repetition{.period = std::max<std::int64_t>(n, 1)};
  if (m == 1) return Repetition{};
  std::int64_t repeated = 1, kept = 1, d = 1;
  for (; d <= from.size() && from[from.size() - d] == 1; ++d) repeated *= to[to.size() - d];
  for (; d <= from.size() && from[from.size() - d] == to[to.size() - d]; ++d) kept *= to[to.size() - d];
  if (kept == m) return Repetition{.repeat = repeated, .period = m};
  return std::nullopt;
}

/// The first element of an operand, and how it is broadcast.
template <class T>
struct BroadcastOperand {
  const T* x;
  Repetition repetition;
};

/// An operand within one run.
template <bool single, class T>
struct Run {
  const T* x;
  T operator[](std::int64_t i) const { return x[i]; }
};
template <class T>
struct Run<true, T> {
  explicit Run(const T* first) : x(*first) {}
  T x;
  T operator[](std::int64_t) const { return x; }
};

template <class U, class F, class... R>
void map_run(U* y, std::int64_t n, F& f, const R... x) {
  for (std::int64_t i = 0; i < n; ++i) y[i] = f(x[i]...);
}

/// y[i] = f(x[i]...) for the n elements of the result. `single` says which of the first operands are single; callers
/// leave it out, recursion fills it in.
template <bool... single, class U, class F, class... T>
void broadcast_runs(U* y, std::int64_t n, F f, const BroadcastOperand<T>&... x) {
  constexpr std::size_t known = sizeof...(single);
  if constexpr (known < sizeof...(T)) {
    const bool all[] = {x.repetition.is_single()...};
    return all[known] ? broadcast_runs<single..., true>(y, n, f, x...)
                      : broadcast_runs<single..., false>(y, n, f, x...);
  } else {
    // Run lengths are products of trailing extents: the shortest divides the others.
    const std::int64_t length = std::min({x.repetition.run(n)...});
    for (std::int64_t start = 0; start < n; start += length) {
      map_run(y + start, length, f, Run<single, T>{x.x + x.repetition.at(start)}...);
    }
  }
}

}  // namespace xtape::kernels
