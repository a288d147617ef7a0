// Copies of a model's weights: the best ones of a run, which can be brought back at any time.
#pragma once

#include <string>
#include <vector>

#include "xtape/nn/module.hpp"

namespace xtape::train {

/// A copy of tensors that are written in place, taken as often as one likes into the same memory.
class TensorsCopy {
 public:
  explicit TensorsCopy(std::vector<Tensor> tensors);
  void take() const;
  /// Needs no memory, so that it may be called while an exception passes.
  void bring_back() const noexcept;
  /// Where the copy of `tensor` is kept. ValueError if it is not one of the tensors.
  const Tensor& copy_of(const Tensor& tensor) const;

 private:
  std::vector<Tensor> tensors_, copies_;
};

/// The model's parameters and buffers.
std::vector<Tensor> weights_of(const nn::Module& model);

/// The name of the first parameter that requires grad and has an element that is not finite; "" if there is none.
std::string parameter_not_finite(const nn::Module& model);
/// So too of the floating buffers.
std::string buffer_not_finite(const nn::Module& model);

}  // namespace xtape::train
