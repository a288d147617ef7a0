// Callback<R(A...)>: a copyable function object of any type, without the cost of including <functional>.
#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

#include "xtape/export.hpp"

namespace xtape {

template <class Signature>
class Callback;

template <class R, class... A>
class Callback<R(A...)> {
 public:
  Callback() = default;
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, Callback> && std::is_invocable_r_v<R, F&, A...>)
  Callback(F f) : call_(std::make_shared<Model<F>>(std::move(f))) {}  // NOLINT: implicit on purpose

  R operator()(A... a) const { return call_->call(std::forward<A>(a)...); }
  explicit operator bool() const noexcept { return call_ != nullptr; }

 private:
  struct Concept {
    virtual ~Concept() = default;
    virtual R call(A... a) = 0;
  };
  template <class F>
  struct Model final : Concept {
    explicit Model(F g) : f(std::move(g)) {}
    R call(A... a) override {
      if constexpr (std::is_void_v<R>) {
        f(std::forward<A>(a)...);  // its result is discarded
      } else {
        return f(std::forward<A>(a)...);
      }
    }
    F f;
  };
  std::shared_ptr<Concept> call_;
};

}  // namespace xtape
