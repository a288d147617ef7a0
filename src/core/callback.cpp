// Callbacks and hooks: the parts that do not depend on the signature.
#include "xtape/detail/callback.hpp"

#include "xtape/hooks.hpp"

namespace xtape {

namespace detail {
CallbackTarget::~CallbackTarget() = default;
std::shared_ptr<CallbackTarget> own(CallbackTarget* target) { return std::shared_ptr<CallbackTarget>(target); }
}  // namespace detail

void RemovableHandle::remove() {
  if (remove_) std::exchange(remove_, {})();
}

}  // namespace xtape
