// The signatures of a module's forward and hooks. A forward is checked at compile time wherever the module's type is
// known; a hook is converted to the one form in which a module keeps it.
#pragma once

#include <concepts>
#include <type_traits>
#include <utility>
#include <vector>

#include "xtape/hooks.hpp"
#include "xtape/tensor.hpp"

namespace xtape::nn {

class Module;

namespace detail {

/// The number of inputs of a member function that overrides one of Module's forwards. 0 for any other: it would hide
/// them, and never be called.
template <class>
inline constexpr int inputs_of = 0;
template <class M, std::same_as<const Tensor&>... X>
  requires(sizeof...(X) >= 1 && sizeof...(X) <= 3)
inline constexpr int inputs_of<Tensor (M::*)(X...)> = sizeof...(X);
template <class M, std::same_as<const Tensor&>... X>
  requires(sizeof...(X) >= 1 && sizeof...(X) <= 3)
inline constexpr int inputs_of<Tensor (M::*)(X...) const> = sizeof...(X);

/// M has one public forward, not overloaded, whose type can be inspected.
template <class M>
concept HasOneForward = requires {
  &M::forward;
};

template <class M>
constexpr bool forward_fits() {
  if constexpr (HasOneForward<M>) {
    return inputs_of<decltype(&M::forward)> != 0;
  } else {
    return true;
  }
}

/// False for a forward of several inputs, and for a user-defined operator() that does not take a single tensor.
template <class M>
constexpr bool takes_one_input() {
  if constexpr (HasOneForward<M>) {
    if (inputs_of<decltype(&M::forward)> != 1) return false;
  }
  return requires(const M& m, const Tensor& x) { m(x); };
}

// ---- hooks -----------------------------------------------------------------------------------------------------

/// A pre-hook returns inputs to replace those given, or an empty vector. A hook returns an output to replace y, or an
/// undefined tensor.
using PreHook = Callback<std::vector<Tensor>(const Module&, const std::vector<Tensor>&)>;
using Hook = Callback<Tensor(const Module&, const std::vector<Tensor>&, const Tensor&)>;

/// From hook(module, inputs), or from hook(module, x) for the first input alone.
template <class F>
PreHook pre_hook(F hook) {
  if constexpr (std::is_invocable_v<F&, const Module&, const Tensor&>) {
    auto replace = xtape::detail::returning<Tensor, const Module&, const Tensor&>(std::move(hook));
    if (!replace) return {};
    return [replace](const Module& module, const std::vector<Tensor>& inputs) {
      std::vector<Tensor> replaced;
      if (Tensor x = replace(module, inputs.front()); x.defined()) {
        replaced = inputs;
        replaced.front() = std::move(x);
      }
      return replaced;
    };
  } else {
    return xtape::detail::returning<std::vector<Tensor>, const Module&, const std::vector<Tensor>&>(std::move(hook));
  }
}

/// From hook(module, inputs, y), or from hook(module, x, y) for the first input alone.
template <class F>
Hook forward_hook(F hook) {
  if constexpr (std::is_invocable_v<F&, const Module&, const Tensor&, const Tensor&>) {
    auto replace = xtape::detail::returning<Tensor, const Module&, const Tensor&, const Tensor&>(std::move(hook));
    if (!replace) return {};
    return [replace](const Module& module, const std::vector<Tensor>& inputs, const Tensor& y) {
      return replace(module, inputs.front(), y);
    };
  } else {
    return xtape::detail::returning<Tensor, const Module&, const std::vector<Tensor>&, const Tensor&>(std::move(hook));
  }
}

}  // namespace detail
}  // namespace xtape::nn
