// Sequential: layers applied one after the other. An entry is a module or a plain function; each takes one index.
#pragma once

#include <concepts>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

#include "xtape/nn/module.hpp"

namespace xtape::nn {

namespace detail {
template <class F>
class FunctionModule final : public Module {
 public:
  explicit FunctionModule(F f) : f_(std::move(f)) {}
  Tensor forward(const Tensor& x) const override { return f_(x); }

 private:
  F f_;
};
}  // namespace detail

/// What a Sequential takes: a module, or a function from Tensor to Tensor.
template <class L>
concept Layer = std::derived_from<std::decay_t<L>, Module> ||
    (std::copy_constructible<std::decay_t<L>>&& requires(const std::decay_t<L>& f, const Tensor& x) {
      { f(x) } -> std::same_as<Tensor>;
    });

/// Always write it with braces, `Sequential{Linear(2, 32), relu, Linear(32, 3)}`: in parentheses a compiler may build
/// the layers in another order, and the same seed would give other weights. Nest with append, since one Sequential
/// inside braces is a copy of it.
class XTAPE_API Sequential : public Module {
 public:
  Sequential() = default;
  template <Layer... L>
    requires(sizeof...(L) > 1 || (sizeof...(L) == 1 && !(std::derived_from<std::decay_t<L>, Sequential> && ...)))
  explicit Sequential(L&&... layers) { (append(std::forward<L>(layers)), ...); }
  ~Sequential() override;

  template <Layer L>
  Sequential& append(L&& layer) {
    register_module(name_of(size()), as_module(std::forward<L>(layer)));
    return *this;
  }
  /// Puts `layer` in the place of layer i. IndexError outside [0, size).
  template <Layer L>
  Sequential& replace(std::size_t i, L&& layer) {
    (*this)[i];  // checks i
    (void)replace_module(name_of(i), as_module(std::forward<L>(layer)));
    return *this;
  }

  std::size_t size() const;
  /// IndexError outside [0, size).
  const Module& operator[](std::size_t i) const;
  Tensor forward(const Tensor& x) const override;

 private:
  static std::string name_of(std::size_t i);
  template <class L>
  static auto as_module(L&& layer) {
    using M = std::decay_t<L>;
    if constexpr (std::derived_from<M, Module>) {
      static_assert(detail::takes_one_input<M>(), "a layer of a Sequential takes one input");
      return M(std::forward<L>(layer));
    } else {
      return detail::FunctionModule<M>(std::forward<L>(layer));
    }
  }
};

}  // namespace xtape::nn
