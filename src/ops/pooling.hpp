// What the pooling ops share: checks of images and sizes, the windows along both dims, loops over channels ("planes"),
// and the mean of windows with its gradient.
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

/// f(first, count) for consecutive planes, `elements` each, on several threads; one takes about `ns` for an element.
template <class F>
void each_planes(std::int64_t planes, std::int64_t elements, double ns, F f) {
  const std::int64_t step = std::max<std::int64_t>(1, chunk_size / std::max<std::int64_t>(1, elements));
  const double total = static_cast<double>(planes) * static_cast<double>(elements) * ns;
  parallel_for((planes + step - 1) / step, threads_for(total),
               [planes, step, &f](std::int64_t i) { f(i * step, std::min(step, planes - i * step)); });
}

}  // namespace xtape::detail
