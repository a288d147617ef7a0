// ModuleList: numbered modules that its owner calls one by one.
#pragma once

#include <concepts>
#include <utility>
#include <vector>

#include "xtape/nn/module_sequence.hpp"

namespace xtape::nn {

/// Registers its modules under "0", "1", ...; plain functions count, too. It has no forward:
///
///     struct Net : nn::Module {
///       nn::ModuleList layers = register_module("layers", nn::ModuleList{nn::Linear(4, 8), nn::Linear(8, 2)});
///       Tensor forward(const Tensor& x) const {
///         Tensor y = x;
///         for (const nn::Module& layer : layers) y = relu(layer(y));
///         return y;
///       }
///     };
///
/// Written with braces, as a Sequential; one ModuleList inside braces is a copy of it.
class XTAPE_API ModuleList : public ModuleSequence {
 public:
  ModuleList() = default;
  template <Layer... L>
    requires(sizeof...(L) > 1 || (sizeof...(L) == 1 && !(std::derived_from<std::decay_t<L>, ModuleList> && ...)))
  explicit ModuleList(L&&... layers) { (append(std::forward<L>(layers)), ...); }
  template <std::derived_from<Module> M>
  explicit ModuleList(const std::vector<M>& modules) {
    extend(modules);
  }
  ~ModuleList() override;

  template <Layer L>
  ModuleList& append(L&& layer) {
    add_layer(detail::hold(std::forward<L>(layer)));
    return *this;
  }
  template <std::derived_from<Module> M>
  ModuleList& extend(const std::vector<M>& modules) {
    for (const M& module : modules) append(module);
    return *this;
  }
  /// Puts `layer` in the place of module i; negative: from the end. IndexError outside [-size, size).
  template <Layer L>
  ModuleList& replace(std::int64_t i, L&& layer) {
    replace_layer(i, detail::hold(std::forward<L>(layer)));
    return *this;
  }

  template <class... X>
  void operator()(const X&...) const = delete;  // for (const nn::Module& layer : layers) x = layer(x);
};

}  // namespace xtape::nn
