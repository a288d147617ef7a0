// What the products of convolutions share: the order in which multiply_windows reads its weight.
#pragma once

#include <cstdint>

#include "kernels/isa.hpp"

namespace xtape::kernels {

/// The parts in which k terms are summed, each anew: equal ones, of at most `most_terms`.
inline std::int64_t part_of_terms(std::int64_t k) {
  constexpr std::int64_t most_terms = 400;
  const std::int64_t parts = (k + most_terms - 1) / most_terms;
  return (k + parts - 1) / parts;
}

/// f(term, row) for the elements of a weight (rows x k) in multiply_windows's order: by part of k, strip and term.
template <class T, class F>
void each_strip(std::int64_t k, std::int64_t rows, F f) {
  const std::int64_t part = part_of_terms(k);
  for (std::int64_t p = 0; p < k; p += part) {
    const std::int64_t end = p + part < k ? p + part : k;
    for (std::int64_t i = 0, height; i < rows; i += height) {
      height = isa_of<T>().window_rows(rows - i);
      for (std::int64_t q = p; q < end; ++q) {
        for (std::int64_t r = i; r < i + height; ++r) f(q, r);
      }
    }
  }
}

}  // namespace xtape::kernels
