// What Callbacks refer to: the parts that do not depend on the signature.
#include "xtape/detail/callback.hpp"

namespace xtape::detail {

CallbackTarget::~CallbackTarget() = default;
std::shared_ptr<CallbackTarget> own(CallbackTarget* target) { return std::shared_ptr<CallbackTarget>(target); }

}  // namespace xtape::detail
