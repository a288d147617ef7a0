// What the pooling ops share: checks of images and sizes, the windows along both dims, and the mean of windows with its
// gradient. A "plane" is one channel of an image.
#pragma once

#include <string_view>

#include "core/parallel.hpp"
#include "kernels/pooling.hpp"
#include "ops/checks.hpp"
#include "xtape/autograd.hpp"
#include "xtape/pooling.hpp"

namespace xtape::detail {

/// Floating, (N, C, H, W) or (C, H, W), only N may be 0: else DTypeError or ShapeError.
void check_images(std::string_view op, const Tensor& x);
/// x's shape with other images.
Shape with_images(const Tensor& x, std::int64_t height, std::int64_t width);

/// ValueError for a size outside its range. The stride of windows that say none is set to the kernel's size.
void check_windows(std::string_view op, Size2d kernel, Size2d& stride, Size2d padding, Size2d dilation);
/// ValueError for a negative size.
void check_output_size(std::string_view op, Size2d size);
/// The windows of such sizes over x's images. ShapeError where a window has no element of the image.
kernels::PoolDims windows_of(std::string_view op, const Tensor& x, Size2d kernel, MaxPool2dOptions options);

/// The windows of a mean along one dim.
class MeanWindows {
 public:
  MeanWindows(std::int64_t in, std::int64_t out);
  void set(std::int64_t o, std::int64_t first, std::int64_t end, std::int64_t divisor);
  std::int64_t out() const;
  kernels::MeanDim dim() const;

 private:
  std::int64_t in_;
  Tensor numbers_;  // int64 (3, out): first, end, divisor
};

/// The mean of each window, recorded as `op`.
Tensor window_means(OpName op, const Tensor& x, const MeanWindows& rows, const MeanWindows& cols);

}  // namespace xtape::detail
