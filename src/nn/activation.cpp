#include "xtape/nn/activation.hpp"

#include <fmt/format.h>

#include "nn/repr.hpp"

namespace xtape::nn {

ReLU::~ReLU() = default;
Tensor ReLU::forward(const Tensor& x) const { return relu(x); }

LeakyReLU::LeakyReLU(double negative_slope) : negative_slope_(negative_slope) {}
LeakyReLU::~LeakyReLU() = default;
Tensor LeakyReLU::forward(const Tensor& x) const { return leaky_relu(x, negative_slope_); }
std::string LeakyReLU::extra_repr() const { return "negative_slope=" + repr(negative_slope_); }

GELU::GELU(GELUApproximate approximate) : approximate_(approximate) {}
GELU::~GELU() = default;
Tensor GELU::forward(const Tensor& x) const { return gelu(x, approximate_); }
std::string GELU::extra_repr() const {
  return fmt::format("approximate='{}'", approximate_ == GELUApproximate::tanh ? "tanh" : "none");
}

SiLU::~SiLU() = default;
Tensor SiLU::forward(const Tensor& x) const { return silu(x); }

Mish::~Mish() = default;
Tensor Mish::forward(const Tensor& x) const { return mish(x); }

ELU::ELU(double alpha) : alpha_(alpha) {}
ELU::~ELU() = default;
Tensor ELU::forward(const Tensor& x) const { return elu(x, alpha_); }
std::string ELU::extra_repr() const { return "alpha=" + repr(alpha_); }

SELU::~SELU() = default;
Tensor SELU::forward(const Tensor& x) const { return selu(x); }

Softplus::Softplus(double beta, double threshold) : beta_(beta), threshold_(threshold) {}
Softplus::~Softplus() = default;
Tensor Softplus::forward(const Tensor& x) const { return softplus(x, beta_, threshold_); }
std::string Softplus::extra_repr() const { return fmt::format("beta={}, threshold={}", repr(beta_), repr(threshold_)); }

LogSigmoid::~LogSigmoid() = default;
Tensor LogSigmoid::forward(const Tensor& x) const { return logsigmoid(x); }

Hardtanh::Hardtanh(double min_val, double max_val) : min_val_(min_val), max_val_(max_val) {}
Hardtanh::~Hardtanh() = default;
Tensor Hardtanh::forward(const Tensor& x) const { return hardtanh(x, min_val_, max_val_); }
std::string Hardtanh::extra_repr() const {
  return fmt::format("min_val={}, max_val={}", repr(min_val_), repr(max_val_));
}

ReLU6::~ReLU6() = default;
Tensor ReLU6::forward(const Tensor& x) const { return relu6(x); }

Sigmoid::~Sigmoid() = default;
Tensor Sigmoid::forward(const Tensor& x) const { return sigmoid(x); }

Tanh::~Tanh() = default;
Tensor Tanh::forward(const Tensor& x) const { return tanh(x); }

Softmax::Softmax(std::int64_t dim) : dim_(dim) {}
Softmax::~Softmax() = default;
Tensor Softmax::forward(const Tensor& x) const { return softmax(x, dim_); }
std::string Softmax::extra_repr() const { return fmt::format("dim={}", dim_); }

LogSoftmax::LogSoftmax(std::int64_t dim) : dim_(dim) {}
LogSoftmax::~LogSoftmax() = default;
Tensor LogSoftmax::forward(const Tensor& x) const { return log_softmax(x, dim_); }
std::string LogSoftmax::extra_repr() const { return fmt::format("dim={}", dim_); }

}  // namespace xtape::nn
