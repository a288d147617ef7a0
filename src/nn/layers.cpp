#include "xtape/nn/layers.hpp"

#include <cmath>

#include "core/fail.hpp"
#include "xtape/random.hpp"

namespace xtape::nn {

namespace {

Tensor uniform(const Shape& shape, double bound) { return rand(shape) * (2 * bound) - bound; }

std::int64_t checked_extent(const char* what, std::int64_t extent) {
  if (extent < 0) fail<ValueError>("Linear", "{} is {}, it must not be negative", what, extent);
  return extent;
}

}  // namespace

Linear::Linear(std::int64_t in_features, std::int64_t out_features, LinearOptions options) {
  const double in = static_cast<double>(checked_extent("in_features", in_features));
  const double bound = in > 0 ? 1 / std::sqrt(in) : 0;
  checked_extent("out_features", out_features);
  weight = register_parameter("weight", uniform({out_features, in_features}, bound));
  bias = register_parameter("bias", options.bias ? uniform({out_features}, bound) : Tensor());
}
Linear::~Linear() = default;
Tensor Linear::forward(const Tensor& x) const { return linear(x, weight, bias); }

ReLU::~ReLU() = default;
Tensor ReLU::forward(const Tensor& x) const { return relu(x); }

Dropout::Dropout(double p) : p_(p) {
  if (!(p >= 0 && p <= 1)) fail<ValueError>("Dropout", "p is {}, it must lie in [0, 1]", p);
}
Dropout::~Dropout() = default;
Tensor Dropout::forward(const Tensor& x) const { return dropout(x, p_, is_training()); }

Flatten::Flatten(std::int64_t start_dim, std::int64_t end_dim) : start_dim_(start_dim), end_dim_(end_dim) {}
Flatten::~Flatten() = default;
Tensor Flatten::forward(const Tensor& x) const { return flatten(x, start_dim_, end_dim_); }

Softmax::Softmax(std::int64_t dim) : dim_(dim) {}
Softmax::~Softmax() = default;
Tensor Softmax::forward(const Tensor& x) const { return softmax(x, dim_); }

LogSoftmax::LogSoftmax(std::int64_t dim) : dim_(dim) {}
LogSoftmax::~LogSoftmax() = default;
Tensor LogSoftmax::forward(const Tensor& x) const { return log_softmax(x, dim_); }

}  // namespace xtape::nn
