// y[i, j] = sum of x over window (i, j) / divisor        dx = the sum of gy / divisor over the windows that hold x
// The divisor is the number of the window's elements, with those of the padding or without, or divisor_override.
// Keeps the windows; see ops/pooling.cpp.
#include "ops/pooling.hpp"

namespace xtape {

namespace {

detail::MeanWindows windows(const kernels::PoolDim& d, const AvgPool2dOptions& options, std::int64_t divisor) {
  detail::MeanWindows w(d.in, d.out);
  for (std::int64_t o = 0; o < d.out; ++o) {
    const std::int64_t start = d.start(o), first = std::max<std::int64_t>(start, 0);
    const std::int64_t padded_end = std::min(start + d.kernel, d.in + d.padding), end = std::min(padded_end, d.in);
    const std::int64_t size = options.count_include_pad ? padded_end - start : end - first;
    w.set(o, first, end, options.divisor_override == 0 ? size : divisor);
  }
  return w;
}

}  // namespace

Tensor avg_pool2d(const Tensor& x, Size2d kernel_size, AvgPool2dOptions options) {
  const kernels::PoolDims d =
      detail::windows_of("avg_pool2d", x, kernel_size,
                         {.stride = options.stride, .padding = options.padding, .ceil_mode = options.ceil_mode});
  const detail::MeanWindows rows = windows(d.rows, options, options.divisor_override);
  return detail::window_means("avg_pool2d", x, rows, windows(d.cols, options, 1));
}

}  // namespace xtape
