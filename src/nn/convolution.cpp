#include "xtape/nn/convolution.hpp"

#include <fmt/format.h>

#include <cmath>

#include "core/fail.hpp"
#include "nn/repr.hpp"
#include "ops/convolution.hpp"
#include "xtape/creation.hpp"
#include "xtape/nn/init.hpp"

namespace xtape::nn {

namespace {

struct Channels {
  const char* name;
  std::int64_t count;
};

void check_channels(const char* layer, const Channels& in, const Channels& out, Size2d kernel_size, Size2d stride,
                    Size2d dilation, std::int64_t groups) {
  for (const Channels& c : {in, out}) {
    if (c.count < 0) fail<ValueError>(layer, "{} is {}, it must not be negative", c.name, c.count);
    xtape::detail::check_conv_groups(layer, groups, c.name, c.count);
  }
  xtape::detail::check_conv_size(layer, "kernel_size", kernel_size, 1);
  xtape::detail::check_conv_size(layer, "stride", stride, 1);
  xtape::detail::check_conv_size(layer, "dilation", dilation, 1);
}

Tensor initial_weight(const Shape& shape) {
  Tensor weight = empty(shape);
  return weight.numel() == 0 ? weight : init::kaiming_uniform_(weight, {.a = std::sqrt(5.0)});
}

/// From the distribution of the weight.
Tensor initial_bias(std::int64_t out_channels, const Tensor& weight) {
  const double fan_in = static_cast<double>(weight.size(1) * weight.size(2) * weight.size(3));
  const double bound = fan_in > 0 ? 1 / std::sqrt(fan_in) : 0;
  return init::uniform_(empty({out_channels}), -bound, bound);
}

/// What both layers print: `padding` and `output_padding` as options, empty where they are 0.
std::string describe(std::int64_t in, std::int64_t out, const Shape& weight, Size2d stride, const std::string& padding,
                     Size2d dilation, Size2d output_padding, std::int64_t groups, bool bias) {
  std::string text = fmt::format("{}, {}, kernel_size={}, stride={}", in, out, repr_of_pair({weight[2], weight[3]}),
                                 repr_of_pair(stride));
  if (!padding.empty()) text += ", padding=" + padding;
  if (dilation != Size2d(1)) text += ", dilation=" + repr_of_pair(dilation);
  if (output_padding != Size2d(0)) text += ", output_padding=" + repr_of_pair(output_padding);
  if (groups != 1) text += fmt::format(", groups={}", groups);
  if (!bias) text += ", bias=False";
  return text;
}

}  // namespace

Conv2d::Conv2d(std::int64_t in_channels, std::int64_t out_channels, Size2d kernel_size, Conv2dOptions options)
    : options_{options.stride, options.padding, options.dilation, options.groups} {
  check_channels("Conv2d", {"in_channels", in_channels}, {"out_channels", out_channels}, kernel_size, options.stride,
                 options.dilation, options.groups);
  xtape::detail::check_conv_size("Conv2d", "padding", options.padding.size, 0);
  xtape::detail::check_same_padding("Conv2d", options.padding, options.stride);
  const Shape shape = {out_channels, in_channels / options.groups, kernel_size.height, kernel_size.width};
  weight = register_parameter("weight", initial_weight(shape));
  bias = register_parameter("bias", options.bias ? initial_bias(out_channels, weight) : Tensor());
}
Conv2d::~Conv2d() = default;
Tensor Conv2d::forward(const Tensor& x) const { return conv2d(x, weight, bias, options_); }
std::string Conv2d::extra_repr() const {
  const auto& [stride, padding, dilation, groups] = options_;
  const std::string zeros = padding.same ? "same" : padding.size == Size2d(0) ? "" : repr_of_pair(padding.size);
  const Shape shape = weight.shape();
  return describe(shape[1] * groups, shape[0], shape, stride, zeros, dilation, 0, groups, bias.defined());
}

ConvTranspose2d::ConvTranspose2d(std::int64_t in_channels, std::int64_t out_channels, Size2d kernel_size,
                                 ConvTranspose2dOptions options)
    : options_{options.stride, options.padding, options.output_padding, options.groups, options.dilation} {
  check_channels("ConvTranspose2d", {"in_channels", in_channels}, {"out_channels", out_channels}, kernel_size,
                 options.stride, options.dilation, options.groups);
  xtape::detail::check_conv_size("ConvTranspose2d", "padding", options.padding, 0);
  xtape::detail::check_conv_size("ConvTranspose2d", "output_padding", options.output_padding, 0);
  const Shape shape = {in_channels, out_channels / options.groups, kernel_size.height, kernel_size.width};
  weight = register_parameter("weight", initial_weight(shape));
  bias = register_parameter("bias", options.bias ? initial_bias(out_channels, weight) : Tensor());
}
ConvTranspose2d::~ConvTranspose2d() = default;
Tensor ConvTranspose2d::forward(const Tensor& x) const { return conv_transpose2d(x, weight, bias, options_); }
std::string ConvTranspose2d::extra_repr() const {
  const auto& [stride, padding, output_padding, groups, dilation] = options_;
  const Shape shape = weight.shape();
  return describe(shape[0], shape[1] * groups, shape, stride, padding == Size2d(0) ? "" : repr_of_pair(padding),
                  dilation, output_padding, groups, bias.defined());
}

}  // namespace xtape::nn
