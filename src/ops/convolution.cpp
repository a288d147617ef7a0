#include "ops/convolution.hpp"

#include <algorithm>
#include <cmath>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "ops/checks.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Padding2d::Padding2d(const char* name) : same(std::string_view(name) == "same") {
  if (!same && std::string_view(name) != "valid") {
    fail<ValueError>("padding", "expected a number, {{height, width}}, \"same\" or \"valid\", got \"{}\"", name);
  }
}

namespace detail {

namespace {

Shape planes(const ConvShape& s, std::int64_t channels, std::int64_t height, std::int64_t width) {
  if (!s.batched) return {channels, height, width};
  return {s.c.images, channels, height, width};
}

void check_same_dtype(std::string_view op, const char* name, const Tensor& t, DType dtype) {
  check_floating(op, t);
  if (t.impl()->dtype == dtype) return;
  fail<DTypeError>(op, "the weight is {}, the {} {}; convert one with .to", dtype, name, t.impl()->dtype);
}

/// How x of a wrong shape could be given as images of `channels` channels, or nothing.
std::string hint(const Shape& s, std::int64_t channels) {
  if (s.size() == 4 && s[3] == channels) return "; channels come first: permute it by {0, 3, 1, 2}?";
  if (s.size() == 3 && s[2] == channels) return "; channels come first: permute it by {2, 0, 1}?";
  if (s.size() == 3 && channels == 1) {
    return fmt::format("; reshape it to {}?", Shape{s[0], 1, s[1], s[2]}.to_string());
  }
  if (s.size() == 4 && s[1] == 1 && channels == 3) {
    return fmt::format("; grey images: expand them to {}?", Shape{s[0], 3, s[2], s[3]}.to_string());
  }
  if (s.size() != 2 || channels == 0 || s[1] % channels != 0) return "";
  const std::int64_t pixels = s[1] / channels, side = std::llround(std::sqrt(static_cast<double>(pixels)));
  if (pixels == 0 || side * side != pixels) return "";
  return fmt::format("; reshape it to {}?", Shape{s[0], channels, side, side}.to_string());
}

}  // namespace

Shape ConvShape::images() const { return planes(*this, c.channels, c.height.image, c.width.image); }
Shape ConvShape::outputs() const { return planes(*this, c.filters, c.height.output, c.width.output); }
Shape ConvShape::weight() const { return {c.filters, c.channels / c.groups, c.height.kernel, c.width.kernel}; }

Tensor convolve_bias(const Tensor& gy) { return sum(gy, gy.dim() == 3 ? Shape{1, 2} : Shape{0, 2, 3}); }

void check_conv_operands(std::string_view op, const Tensor& x, const Tensor& weight, const Tensor& bias,
                         const char* weight_shape) {
  check_floating(op, weight);
  const Shape& w = weight.impl()->shape;
  check_same_dtype(op, "input", x, weight.impl()->dtype);
  if (bias.defined()) check_same_dtype(op, "bias", bias, weight.impl()->dtype);
  if (w.size() != 4) fail<ShapeError>(op, "expected weight {}, got {}", weight_shape, w);
  if (w[2] == 0 || w[3] == 0) fail<ShapeError>(op, "the weight {} has an empty kernel", w);
}

void check_conv_shapes(const ConvCall& call) {
  const Shape& s = call.x.impl()->shape;
  const std::int64_t in = call.in, out = call.out;
  if ((s.size() != 3 && s.size() != 4) || s[s.size() - 3] != in) {
    fail<ShapeError>(call.op, " ({} -> {}): expected (N, {}, H, W), got {}{}", in, out, in, s, hint(s, in));
  }
  if (s[s.size() - 2] == 0 || s[s.size() - 1] == 0) {
    fail<ShapeError>(call.op, " ({} -> {}): the images {} have no pixels", in, out, s);
  }
  if (call.bias.defined() && call.bias.impl()->shape != Shape{out}) {
    fail<ShapeError>(call.op, " ({} -> {}): expected bias ({}), got {}", in, out, out, call.bias.impl()->shape);
  }
}

void check_conv_size(std::string_view op, const char* what, Size2d size, std::int64_t least) {
  check_size(op, what, size, least, 1 << 16);  // so that no product of extents overflows
}

void check_same_padding(std::string_view op, const Padding2d& padding, Size2d stride) {
  if (!padding.same || stride == Size2d(1)) return;
  fail<ValueError>(op, "padding \"same\" needs a stride of 1, got ({}, {})", stride.height, stride.width);
}

void check_conv_groups(std::string_view op, std::int64_t groups, const char* what, std::int64_t channels) {
  if (groups < 1) fail<ValueError>(op, "groups is {}, it must be at least 1", groups);
  if (channels % groups != 0 || groups > std::max<std::int64_t>(channels, 1)) {
    fail<ValueError>(op, "groups = {} does not divide {} = {}", groups, what, channels);
  }
}

}  // namespace detail
}  // namespace xtape
