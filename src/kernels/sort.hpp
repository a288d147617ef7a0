// Sorting rows of elements of any type. Each element becomes an integer key with the same order, so that one routine
// sorts all types, and with its position beside it the order of equal elements is fixed. NaN is the largest: comparing
// by <, as xtensor's sort does, has no order in the presence of NaN, and undefined behaviour.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include "kernels/rows.hpp"

namespace xtape::kernels {

struct Keyed {
  std::uint64_t key;
  std::int64_t position;
};

/// Puts the k least of n elements at the front, in order; of equal keys the smaller position comes first.
void sort_front(Keyed* elements, std::int64_t n, std::int64_t k);

/// u < v if and only if sort_key(u) < sort_key(v), for numbers; that of NaN is the largest.
template <class T>
std::uint64_t sort_key(T v) {
  constexpr std::uint64_t sign = std::uint64_t{1} << 63;
  if constexpr (std::is_floating_point_v<T>) {
    if (v != v) return ~std::uint64_t{0};
    const auto bits = std::bit_cast<std::uint64_t>(static_cast<double>(v) + 0.0);  // -0 becomes 0
    return bits & sign ? ~bits : bits | sign;
  } else {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(v)) ^ sign;
  }
}

/// The first k elements of each row in ascending or descending order, and their positions in the row; equal elements
/// keep their order. `values` and `positions` are (outer, k, inner), `room` holds rows.n elements.
template <class T>
void sort_rows(const T* x, T* values, std::int64_t* positions, const Rows& rows, std::int64_t k, bool descending,
               Keyed* room) {
  const Rows to{rows.outer, k, rows.inner};
  for (std::int64_t row = 0; row < rows.count(); ++row) {
    const T* u = x + rows.first(row);
    for (std::int64_t i = 0; i < rows.n; ++i) {
      const std::uint64_t key = sort_key(u[i * rows.inner]);
      room[i] = {descending ? ~key : key, i};
    }
    sort_front(room, rows.n, k);
    for (std::int64_t j = 0; j < k; ++j) {
      const std::int64_t at = to.first(row) + j * to.inner;
      positions[at] = room[j].position;
      values[at] = u[room[j].position * rows.inner];
    }
  }
}

}  // namespace xtape::kernels
