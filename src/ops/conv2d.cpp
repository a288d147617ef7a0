// y[n, k, i, j] = sum of x[n, c, i stride + t dilation - padding, ...] w[k, c, t, u] + b[k] over the channels c of k's
// group and the taps t, u.
// dx = conv_transpose2d(gy, w), of x's size, dw = conv2d_weight(x, gy), db = sums of gy
// Keeps x for dw and w for dx; the first layer's x needs no gradient, which saves a third of the work there.
#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "ops/convolution.hpp"
#include "xtape/autograd.hpp"
#include "xtape/convolution.hpp"

namespace xtape {

namespace {

kernels::ConvolutionAxis conv2d_axis(std::int64_t image, std::int64_t kernel, std::int64_t stride, std::int64_t padding,
                                     std::int64_t dilation, bool same) {
  const std::int64_t span = dilation * (kernel - 1);
  if (same) return {image, image, kernel, stride, span / 2, dilation};
  const std::int64_t room = image + 2 * padding - span - 1;
  return {image, room < 0 ? 0 : room / stride + 1, kernel, stride, padding, dilation};
}

detail::ConvShape conv2d_shape(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv2dOptions& o) {
  detail::check_conv_operands("conv2d", x, weight, bias, "(out, in / groups, kH, kW)");
  detail::check_conv_size("conv2d", "stride", o.stride, 1);
  detail::check_conv_size("conv2d", "padding", o.padding.size, 0);
  detail::check_conv_size("conv2d", "dilation", o.dilation, 1);
  const Shape &s = x.impl()->shape, &w = weight.impl()->shape;
  detail::check_conv_groups("conv2d", o.groups, "out_channels", w[0]);
  detail::check_conv_shapes({"conv2d", x, bias, w[1] * o.groups, w[0]});
  detail::check_same_padding("conv2d", o.padding, o.stride);
  const bool same = o.padding.same;
  const std::int64_t first = s.size() - 3;
  const kernels::ConvolutionAxis height =
      conv2d_axis(s[first + 1], w[2], o.stride.height, o.padding.size.height, o.dilation.height, same);
  const kernels::ConvolutionAxis width =
      conv2d_axis(s[first + 2], w[3], o.stride.width, o.padding.size.width, o.dilation.width, same);
  if (height.output == 0 || width.output == 0) {
    fail<ShapeError>("conv2d", " ({} -> {}): the kernel spans ({}, {}), more than the padded image ({}, {})",
                     w[1] * o.groups, w[0], o.dilation.height * (w[2] - 1) + 1, o.dilation.width * (w[3] - 1) + 1,
                     height.image + 2 * height.padding, width.image + 2 * width.padding);
  }
  return {{first == 0 ? 1 : s[0], s[first], w[0], o.groups, height, width}, first == 1};
}

}  // namespace

Tensor detail::convolve(const ConvShape& s, const Tensor& x, const Tensor& weight, const Tensor& bias) {
  Tensor y = make_tensor(s.outputs(), x.impl()->dtype);
  visit_floating(x.impl()->dtype, [&s, &x, &weight, &bias, &y]<class T>() {
    kernels::convolve(s.c, elements<T>(x), elements<T>(weight), bias.defined() ? elements<T>(bias) : nullptr,
                      elements<T>(y));
  });
  return record(
      "conv2d", {x, weight, bias}, std::move(y),
      [s, x = save(x, weight.requires_grad()), w = save(weight, x.requires_grad())](const Tensor& gy, Wants wants) {
        Tensor dx, dw, db;
        if (wants[0]) dx = convolve_transposed(s, gy, *w);
        if (wants[1]) dw = convolve_weight(s, *x, gy);
        if (wants[2]) db = convolve_bias(gy);
        return Gradients(dx, dw, db);
      });
}

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, Conv2dOptions options) {
  return detail::convolve(conv2d_shape(x, weight, bias, options), x, weight, bias);
}

}  // namespace xtape
