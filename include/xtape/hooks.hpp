// Hooks: functions that a tensor or a module calls, and the handle that removes one.
#pragma once

#include <type_traits>
#include <utility>

#include "xtape/detail/callback.hpp"

namespace xtape {

/// Removes one hook. Copies refer to the same hook; removing it twice, or after its tensor or module is gone, does
/// nothing. Destroying the handle does not remove the hook. A hook that is removed while its list runs may still be
/// called in that run.
class XTAPE_API RemovableHandle {
 public:
  RemovableHandle() = default;
  explicit RemovableHandle(Callback<void()> remove) : remove_(std::move(remove)) {}
  void remove();

 private:
  Callback<void()> remove_;
};

namespace detail {
/// `hook` itself or, if it returns void, a function that calls it and returns an empty R.
template <class R, class... A, class F>
Callback<R(A...)> returning(F hook) {
  if constexpr (requires { hook.operator bool(); }) {
    if (!hook) return {};  // an empty Callback stays empty, so that it is rejected later
  }
  if constexpr (std::is_void_v<std::invoke_result_t<F&, A...>>) {
    return [hook = std::move(hook)](A... a) mutable {
      hook(a...);
      return R();
    };
  } else {
    return hook;
  }
}
}  // namespace detail

}  // namespace xtape
