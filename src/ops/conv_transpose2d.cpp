// y = the gradient that conv2d gives its image for gy = x, + b[k]: y[n, c, i stride + t dilation - padding, ...] is the
// sum of x[n, k, i, j] w[k, c, t, u].
// dx = conv2d(gy, w), dw = conv2d_weight(gy, x), db = sums of gy
// Keeps x for dw and w for dx.
#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "ops/convolution.hpp"
#include "xtape/autograd.hpp"
#include "xtape/convolution.hpp"

namespace xtape {

namespace {

kernels::ConvolutionAxis conv_transpose2d_axis(std::int64_t input, std::int64_t kernel, std::int64_t stride,
                                               std::int64_t padding, std::int64_t more, std::int64_t dilation) {
  if (more >= stride && more >= dilation) {
    fail<ValueError>("conv_transpose2d", "output_padding is {}, it must be less than the stride {} or the dilation {}",
                     more, stride, dilation);
  }
  const std::int64_t image = (input - 1) * stride - 2 * padding + dilation * (kernel - 1) + more + 1;
  return {image, input, kernel, stride, padding, dilation};
}

detail::ConvShape conv_transpose2d_shape(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                         const ConvTranspose2dOptions& o) {
  detail::check_conv_operands("conv_transpose2d", x, weight, bias, "(in, out / groups, kH, kW)");
  detail::check_conv_size("conv_transpose2d", "stride", o.stride, 1);
  detail::check_conv_size("conv_transpose2d", "padding", o.padding, 0);
  detail::check_conv_size("conv_transpose2d", "output_padding", o.output_padding, 0);
  detail::check_conv_size("conv_transpose2d", "dilation", o.dilation, 1);
  const Shape &s = x.impl()->shape, &w = weight.impl()->shape;
  detail::check_conv_groups("conv_transpose2d", o.groups, "in_channels", w[0]);
  const std::int64_t in = w[0], out = w[1] * o.groups, first = s.size() - 3;
  detail::check_conv_shapes({"conv_transpose2d", x, bias, in, out});
  const kernels::ConvolutionAxis height = conv_transpose2d_axis(s[first + 1], w[2], o.stride.height, o.padding.height,
                                                                o.output_padding.height, o.dilation.height);
  const kernels::ConvolutionAxis width = conv_transpose2d_axis(s[first + 2], w[3], o.stride.width, o.padding.width,
                                                               o.output_padding.width, o.dilation.width);
  if (height.image < 1 || width.image < 1) {
    fail<ShapeError>("conv_transpose2d", " ({} -> {}): the padding ({}, {}) leaves an image of ({}, {})", in, out,
                     o.padding.height, o.padding.width, height.image, width.image);
  }
  return {{first == 0 ? 1 : s[0], out, in, o.groups, height, width}, first == 1};
}

}  // namespace

Tensor detail::convolve_transposed(const ConvShape& s, const Tensor& x, const Tensor& weight, const Tensor& bias) {
  Tensor y = make_tensor(s.images(), x.impl()->dtype);
  visit_floating(x.impl()->dtype, [&s, &x, &weight, &bias, &y]<class T>() {
    kernels::convolve_transposed(s.c, elements<T>(x), elements<T>(weight), bias.defined() ? elements<T>(bias) : nullptr,
                                 elements<T>(y));
  });
  return record(
      "conv_transpose2d", {x, weight, bias}, std::move(y),
      [s, x = save(x, weight.requires_grad()), w = save(weight, x.requires_grad())](const Tensor& gy, Wants wants) {
        Tensor dx, dw, db;
        if (wants[0]) dx = convolve(s, gy, *w);
        if (wants[1]) dw = convolve_weight(s, gy, *x);
        if (wants[2]) db = convolve_bias(gy);
        return Gradients(dx, dw, db);
      });
}

Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias, ConvTranspose2dOptions options) {
  return detail::convolve_transposed(conv_transpose2d_shape(x, weight, bias, options), x, weight, bias);
}

}  // namespace xtape
