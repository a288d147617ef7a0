// Pooling: each window of an image becomes its maximum or its mean. x is (N, C, H, W) or (C, H, W) and floating; only N
// may be 0. Sizes are one number or {height, width}. Windows, defaults and numbers are PyTorch's. The result has the
// dtype of x and its leading dims, (N, C, OH, OW) or (C, OH, OW).
#pragma once

#include <concepts>
#include <cstdint>

#include "xtape/size2d.hpp"
#include "xtape/tensor.hpp"

namespace xtape {

/// PyTorch's stride = None: the kernel's size, so that windows touch and do not overlap.
inline constexpr Size2d kernel_stride{INT64_MIN, INT64_MIN};

struct MaxPool2dOptions {
  Size2d stride = kernel_stride;
  Size2d padding = 0;      ///< -inf on each side, at most half of the kernel
  Size2d dilation = 1;     ///< distance between the elements of a window
  bool ceil_mode = false;  ///< a last window may reach beyond the padded image, but must begin before its right padding
};

struct AvgPool2dOptions {
  Size2d stride = kernel_stride;
  Size2d padding = 0;                 ///< zeros on each side, at most half of the kernel
  bool ceil_mode = false;             ///< as of max_pool2d; what lies beyond the padded image is never counted
  bool count_include_pad = true;      ///< the padding counts as elements of a window
  std::int64_t divisor_override = 0;  ///< divides the sums instead of the number of elements; 0: off
};

/// The largest element of each window; NaN where there is one. The result has, along H and likewise along W,
/// OH = floor((H + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1 elements. With ceil_mode the quotient is
/// rounded up, and a window that would begin in the right padding or beyond it is left out. The gradient goes to the
/// largest element: of equal ones to the first, in the order of rows, of several NaN to the last.
///
/// DTypeError unless x is floating; ShapeError for another rank, for a dim other than N that is 0, for a kernel that is
/// larger than the padded image and for a window that holds no element of the image; ValueError for a size outside its
/// range.
XTAPE_API Tensor max_pool2d(const Tensor& x, Size2d kernel_size, MaxPool2dOptions options = {});
template <std::integral... N>
Tensor max_pool2d(const Tensor&, Size2d, N...) = delete;  // give options in braces: {.stride = 2, .padding = 1}
/// The mean of each window. Shape and errors as of max_pool2d, with a dilation of 1.
XTAPE_API Tensor avg_pool2d(const Tensor& x, Size2d kernel_size, AvgPool2dOptions options = {});
template <std::integral... N>
Tensor avg_pool2d(const Tensor&, Size2d, N...) = delete;  // give options in braces: {.stride = 2, .padding = 1}
/// Means over output_size windows that cover the image evenly: along a dim of n elements, window i of m extends from
/// floor(i n / m) to ceil((i + 1) n / m). With output_size {OH, OW} the result is (N, C, OH, OW) or (C, OH, OW).
/// DTypeError unless x is floating; ShapeError for another rank and for a dim other than N that is 0; ValueError for a
/// size outside its range.
XTAPE_API Tensor adaptive_avg_pool2d(const Tensor& x, Size2d output_size);

}  // namespace xtape
