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
template <class M, bool no_throw, std::same_as<const Tensor&>... X>
  requires(sizeof...(X) >= 1 && sizeof...(X) <= 3)
inline constexpr int inputs_of<Tensor (M::*)(X...) noexcept(no_throw)> = sizeof...(X);
template <class M, bool no_throw, std::same_as<const Tensor&>... X>
  requires(sizeof...(X) >= 1 && sizeof...(X) <= 3)
inline constexpr int inputs_of<Tensor (M::*)(X...) const noexcept(no_throw)> = sizeof...(X);

/// M has one public forward, not overloaded, whose type can be inspected.
template <class M>
concept HasOneForward = requires {
  &M::forward;
};

/// M's public forward is a template, which overrides nothing.
template <class M>
concept HasForwardTemplate = requires {
  &M::template forward<Tensor>;
};

template <class M, class... X>
concept CallsForward = requires(M& m, X... x) {
  m.forward(x...);
};

/// Among M's public forwards is one with these inputs.
template <class M, class... X>
concept OverridesForward = requires {
  static_cast<Tensor (M::*)(X...)>(&M::forward);
}
|| requires { static_cast<Tensor (M::*)(X...) const>(&M::forward); };

/// False where none of the public forwards of M's own overrides one of Module's.
template <class M>
constexpr bool forward_fits() {
  using X = const Tensor&;
  if constexpr (HasOneForward<M>) {
    return inputs_of<decltype(&M::forward)> != 0;
  } else if constexpr (HasForwardTemplate<M>) {
    return false;
  } else if constexpr (CallsForward<M, X> || CallsForward<M, X, X> || CallsForward<M, X, X, X>) {
    return OverridesForward<M, X> || OverridesForward<M, X, X> || OverridesForward<M, X, X, X>;
  } else {
    return true;
  }
}

/// For every template that takes a module.
template <class M>
constexpr void check_forward() {
  static_assert(forward_fits<M>(),
                "forward must be `Tensor forward(const Tensor& x)`, of one to three such inputs, const or not");
}

/// False for a forward of several inputs, and for a user-defined operator() that does not take a single tensor. (True
/// for a forward that check_forward refuses: one error is enough.)
template <class M>
constexpr bool takes_one_input() {
  if constexpr (!forward_fits<M>()) return true;
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

/// `inputs` with the first replaced by x; none where x is undefined.
XTAPE_API std::vector<Tensor> with_first(const std::vector<Tensor>& inputs, const Tensor& x);

/// From hook(module, inputs), or from hook(module, x) for the first input alone.
template <class F>
PreHook pre_hook(F hook) {
  if constexpr (std::is_invocable_v<F&, const Module&, const Tensor&>) {
    auto replace = xtape::detail::returning<Tensor, const Module&, const Tensor&>(std::move(hook));
    if (!replace) return {};
    return [replace](const Module& module, const std::vector<Tensor>& inputs) {
      return with_first(inputs, replace(module, inputs.front()));
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
