// The assignment of Parameter and Buffer members.
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

}  // namespace

// If the handle was the last of its old state, the state is gone; else Module's assignment has marked it. (The mark
// stays: from then on, the members of its other handles may be assigned, too.)
void check_assignment(const Tensor& old, const std::weak_ptr<ModuleState>& owner, const Tensor& other) {
  if (old.impl() == other.impl()) return;
  const std::shared_ptr<const ModuleState> state = owner.lock();
  if (!state || state->has_lost_handles.load(std::memory_order_relaxed)) return;
  xtape::detail::fail_rebinding(old.defined(), name_of(old, *state));
}

template class RegisteredTensor<0>;
template class RegisteredTensor<1>;

}  // namespace xtape::nn::detail
