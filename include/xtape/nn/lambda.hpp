// Functions as modules: Lambda, and what a Sequential or ModuleList takes as a layer.
#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

#include "xtape/nn/module.hpp"

namespace xtape::nn {

/// A function from Tensor to Tensor.
template <class F>
concept LayerFunction =
    !std::derived_from<F, Module> && std::copy_constructible<F> && requires(const F& f, const Tensor& x) {
  { f(x) } -> std::same_as<Tensor>;
};

/// What a Sequential takes: a module, or a function from Tensor to Tensor.
template <class L>
concept Layer = std::derived_from<std::decay_t<L>, Module> || LayerFunction<std::decay_t<L>>;

namespace detail {

template <class F>
class FunctionModule final : public Module {
 public:
  explicit FunctionModule(F f) : f_(std::move(f)) {}
  Tensor forward(const Tensor& x) const override { return f_(x); }

 private:
  F f_;
};

/// Holds the layer as a module of its own type. The caller owns the holder.
template <Layer L>
ModuleHolder* hold(L&& layer) {
  using M = std::decay_t<L>;
  if constexpr (std::derived_from<M, Module>) {
    return new HolderOf<M>(layer);
  } else {
    return new HolderOf<FunctionModule<M>>(FunctionModule<M>(std::forward<L>(layer)));
  }
}

}  // namespace detail

/// A function as a module, of the same type whatever the function captures, so that it can be a member:
/// `nn::Lambda half = register_module("half", nn::Lambda([s](const Tensor& x) { return s * x; }));`. A clone gets a
/// copy of what the function captures by value.
class XTAPE_API Lambda : public Module {
 public:
  template <LayerFunction F>
  explicit Lambda(F f) : Lambda(detail::hold(std::move(f))) {}
  Lambda(const Lambda& other);
  Lambda(Lambda&& other) noexcept;
  Lambda& operator=(const Lambda& other);
  ~Lambda() override;
  Tensor forward(const Tensor& x) const override;

 private:
  explicit Lambda(detail::ModuleHolder* function);
  explicit Lambda(std::shared_ptr<detail::ModuleHolder> function);

  std::shared_ptr<detail::ModuleHolder> function_;
};

}  // namespace xtape::nn
