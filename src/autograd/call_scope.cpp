#include "autograd/call_scope.hpp"

#include <utility>

namespace xtape::detail {

namespace {
thread_local const CallScope* innermost_scope = nullptr;
}

CallScope::CallScope() noexcept : outer_(std::exchange(innermost_scope, this)) {}
CallScope::~CallScope() { innermost_scope = outer_; }
const CallScope* CallScope::innermost() noexcept { return innermost_scope; }

}  // namespace xtape::detail
