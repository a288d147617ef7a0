#include "xtape/nn/pooling.hpp"

#include <fmt/format.h>

#include "nn/repr.hpp"
#include "ops/pooling.hpp"

namespace xtape::nn {

MaxPool2d::MaxPool2d(Size2d kernel_size, MaxPool2dOptions options) : kernel_size_(kernel_size), options_(options) {
  auto& [stride, padding, dilation, ceil_mode] = options_;
  xtape::detail::check_windows("MaxPool2d", kernel_size, stride, padding, dilation);
}
MaxPool2d::~MaxPool2d() = default;
Tensor MaxPool2d::forward(const Tensor& x) const { return max_pool2d(x, kernel_size_, options_); }
std::string MaxPool2d::extra_repr() const {
  const auto& [stride, padding, dilation, ceil_mode] = options_;
  return fmt::format("kernel_size={}, stride={}, padding={}, dilation={}, ceil_mode={}", repr(kernel_size_),
                     repr(stride), repr(padding), repr(dilation), repr(ceil_mode));
}

AvgPool2d::AvgPool2d(Size2d kernel_size, AvgPool2dOptions options) : kernel_size_(kernel_size), options_(options) {
  xtape::detail::check_windows("AvgPool2d", kernel_size, options_.stride, options_.padding, 1);
}
AvgPool2d::~AvgPool2d() = default;
Tensor AvgPool2d::forward(const Tensor& x) const { return avg_pool2d(x, kernel_size_, options_); }
std::string AvgPool2d::extra_repr() const {
  return fmt::format("kernel_size={}, stride={}, padding={}", repr(kernel_size_), repr(options_.stride),
                     repr(options_.padding));
}

AdaptiveAvgPool2d::AdaptiveAvgPool2d(Size2d output_size) : output_size_(output_size) {
  xtape::detail::check_output_size("AdaptiveAvgPool2d", output_size);
}
AdaptiveAvgPool2d::~AdaptiveAvgPool2d() = default;
Tensor AdaptiveAvgPool2d::forward(const Tensor& x) const { return adaptive_avg_pool2d(x, output_size_); }
std::string AdaptiveAvgPool2d::extra_repr() const { return fmt::format("output_size={}", repr(output_size_)); }

}  // namespace xtape::nn
