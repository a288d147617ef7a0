// Pooling layers: the maximum or the mean of each window of an image. x (N, C, H, W) or (C, H, W); see
// xtape/pooling.hpp.
#pragma once

#include "xtape/nn/module.hpp"
#include "xtape/pooling.hpp"

namespace xtape::nn {

/// See xtape::max_pool2d.
class XTAPE_API MaxPool2d : public Module {
 public:
  /// ValueError for a size outside its range.
  explicit MaxPool2d(Size2d kernel_size, MaxPool2dOptions options = {});  // in braces: {.stride = 2, .padding = 1}
  ~MaxPool2d() override;
  Tensor forward(const Tensor& x) const override;
  std::string extra_repr() const override;

 private:
  Size2d kernel_size_;
  MaxPool2dOptions options_;
};

/// See xtape::avg_pool2d.
class XTAPE_API AvgPool2d : public Module {
 public:
  /// ValueError for a size outside its range.
  explicit AvgPool2d(Size2d kernel_size, AvgPool2dOptions options = {});  // in braces: {.stride = 2, .padding = 1}
  ~AvgPool2d() override;
  Tensor forward(const Tensor& x) const override;
  std::string extra_repr() const override;

 private:
  Size2d kernel_size_;
  AvgPool2dOptions options_;
};

/// See xtape::adaptive_avg_pool2d: AdaptiveAvgPool2d(1) is the mean of each channel, (N, C, H, W) -> (N, C, 1, 1).
class XTAPE_API AdaptiveAvgPool2d : public Module {
 public:
  /// ValueError for a negative size.
  explicit AdaptiveAvgPool2d(Size2d output_size);
  ~AdaptiveAvgPool2d() override;
  Tensor forward(const Tensor& x) const override;
  std::string extra_repr() const override;

 private:
  Size2d output_size_;
};

}  // namespace xtape::nn
