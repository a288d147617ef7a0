// The handles that are members of modules, Parameter and Buffer. They refer to the tensor that their module has
// registered, and an assignment through a Tensor& must not change that. Assignments to other handles pay for two looks
// at their tensors.
#include "autograd/registered.hpp"

#include <cstddef>
#include <mutex>
#include <new>
#include <unordered_set>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"

namespace xtape::detail {

namespace {

struct Members {
  std::mutex mutex;
  std::unordered_set<const Tensor*> handles;

  bool contains(const Tensor& handle) {
    const std::lock_guard lock(mutex);
    return handles.contains(&handle);
  }
};
/// Never destroyed, for a global module may outlive any static; and not on the heap, so that this cannot fail.
Members& members() noexcept {
  alignas(Members) static std::byte place[sizeof(Members)];
  static auto* const all = new (place) Members;
  return *all;
}

bool is_registered(const Tensor& t) noexcept {
  return t.defined() && t.impl()->is_registered.load(std::memory_order_relaxed);
}

}  // namespace

void add_member(const Tensor& handle) noexcept {
  if (handle.defined() && !is_registered(handle)) handle.impl()->is_registered = true;
  const std::lock_guard lock(members().mutex);
  try {
    members().handles.insert(&handle);
  } catch (const std::bad_alloc&) {  // its assignments are not checked then: a module can be moved without memory
  }
}

void remove_member(const Tensor& handle) noexcept {
  const std::lock_guard lock(members().mutex);
  members().handles.erase(&handle);
}

// std::swap has emptied the first of two members before it assigns to it: the other tensor's mark counts, too.
void check_rebinding(const Tensor& handle, const Tensor& other) {
  if ((is_registered(handle) || is_registered(other)) && members().contains(handle)) fail_rebinding("");
}

void fail_rebinding(const std::string& name) {
  fail<ValueError>(
      "=",
      "the module would keep its own tensor{} registered, and parameters() and state_dict() would not show "
      "the new one; to share a tensor, register it when the module is made: register_parameter(name, "
      "other.weight); to take over its values, use copy_ under a NoGradGuard",
      name.empty() ? "" : " \"" + name + "\"");
}

}  // namespace xtape::detail
