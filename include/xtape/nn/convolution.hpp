// Layers that convolve images. Names, shapes and initial distributions of parameters are PyTorch's.
#pragma once

#include <concepts>
#include <cstdint>

#include "xtape/convolution.hpp"
#include "xtape/nn/module.hpp"

namespace xtape::nn {

struct Conv2dOptions {
  Size2d stride = 1;
  Padding2d padding = 0;  ///< zeros on each side; or "same", with a stride of 1; or "valid"
  Size2d dilation = 1;
  std::int64_t groups = 1;
  bool bias = true;
};

/// See xtape::conv2d. weight (out, in / groups, kH, kW), then bias (out), both from U(-k, k) with k = 1 / sqrt(fan_in),
/// fan_in = in / groups kH kW. ValueError for options outside their range and groups that do not divide both numbers of
/// channels; from forward, ShapeError when x does not have `in_channels`.
class XTAPE_API Conv2d : public Module {
 public:
  Conv2d(std::int64_t in_channels, std::int64_t out_channels, Size2d kernel_size, Conv2dOptions options = {});
  template <std::integral... N>
  Conv2d(std::int64_t, std::int64_t, Size2d, N...) = delete;  // give options in braces: {.stride = 1, .padding = 1}
  ~Conv2d() override;
  Tensor forward(const Tensor& x) const override;
  std::string extra_repr() const override;

  Parameter weight;
  Parameter bias;  ///< undefined without a bias

 private:
  xtape::Conv2dOptions options_;
};

struct ConvTranspose2dOptions {
  Size2d stride = 1;
  Size2d padding = 0;
  Size2d output_padding = 0;
  std::int64_t groups = 1;
  bool bias = true;
  Size2d dilation = 1;
};

/// See xtape::conv_transpose2d. weight (in, out / groups, kH, kW), then bias (out), both from U(-k, k) with
/// k = 1 / sqrt(out / groups kH kW). Errors as of Conv2d.
class XTAPE_API ConvTranspose2d : public Module {
 public:
  ConvTranspose2d(std::int64_t in_channels, std::int64_t out_channels, Size2d kernel_size,
                  ConvTranspose2dOptions options = {});
  template <std::integral... N>
  ConvTranspose2d(std::int64_t, std::int64_t, Size2d, N...) = delete;  // give options in braces: {.stride = 2}
  ~ConvTranspose2d() override;
  Tensor forward(const Tensor& x) const override;
  std::string extra_repr() const override;

  Parameter weight;
  Parameter bias;  ///< undefined without a bias

 private:
  xtape::ConvTranspose2dOptions options_;
};

}  // namespace xtape::nn
