// What the products of convolutions share: what outputs see, and the order in which multiply_windows reads its weight.
#pragma once

#include <cstdint>

#include "kernels/convolution.hpp"
#include "kernels/isa.hpp"
#include "kernels/windows.hpp"

namespace xtape::kernels {

inline constexpr std::int64_t usual_columns = 1024;  // of a matrix of windows at a time

/// What the outputs of a convolution see of its images.
inline WindowAxis images_seen(const ConvolutionAxis& a) {
  WindowAxis axis{a.output, a.stride, a.image, {}};
  for (std::int64_t t = 0; t < a.kernel; ++t) axis.at.push_back(t * a.dilation - a.padding);
  return axis;
}

/// Whether every image has one output, which sees all of it: then images and filters are rows of matrices.
inline bool sees_whole_images(const Convolution& c) {
  const auto whole = [](const ConvolutionAxis& a) {
    return a.output == 1 && a.kernel == a.image && a.padding == 0 && (a.dilation == 1 || a.kernel == 1);
  };
  return c.groups == 1 && whole(c.height) && whole(c.width);
}

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
