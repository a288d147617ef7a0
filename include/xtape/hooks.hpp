// Hooks: functions that a tensor or a module calls on its way, and the handle that takes one away again.
#pragma once

#include <type_traits>
#include <utility>

#include "xtape/detail/callback.hpp"

namespace xtape {

/// Takes one hook away again. Copies name the same hook; removing it twice, or after its tensor or module is gone, does
/// nothing. Dropping the handle leaves the hook where it is. A hook that is removed while its list runs may still be
/// called in that run.
class RemovableHandle {
 public:
  RemovableHandle() = default;
  explicit RemovableHandle(Callback<void()> remove) : remove_(std::move(remove)) {}
  void remove() {
    if (remove_) std::exchange(remove_, {})();
  }

 private:
  Callback<void()> remove_;
};

namespace detail {
/// `hook` as it is or, where it returns nothing, with an empty R as its result.
template <class R, class... A, class F>
Callback<R(A...)> returning(F hook) {
  if constexpr (requires { hook.operator bool(); }) {
    if (!hook) return {};  // an empty Callback stays empty, and is refused
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
