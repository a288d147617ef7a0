// Convolutions of images and their transposes.
#pragma once

#include <concepts>
#include <cstdint>

#include "xtape/export.hpp"
#include "xtape/size2d.hpp"
#include "xtape/tensor.hpp"

namespace xtape {

/// A padding: a size, "valid" (none) or "same" (as much as keeps the size; at the bottom and on the right one more
/// where it is odd).
struct XTAPE_API Padding2d {
  Size2d size;
  bool same = false;

  constexpr Padding2d() = default;
  constexpr Padding2d(Size2d padding) : size(padding) {}  // NOLINT: implicit
  template <std::integral T>
  constexpr Padding2d(T both) : size(both) {}  // NOLINT: implicit
  template <std::integral H, std::integral W>
  constexpr Padding2d(H height, W width) : size(height, width) {}
  /// ValueError unless "same" or "valid".
  Padding2d(const char* name);  // NOLINT: implicit
};

struct Conv2dOptions {
  Size2d stride = 1;
  Padding2d padding = 0;  ///< zeros on each side
  Size2d dilation = 1;    ///< from one tap of the kernel to the next
  std::int64_t groups = 1;
};

/// x (N, C, H, W) or (C, H, W), weight (out, C / groups, kH, kW), bias (out) or undefined -> (N, out, oH, oW) or
/// (out, oH, oW), oH = (H + 2 padding - dilation (kH - 1) - 1) / stride + 1, rounded down. All have one floating dtype
/// (DTypeError). ShapeError for shapes that do not fit and a kernel larger than the padded image, ValueError for
/// options outside their range.
///
/// Large 3 x 3 convolutions of float32 with stride 1 round differently from the sum of products: by up to 2e-6 of the
/// largest result, also where the weight of a window's largest pixel is 0, and not always the same for an image alone
/// and in a batch.
XTAPE_API Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, Conv2dOptions options = {});
/// The same without a bias. (A template, so that `conv2d(x, weight, {})` is not ambiguous.)
template <std::same_as<Conv2dOptions> Options = Conv2dOptions>
Tensor conv2d(const Tensor& x, const Tensor& weight, Options options) {
  return conv2d(x, weight, Tensor(), options);
}
template <std::integral... N>
Tensor conv2d(const Tensor&, const Tensor&, const Tensor&, N...) = delete;  // give options in braces: {.padding = 1}

struct ConvTranspose2dOptions {
  Size2d stride = 1;
  Size2d padding = 0;         ///< rows and columns left out on each side
  Size2d output_padding = 0;  ///< more of them at the bottom and on the right; less than the stride or the dilation
  std::int64_t groups = 1;
  Size2d dilation = 1;
};

/// The transpose of conv2d, by which the gradient of its image is computed. x (N, C, H, W) or (C, H, W), weight
/// (C, out / groups, kH, kW), bias (out) or undefined -> (N, out, oH, oW) or (out, oH, oW),
/// oH = (H - 1) stride - 2 padding + dilation (kH - 1) + output_padding + 1. Errors as for conv2d. An element of the
/// weight that is NaN or infinite may also make outputs near those that it reaches NaN, which in PyTorch it does not.
XTAPE_API Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {},
                                  ConvTranspose2dOptions options = {});
/// The same without a bias.
template <std::same_as<ConvTranspose2dOptions> Options = ConvTranspose2dOptions>
Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, Options options) {
  return conv_transpose2d(x, weight, Tensor(), options);
}
template <std::integral... N>
Tensor conv_transpose2d(const Tensor&, const Tensor&, const Tensor&, N...) = delete;  // give options in braces

}  // namespace xtape
