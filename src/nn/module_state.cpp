#include "nn/module_state.hpp"

#include <algorithm>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "nn/type_name.hpp"

namespace xtape::nn::detail {

/// What a CloneScope has copied so far.
struct Copies {
  std::unordered_map<const ModuleState*, std::shared_ptr<ModuleState>> states;
  std::unordered_map<const void*, Tensor> tensors;
};

namespace {
thread_local Copies* cloning = nullptr;
}

// ---- parents ---------------------------------------------------------------------------------------------------

void link(const std::shared_ptr<ModuleState>& parent, ModuleState& child) {
  const std::lock_guard lock(child.parents_lock);
  child.last_parent.store(nullptr, std::memory_order_relaxed);
  std::erase_if(child.parents, [&parent](const Parent& p) { return p.state == parent.get() || p.alive.expired(); });
  child.parents.push_back({parent.get(), parent, ""});
  if (!child.was_replaced) return;
  child.was_replaced =
      std::any_of(child.parents.begin(), child.parents.end(), [](const Parent& p) { return !p.replaced.empty(); });
}

void unlink(const std::shared_ptr<ModuleState>& parent, ModuleState& child, const std::string& name) {
  const std::lock_guard lock(child.parents_lock);
  child.last_parent.store(nullptr, std::memory_order_relaxed);
  for (Parent& p : child.parents) {
    if (p.state == parent.get()) p.replaced = name;
  }
  child.was_replaced = true;
}

// ---- copies ----------------------------------------------------------------------------------------------------

std::shared_ptr<ModuleState> share_or_clone(const std::shared_ptr<ModuleState>& state) {
  if (!cloning) return state;
  auto [entry, is_new] = cloning->states.try_emplace(state.get());
  if (!is_new) return entry->second;
  auto copy = entry->second = std::make_shared<ModuleState>();
  copy->set_training(state->is_training());
  copy->may_be_unregistered = state->may_be_unregistered.load(std::memory_order_relaxed);
  for (const auto& [name, tensor] : state->parameters) copy->parameters.push_back({name, share_or_clone(tensor)});
  for (const auto& [name, tensor] : state->buffers) copy->buffers.push_back({name, share_or_clone(tensor)});
  for (const auto& [name, module] : state->children) {
    copy->children.push_back({name, share_or_clone(module)});
    link(copy, *ModuleState::of(copy->children.back().module->get()));
  }
  const std::lock_guard lock(state->parents_lock);
  for (const Parent& p : state->parents) {  // the old member of a copy is out of date in a clone, too
    const auto parent = cloning->states.find(p.state);
    if (p.replaced.empty() || parent == cloning->states.end()) continue;
    copy->parents.push_back({parent->second.get(), parent->second, p.replaced});
    copy->was_replaced = true;
  }
  return copy;
}

std::shared_ptr<ModuleHolder> share_or_clone(const std::shared_ptr<ModuleHolder>& module) {
  return cloning ? std::shared_ptr<ModuleHolder>(module->copy()) : module;
}

CloneScope::CloneScope() : previous_(std::exchange(cloning, new Copies)) {}
CloneScope::~CloneScope() { delete std::exchange(cloning, previous_); }

Tensor share_or_clone(const Tensor& tensor) {
  if (!cloning || !tensor.defined()) return tensor;
  Tensor& copy = cloning->tensors[tensor.impl()];
  if (!copy.defined()) {
    copy = xtape::detail::copy_of(tensor);
    if (tensor.requires_grad()) copy.requires_grad_();
  }
  return copy;
}

std::weak_ptr<ModuleState> share_or_clone(const std::weak_ptr<ModuleState>& state) {
  if (!cloning) return state;
  const auto copy = cloning->states.find(state.lock().get());
  return copy == cloning->states.end() ? state : copy->second;
}

// ---- running ---------------------------------------------------------------------------------------------------

std::string joined(const std::string& path, const std::string& name) { return path.empty() ? name : path + "." + name; }

std::string Running::path() const {
  if (!outer() || hides_path_) return "";
  const std::string path = outer()->path();
  for (const Child& child : outer()->state_->children) {
    if (ModuleState::of(child.module->get()) == state_) return joined(path, child.name);
  }
  return path;
}

namespace {

/// Whether `state` is, or is registered somewhere below, `top` or a module that is marked by nn::unregistered.
bool leads_to(const ModuleState& state, const ModuleState& top) {
  std::unordered_set<const ModuleState*> seen;
  std::vector<std::shared_ptr<const ModuleState>> held;
  std::vector<const ModuleState*> waiting = {&state};
  while (!waiting.empty()) {
    const ModuleState& next = *waiting.back();
    waiting.pop_back();
    if (&next == &top || next.may_be_unregistered.load(std::memory_order_relaxed)) return true;
    const std::lock_guard lock(next.parents_lock);
    for (const Parent& p : next.parents) {
      if (!p.replaced.empty() || !seen.insert(p.state).second) continue;
      if (auto parent = p.alive.lock()) {
        waiting.push_back(parent.get());
        held.push_back(std::move(parent));
      }
    }
  }
  return false;
}

}  // namespace

bool Running::is_registered_in(const ModuleState& parent) const {
  if (state_->last_parent.load(std::memory_order_relaxed) == &parent) return true;
  const std::lock_guard lock(state_->parents_lock);
  const bool found = std::any_of(state_->parents.begin(), state_->parents.end(),
                                 [&parent](const Parent& p) { return p.state == &parent && p.replaced.empty(); });
  if (found) state_->last_parent.store(&parent, std::memory_order_relaxed);
  return found;
}

bool Running::find_known() const {
  const Running* const by = caller();  // not null: an outermost module is known
  if (is_registered_in(*by->state_) && by->is_known()) return is_known_ = true;
  const Running* top = by;
  while (top->caller()) top = top->caller();
  return is_known_ = leads_to(*state_, *top->state_);
}

void Running::fail_unregistered() const {
  const Running* stranger = this;  // the outermost module that is not registered
  for (; !stranger->caller()->is_known(); stranger = stranger->caller()) stranger->hides_path_ = true;
  stranger->hides_path_ = true;
  const Running& by = *stranger->caller();
  const std::string type = type_name(stranger->module_), caller_type = type_name(by.module_);
  {
    const std::lock_guard lock(stranger->state_->parents_lock);
    for (const Parent& p : stranger->state_->parents) {
      if (p.state != by.state_.get() || p.replaced.empty()) continue;
      fail<ValueError>(
          caller_type,
          "this copy of the module still has the old \"{}\", which replace_module has replaced; call "
          "replace_module before you copy the module, into a Sequential for example, and assign what it returns",
          p.replaced);
    }
  }
  std::vector<std::string> of_the_type;  // if there is only one, an assignment probably meant to replace it
  for (const Child& child : by.state_->children) {
    if (type_name(child.module->get()) == type) of_the_type.push_back(child.name);
  }
  const std::string name = of_the_type.size() == 1 ? of_the_type[0] : "name";
  fail<ValueError>(caller_type,
                   "it runs an unregistered {0}: parameters(), state_dict() and eval() miss it; write {1} = "
                   "replace_module(\"{1}\", ...) to replace a module, register_module to add one, or "
                   "nn::unregistered(...) if it is not meant to be registered",
                   type, name);
}

}  // namespace xtape::nn::detail
