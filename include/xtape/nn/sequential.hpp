// Sequential: layers applied one after the other. An entry is a module or a plain function; each takes one index.
#pragma once

#include <concepts>
#include <utility>

#include "xtape/nn/module_sequence.hpp"

namespace xtape::nn {

/// Always write it with braces, `Sequential{Linear(2, 32), relu, Linear(32, 3)}`: in parentheses a compiler may build
/// the layers in another order, and the same seed would give other weights. Nest with append, since one Sequential
/// inside braces is a copy of it.
class XTAPE_API Sequential : public ModuleSequence {
 public:
  Sequential() = default;
  template <Layer... L>
    requires(sizeof...(L) > 1 || (sizeof...(L) == 1 && !(std::derived_from<std::decay_t<L>, Sequential> && ...)))
  explicit Sequential(L&&... layers) { (append(std::forward<L>(layers)), ...); }
  ~Sequential() override;

  template <Layer L>
  Sequential& append(L&& layer) {
    check_inputs<std::decay_t<L>>();
    add_layer(detail::hold(std::forward<L>(layer)));
    return *this;
  }
  /// Puts `layer` in the place of layer i; negative: from the end. IndexError outside [-size, size).
  template <Layer L>
  Sequential& replace(std::int64_t i, L&& layer) {
    check_inputs<std::decay_t<L>>();
    replace_layer(i, detail::hold(std::forward<L>(layer)));
    return *this;
  }

  Tensor forward(const Tensor& x) const override;

 private:
  template <class L>
  static constexpr void check_inputs() {
    if constexpr (std::derived_from<L, Module>) {
      static_assert(detail::takes_one_input<L>(), "a layer of a Sequential takes one input");
    }
  }
};

}  // namespace xtape::nn
