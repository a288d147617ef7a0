// The handles that are members of modules, Parameter and Buffer, with the tensors that their modules have registered.
// An assignment through a Tensor& must not change which tensor that is. Every assignment of a Tensor asks here; the
// filter answers nearly all of them without the lock.
//
// Invariant: a place of the filter counts the members whose addresses belong to it.
#include "autograd/registered.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <unordered_map>
#include <utility>

#include "core/fail.hpp"
#include "xtape/tensor.hpp"

namespace xtape::detail {

namespace {

/// Of each member the registered tensor, undefined where the module has none.
using Tensors = std::unordered_map<const Tensor*, Tensor>;
struct Members {
  std::mutex mutex;
  Tensors tensors;
};
/// Never destroyed, for a global module may outlive any static; and not on the heap, so that this cannot fail.
Members& members() noexcept {
  alignas(Members) static std::byte place[sizeof(Members)];
  static auto* const all = new (place) Members;
  return *all;
}

constinit std::array<std::atomic<std::uint32_t>, 4096> filter{};
std::atomic<std::uint32_t>& filter_place(const Tensor* handle) noexcept {
  const auto address = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(handle));
  return filter[address * 0x9e3779b97f4a7c15 >> 52];  // the upper 12 bits
}

}  // namespace

void add_member(const Tensor& handle) noexcept {
  const std::lock_guard lock(members().mutex);
  try {
    if (members().tensors.try_emplace(&handle, handle).second) filter_place(&handle).fetch_add(1);
  } catch (const std::bad_alloc&) {  // its assignments are not checked then: a module can be moved without memory
  }
}

void remove_member(const Tensor& handle) noexcept {
  Tensors::node_type removed;  // destroyed when the lock is free again: a tensor's hooks may own modules
  const std::lock_guard lock(members().mutex);
  removed = members().tensors.extract(&handle);
  if (removed) filter_place(&handle).fetch_sub(1);
}

void check_rebinding(Tensor& handle, const Tensor& other) {
  if (filter_place(&handle).load(std::memory_order_relaxed) == 0) return;
  Tensor own;
  {
    const std::lock_guard lock(members().mutex);
    const auto member = members().tensors.find(&handle);
    if (member == members().tensors.end()) return;
    own.rebind(member->second);  // unchecked: the check would take the lock again
  }
  if (other.impl() == own.impl()) return;
  // std::swap has moved from the first of two members before it assigns to it.
  if (!handle.defined()) handle.rebind(own);
  fail_rebinding(own.defined(), "");
}

void fail_rebinding(bool has_tensor, const std::string& name) {
  fail<ValueError>("=",
                   "the module would keep {} registered, and parameters() and state_dict() would not show "
                   "the new one; to share a tensor, register it when the module is made: register_parameter(name, "
                   "other.weight); to take over its values, use copy_ under a NoGradGuard",
                   !has_tensor    ? "no tensor"
                   : name.empty() ? "its own tensor"
                                  : "its own tensor \"" + name + "\"");
}

}  // namespace xtape::detail
