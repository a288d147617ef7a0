// Parameter and Buffer members: copies and assignment.
#include "xtape/nn/parameter.hpp"

#include "autograd/registered.hpp"
#include "nn/module_state.hpp"

namespace xtape::nn::detail {

namespace {

std::string name_of(const Tensor& tensor, const ModuleState& owner) {
  for (const std::vector<NamedTensor>* tensors : {&owner.parameters, &owner.buffers}) {
    for (const NamedTensor& entry : *tensors) {
      if (entry.tensor.impl() == tensor.impl()) return entry.name;
    }
  }
  return "";
}

// Called before a member that refers to `old`, registered in `owner`, is assigned `other`. Right when the whole module
// is assigned: its base, nn::Module, was assigned before its members, so a handle has left `owner` already. If that was
// the last of its old state, the state is gone; else Module's assignment has marked it. (The mark stays: from then on,
// the members of its other handles may be assigned, too.) Else ValueError, since `owner` would keep `old` registered.
void check_assignment(const Tensor& old, const std::weak_ptr<ModuleState>& owner, const Tensor& other) {
  if (old.impl() == other.impl()) return;
  const std::shared_ptr<const ModuleState> state = owner.lock();
  if (!state || state->has_lost_handles.load(std::memory_order_relaxed)) return;
  xtape::detail::fail_rebinding(old.defined(), name_of(old, *state));
}

}  // namespace

Registered::Registered() { xtape::detail::add_member(*this); }
Registered::Registered(const Tensor& tensor, const std::shared_ptr<ModuleState>& owner)
    : Tensor(tensor), owner_(owner) {
  xtape::detail::add_member(*this);
}
Registered::Registered(const Registered& other)
    : Tensor(share_or_clone(static_cast<const Tensor&>(other))), owner_(share_or_clone(other.owner_)) {
  xtape::detail::add_member(*this);
}
Registered::Registered(Registered&& other) noexcept : Tensor(static_cast<const Tensor&>(other)), owner_(other.owner_) {
  xtape::detail::add_member(*this);
}
Registered::~Registered() { xtape::detail::remove_member(*this); }

Registered& Registered::operator=(const Registered& other) & {
  check_assignment(*this, owner_, other);
  if (impl() != other.impl()) {
    xtape::detail::remove_member(*this);
    rebind(other);
    xtape::detail::add_member(*this);
  }
  owner_ = other.owner_;
  return *this;
}

}  // namespace xtape::nn::detail
