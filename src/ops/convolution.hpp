// What conv2d, conv_transpose2d and their gradients share. Each of the three ops, convolve, convolve_transposed and
// convolve_weight, is linear in both operands, and its gradients are the other two.
#pragma once

#include <string_view>

#include "core/dispatch.hpp"
#include "kernels/convolution.hpp"
#include "xtape/convolution.hpp"

namespace xtape::detail {

/// A convolution from images to outputs, and whether they have a dim for the batch.
struct ConvShape {
  kernels::Convolution c;
  bool batched;

  Shape images() const;   // (N, C, H, W)
  Shape outputs() const;  // (N, out, oH, oW)
  Shape weight() const;   // (out, C / groups, kH, kW)
};

// Unchecked, recorded; each of the three is defined in its op's file.

/// Outputs of images; the bias may be undefined.
Tensor convolve(const ConvShape& s, const Tensor& x, const Tensor& weight, const Tensor& bias = {});
/// Images of outputs.
Tensor convolve_transposed(const ConvShape& s, const Tensor& y, const Tensor& weight, const Tensor& bias = {});
/// The weight's gradient from images and a gradient of outputs.
Tensor convolve_weight(const ConvShape& s, const Tensor& x, const Tensor& gy);
/// The bias' gradient: the sum over all but the channels.
Tensor convolve_bias(const Tensor& gy);

/// What the checks of both ops know of a call. `in` and `out` are the numbers of channels.
struct ConvCall {
  std::string_view op;
  const Tensor &x, &bias;
  std::int64_t in, out;
};

/// DTypeError unless all are of one floating dtype, ShapeError unless the weight has four dims and some taps.
void check_conv_operands(std::string_view op, const Tensor& x, const Tensor& weight, const Tensor& bias,
                         const char* weight_shape);
/// ShapeError unless x has `in` channels and the bias `out` elements.
void check_conv_shapes(const ConvCall& call);
/// ValueError unless each is at least `least`, and not huge.
void check_conv_size(std::string_view op, const char* what, Size2d size, std::int64_t least);
/// ValueError if the padding is "same" and the stride is not 1.
void check_same_padding(std::string_view op, const Padding2d& padding, Size2d stride);
/// ValueError unless groups are positive and divide the channels.
void check_conv_groups(std::string_view op, std::int64_t groups, const char* what, std::int64_t channels);

}  // namespace xtape::detail
