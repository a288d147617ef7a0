// Parameter and Buffer: members that refer to a tensor which their module has registered, and the scope in which
// copying them copies the tensor, too.
#pragma once

#include "xtape/tensor.hpp"

namespace xtape::nn {

namespace detail {

/// Inside a CloneScope the copy constructors of Module, Parameter and Buffer copy deeply, each original once: ties
/// survive and nothing is shared with the original.
class XTAPE_API CloneScope {
 public:
  CloneScope();
  ~CloneScope();
  CloneScope(const CloneScope&) = delete;
  CloneScope& operator=(const CloneScope&) = delete;

 private:
  struct Copies* previous_;
};
/// The tensor itself, or its copy inside a CloneScope.
XTAPE_API Tensor share_or_clone(const Tensor& tensor);

/// A member that refers to a tensor which its module has registered.
template <int kind>
class RegisteredTensor : public Tensor {
 public:
  RegisteredTensor() = default;
  explicit RegisteredTensor(const Tensor& registered) : Tensor(registered) {}
  RegisteredTensor(const RegisteredTensor& other) : Tensor(share_or_clone(static_cast<const Tensor&>(other))) {}
  /// As with a module, a moved-from one still refers to its tensor.
  RegisteredTensor(RegisteredTensor&& other) noexcept : Tensor(static_cast<const Tensor&>(other)) {}
  /// For the assignment of a whole module. Alone it would leave the module with its own tensor.
  RegisteredTensor& operator=(const RegisteredTensor&) & = default;
  /// Chosen for `a.weight = b.weight`, after which the module of `a` would still have its own tensor registered. The
  /// compiler's error shows the line with the hint.
  RegisteredTensor& operator=(RegisteredTensor&) = delete;  // a tie: register_parameter(name, other.weight)
  /// Assigning another tensor would not change the registered one: write into it with copy_ instead.
  RegisteredTensor& operator=(const Tensor&) = delete;
  /// In place, or an error: the member never refers to another tensor afterwards.
  template <class B>
  Tensor operator+=(const B& b) const {
    return static_cast<const Tensor&>(*this) += b;
  }
  template <class B>
  Tensor operator-=(const B& b) const {
    return static_cast<const Tensor&>(*this) -= b;
  }
  template <class B>
  Tensor operator*=(const B& b) const {
    return static_cast<const Tensor&>(*this) *= b;
  }
  template <class B>
  Tensor operator/=(const B& b) const {
    return static_cast<const Tensor&>(*this) /= b;
  }
  ~RegisteredTensor() = default;
};

}  // namespace detail

/// A tensor that the optimizer trains; made by Module::register_parameter. (A plain Tensor member would still refer to
/// the original after clone.)
using Parameter = detail::RegisteredTensor<0>;
/// A tensor that belongs to the module's state but is not trained; made by Module::register_buffer.
using Buffer = detail::RegisteredTensor<1>;

}  // namespace xtape::nn
