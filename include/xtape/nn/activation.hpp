// The activations as layers: each is the op of the same name.
#pragma once

#include <cstdint>

#include "xtape/nn/module.hpp"
#include "xtape/ops.hpp"

namespace xtape::nn {

class XTAPE_API ReLU : public Module {
 public:
  ~ReLU() override;
  Tensor forward(const Tensor& x) const override;
};

/// See xtape::leaky_relu.
class XTAPE_API LeakyReLU : public Module {
 public:
  explicit LeakyReLU(double negative_slope = 0.01);
  ~LeakyReLU() override;
  Tensor forward(const Tensor& x) const override;
  std::string extra_repr() const override;

 private:
  double negative_slope_;
};

/// See xtape::gelu.
class XTAPE_API GELU : public Module {
 public:
  explicit GELU(GELUApproximate approximate = GELUApproximate::none);
  ~GELU() override;
  Tensor forward(const Tensor& x) const override;
  std::string extra_repr() const override;

 private:
  GELUApproximate approximate_;
};

/// See xtape::silu.
class XTAPE_API SiLU : public Module {
 public:
  ~SiLU() override;
  Tensor forward(const Tensor& x) const override;
};

/// See xtape::mish.
class XTAPE_API Mish : public Module {
 public:
  ~Mish() override;
  Tensor forward(const Tensor& x) const override;
};

/// See xtape::elu.
class XTAPE_API ELU : public Module {
 public:
  explicit ELU(double alpha = 1.0);
  ~ELU() override;
  Tensor forward(const Tensor& x) const override;
  std::string extra_repr() const override;

 private:
  double alpha_;
};

/// See xtape::selu.
class XTAPE_API SELU : public Module {
 public:
  ~SELU() override;
  Tensor forward(const Tensor& x) const override;
};

/// See xtape::softplus.
class XTAPE_API Softplus : public Module {
 public:
  explicit Softplus(double beta = 1.0, double threshold = 20.0);
  ~Softplus() override;
  Tensor forward(const Tensor& x) const override;
  std::string extra_repr() const override;

 private:
  double beta_, threshold_;
};

/// See xtape::logsigmoid.
class XTAPE_API LogSigmoid : public Module {
 public:
  ~LogSigmoid() override;
  Tensor forward(const Tensor& x) const override;
};

/// See xtape::hardtanh.
class XTAPE_API Hardtanh : public Module {
 public:
  explicit Hardtanh(double min_val = -1.0, double max_val = 1.0);
  ~Hardtanh() override;
  Tensor forward(const Tensor& x) const override;
  std::string extra_repr() const override;

 private:
  double min_val_, max_val_;
};

/// See xtape::relu6.
class XTAPE_API ReLU6 : public Module {
 public:
  ~ReLU6() override;
  Tensor forward(const Tensor& x) const override;
};

class XTAPE_API Sigmoid : public Module {
 public:
  ~Sigmoid() override;
  Tensor forward(const Tensor& x) const override;
};

class XTAPE_API Tanh : public Module {
 public:
  ~Tanh() override;
  Tensor forward(const Tensor& x) const override;
};

class XTAPE_API Softmax : public Module {
 public:
  explicit Softmax(std::int64_t dim);
  ~Softmax() override;
  Tensor forward(const Tensor& x) const override;
  std::string extra_repr() const override;

 private:
  std::int64_t dim_;
};

class XTAPE_API LogSoftmax : public Module {
 public:
  explicit LogSoftmax(std::int64_t dim);
  ~LogSoftmax() override;
  Tensor forward(const Tensor& x) const override;
  std::string extra_repr() const override;

 private:
  std::int64_t dim_;
};

}  // namespace xtape::nn
