#include "train/weights.hpp"

#include <cmath>
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "kernels/vector_norm.hpp"
#include "xtape/autograd.hpp"

namespace xtape::train {

TensorsCopy::TensorsCopy(std::vector<Tensor> tensors) : tensors_(std::move(tensors)) {
  for (const Tensor& t : tensors_) copies_.push_back(xtape::detail::copy_of(t));
}

void TensorsCopy::take() const {
  NoGradGuard no_grad;
  for (std::size_t i = 0; i < tensors_.size(); ++i) copies_[i].copy_(tensors_[i]);
}

void TensorsCopy::bring_back() const noexcept {
  NoGradGuard no_grad;
  for (std::size_t i = 0; i < tensors_.size(); ++i) tensors_[i].copy_(copies_[i]);
}

const Tensor& TensorsCopy::copy_of(const Tensor& tensor) const {
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    if (tensors_[i].impl() == tensor.impl()) return copies_[i];
  }
  fail<ValueError>("fit", "the model has got other parameters or buffers since training began");
}

std::vector<Tensor> weights_of(const nn::Module& model) {
  std::vector<Tensor> weights = model.parameters();
  for (Tensor& buffer : model.buffers()) weights.push_back(std::move(buffer));
  return weights;
}

namespace {
bool is_finite(const Tensor& x) {
  return visit_floating(x.dtype(), [&x]<class T>() {
    return std::isfinite(kernels::largest_magnitude(xtape::detail::elements<T>(x), x.numel()));
  });
}
}  // namespace

std::string parameter_not_finite(const nn::Module& model) {
  for (const NamedTensor& p : model.named_parameters()) {
    if (p.tensor.requires_grad() && !is_finite(p.tensor)) return p.name;
  }
  return "";
}

std::string buffer_not_finite(const nn::Module& model) {
  for (const NamedTensor& b : model.named_buffers()) {
    if (is_floating(b.tensor.dtype()) && !is_finite(b.tensor)) return b.name;
  }
  return "";
}

}  // namespace xtape::train
