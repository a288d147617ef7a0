// The mean of windows: y[i, j] = sum of x over the window / divisor[i, j]
//                      dx[a, b] = sum of gy / divisor over the windows that (a, b) lies in
// Keeps the windows. Each of the two linear maps is the other's gradient.
#include "ops/pooling.hpp"

#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"

namespace xtape::detail {

namespace {

Shape shape_of(Size2d size) { return {size.height, size.width}; }

void check_pool_size(std::string_view op, const char* what, Size2d size, std::int64_t least) {
  check_size(op, what, size, least, INT32_MAX);  // no sum or product of two sizes overflows
}

/// The number of windows; 0 where the kernel is larger than the padded input.
std::int64_t count_windows(const kernels::PoolDim& d, bool ceil_mode) {
  const std::int64_t span = (d.kernel - 1) * d.dilation + 1, room = d.in + 2 * d.padding - span;
  if (room + (ceil_mode ? d.stride - 1 : 0) < 0) return 0;
  std::int64_t n = (room + (ceil_mode ? d.stride - 1 : 0)) / d.stride + 1;
  if (ceil_mode && d.start(n - 1) >= d.in) --n;  // a window must begin before the right padding
  return n;
}

/// Whether all windows hold an element of the input: with dilation, one may step over a small one.
bool windows_hold_elements(const kernels::PoolDim& d) {
  for (std::int64_t o = 0; o < d.out && d.start(o) < 0; ++o) {
    if (d.first_tap(o) >= d.end_tap(o)) return false;
  }
  return true;
}

Tensor spread_means(OpName op, const Tensor& gy, const MeanWindows& rows, const MeanWindows& cols, const Shape& to);

}  // namespace

void check_images(std::string_view op, const Tensor& x) {
  check_floating(op, x);
  const Shape& shape = x.impl()->shape;
  const std::int64_t rank = shape.size();
  if (rank < 3 || rank > 4) {
    fail<ShapeError>(op, "expected (N, C, H, W) or (C, H, W), got {}{}", shape, rank == 2 ? "; reshape it first?" : "");
  }
  for (std::int64_t d = rank - 3; d < rank; ++d) {
    if (shape[d] == 0) fail<ShapeError>(op, "expected images with elements, got {}", shape);
  }
}

Shape with_images(const Tensor& x, std::int64_t height, std::int64_t width) {
  Shape shape = x.impl()->shape;
  shape[shape.size() - 2] = height;
  shape[shape.size() - 1] = width;
  return shape;
}

void check_windows(std::string_view op, Size2d kernel, Size2d& stride, Size2d padding, Size2d dilation) {
  check_pool_size(op, "kernel_size", kernel, 1);
  if (stride == kernel_stride) stride = kernel;
  check_pool_size(op, "stride", stride, 1);
  check_pool_size(op, "padding", padding, 0);
  check_pool_size(op, "dilation", dilation, 1);
  if (2 * padding.height > kernel.height || 2 * padding.width > kernel.width) {
    fail<ValueError>(op, "padding is {}, it must be at most half of kernel_size, {}", shape_of(padding),
                     shape_of(kernel));
  }
}

void check_output_size(std::string_view op, Size2d size) { check_pool_size(op, "output_size", size, 0); }

kernels::PoolDims windows_of(std::string_view op, const Tensor& x, Size2d kernel, MaxPool2dOptions options) {
  check_images(op, x);
  auto& [stride, padding, dilation, ceil_mode] = options;
  check_windows(op, kernel, stride, padding, dilation);
  const Shape& shape = x.impl()->shape;
  const std::int64_t height = shape[shape.size() - 2], width = shape[shape.size() - 1];
  kernels::PoolDims d = {{height, 0, kernel.height, stride.height, padding.height, dilation.height},
                         {width, 0, kernel.width, stride.width, padding.width, dilation.width}};
  d.rows.out = count_windows(d.rows, ceil_mode);
  d.cols.out = count_windows(d.cols, ceil_mode);
  if (d.rows.out == 0 || d.cols.out == 0) {
    const Shape span = {(kernel.height - 1) * dilation.height + 1, (kernel.width - 1) * dilation.width + 1};
    fail<ShapeError>(op, "a window extends over {}, more than the padded image, {}; the input is {}", span,
                     Shape{height + 2 * padding.height, width + 2 * padding.width}, shape);
  }
  if (!windows_hold_elements(d.rows) || !windows_hold_elements(d.cols)) {
    fail<ShapeError>(op, "a window with dilation {} holds no element of the image; the input is {}", shape_of(dilation),
                     shape);
  }
  return d;
}

MeanWindows::MeanWindows(std::int64_t in, std::int64_t out) : in_(in), numbers_(make_tensor({3, out}, DType::int64)) {}
std::int64_t MeanWindows::out() const { return numbers_.impl()->shape[1]; }
void MeanWindows::set(std::int64_t o, std::int64_t first, std::int64_t end, std::int64_t divisor) {
  std::int64_t* at = elements<std::int64_t>(numbers_) + o;
  at[0] = first;
  at[out()] = end;
  at[2 * out()] = divisor;
}
kernels::MeanDim MeanWindows::dim() const {
  const std::int64_t* at = elements<std::int64_t>(numbers_);
  return {in_, out(), at, at + out(), at + 2 * out()};
}

Tensor window_means(OpName op, const Tensor& x, const MeanWindows& rows, const MeanWindows& cols) {
  Tensor y = make_tensor(with_images(x, rows.out(), cols.out()), x.impl()->dtype);
  const kernels::MeanDim r = rows.dim(), c = cols.dim();
  visit_floating(x.impl()->dtype, [&x, &y, &r, &c]<class T>() {
    const std::int64_t in = r.in * c.in, out = r.out * c.out;
    const T* from = elements<T>(x);
    T* to = elements<T>(y);
    parallel_groups(x.impl()->numel / in, in, 0.5, [=](std::int64_t first, std::int64_t count) {
      const Tensor room = make_tensor({c.in}, DType::float64);
      for (std::int64_t p = first; p < first + count; ++p) {
        kernels::window_means(from + p * in, r, c, elements<double>(room), to + p * out);
      }
    });
  });
  return record(op, {x}, std::move(y), [op, rows, cols, shape = x.impl()->shape](const Tensor& gy) {
    return Gradients(spread_means(op, gy, rows, cols, shape));
  });
}

namespace {

Tensor spread_means(OpName op, const Tensor& gy, const MeanWindows& rows, const MeanWindows& cols, const Shape& to) {
  Tensor dx = make_tensor(to, gy.impl()->dtype);
  const kernels::MeanDim r = rows.dim(), c = cols.dim();
  visit_floating(gy.impl()->dtype, [&gy, &dx, &r, &c]<class T>() {
    const std::int64_t in = r.in * c.in, out = r.out * c.out;
    const T* g = elements<T>(gy);
    T* d = elements<T>(dx);
    parallel_groups(dx.impl()->numel / in, in, 1, [=](std::int64_t first, std::int64_t count) {
      const Tensor room = make_tensor({r.out + 1, c.in}, DType::float64);
      for (std::int64_t p = first; p < first + count; ++p) {
        kernels::spread_means(g + p * out, r, c, elements<double>(room), d + p * in);
      }
    });
  });
  return record(op, {gy}, std::move(dx),
                [op, rows, cols](const Tensor& gz) { return Gradients(window_means(op, gz, rows, cols)); });
}

}  // namespace

}  // namespace xtape::detail
