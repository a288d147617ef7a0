// Parameter and Buffer: members that refer to a tensor which their module has registered, and the scope in which
// copying them copies the tensor, too. They are assigned with their whole module only: alone, the module would keep
// the old tensor registered.
#pragma once

#include <memory>

#include "xtape/tensor.hpp"

namespace xtape::nn {

class Module;

namespace detail {

struct ModuleState;

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

/// What Parameter and Buffer have in common, compiled once.
class XTAPE_API Registered : public Tensor {
 protected:
  Registered();
  Registered(const Tensor& tensor, const std::shared_ptr<ModuleState>& owner);
  Registered(const Registered& other);
  /// As with a module, a moved-from one still refers to its tensor.
  Registered(Registered&& other) noexcept;
  /// ValueError for `a.weight = std::move(b.weight)` and the like.
  Registered& operator=(const Registered& other) &;
  ~Registered();

 private:
  std::weak_ptr<ModuleState> owner_;  // where the tensor is registered, or where the name is that has no tensor
};

/// A member that refers to a tensor which its module has registered.
template <int kind>
class RegisteredTensor : public Registered {
 public:
  RegisteredTensor() = default;
  /// Would be registered in no module.
  explicit RegisteredTensor(const Tensor&) = delete;  // register_parameter(name, tensor), register_buffer(name, tensor)
  RegisteredTensor(const RegisteredTensor&) = default;
  RegisteredTensor(RegisteredTensor&&) noexcept = default;
  /// Assigns as a part of the assignment of the whole module, and what register_parameter returns to a member that has
  /// no tensor yet.
  RegisteredTensor& operator=(const RegisteredTensor& other) & {
    Registered::operator=(other);
    return *this;
  }
  /// Chosen for `a.weight = b.weight`. The compiler's error shows the line with the hint.
  RegisteredTensor& operator=(RegisteredTensor&) = delete;  // a tie: register_parameter(name, other.weight)
  /// Assigning another tensor would not change the registered one: write into it with copy_ instead.
  RegisteredTensor& operator=(const Tensor&) = delete;
  /// Both modules would keep their own tensors: swap the modules, or the values.
  friend void swap(RegisteredTensor&, RegisteredTensor&) = delete;
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

 private:
  friend class nn::Module;
  RegisteredTensor(const Tensor& tensor, const std::shared_ptr<ModuleState>& owner) : Registered(tensor, owner) {}
};

}  // namespace detail

/// A tensor that the optimizer trains; made by Module::register_parameter. (A plain Tensor member would still refer to
/// the original after clone.)
using Parameter = detail::RegisteredTensor<0>;
/// A tensor that belongs to the module's state but is not trained; made by Module::register_buffer.
using Buffer = detail::RegisteredTensor<1>;

}  // namespace xtape::nn
