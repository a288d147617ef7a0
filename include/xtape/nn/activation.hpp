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
