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

std::string parameter_not_finite(const nn::Module& model) {
  for (const NamedTensor& p : model.named_parameters()) {
    if (!p.tensor.requires_grad()) continue;
    const double largest = visit_floating(p.tensor.dtype(), [&p]<class T>() {
      return kernels::largest_magnitude(xtape::detail::elements<T>(p.tensor), p.tensor.numel());
    });
    if (!std::isfinite(largest)) return p.name;
  }
  return "";
}

}  // namespace xtape::train
