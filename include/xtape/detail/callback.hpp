// Callback<R(A...)>: a copyable function object of any type, without the cost of including <functional>.
#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

#include "xtape/export.hpp"

namespace xtape {

namespace detail {
/// What a Callback of any signature refers to. (One type for all, so that a program compiles fewer templates.)
struct XTAPE_API CallbackTarget {
  virtual ~CallbackTarget();
};
/// Takes ownership.
XTAPE_API std::shared_ptr<CallbackTarget> own(CallbackTarget* target);
}  // namespace detail

template <class Signature>
class Callback;

template <class R, class... A>
class Callback<R(A...)> {
 public:
  Callback() = default;
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, Callback> && std::is_invocable_r_v<R, F&, A...>)
  Callback(F f) : target_(detail::own(new Model<F>(std::move(f)))) {}  // NOLINT: implicit on purpose

  R operator()(A... a) const { return static_cast<Concept&>(*target_).call(std::forward<A>(a)...); }
  explicit operator bool() const noexcept { return target_ != nullptr; }

 private:
  struct Concept : detail::CallbackTarget {
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
  std::shared_ptr<detail::CallbackTarget> target_;
};

}  // namespace xtape
