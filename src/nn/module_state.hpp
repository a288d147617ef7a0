// The state that the handles of one module share, and the modules that are running on this thread. A module knows where
// it is registered, so that one that runs inside another without being registered there is detected.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "autograd/call_scope.hpp"
#include "autograd/hooks.hpp"
#include "core/lock.hpp"
#include "xtape/nn/module.hpp"

namespace xtape::nn::detail {

struct Child {
  std::string name;
  std::shared_ptr<ModuleHolder> module;
};

/// A module in which another is registered, or was. The weak pointer keeps its address from being reused.
struct Parent {
  const ModuleState* state;
  std::weak_ptr<const ModuleState> alive;
  std::string replaced;  // the name of the child, if replace_module has removed it; else empty
};

struct ModuleState {
  // Several threads may say eval() before they evaluate one model.
  bool is_training() const noexcept { return training.load(std::memory_order_relaxed); }
  void set_training(bool on) noexcept { training.store(on, std::memory_order_relaxed); }

  std::atomic<bool> training = true;
  std::atomic<bool> may_be_unregistered = false;  // by nn::unregistered
  std::atomic<bool> was_replaced = false;         // in one of its parents
  std::atomic<bool> has_lost_handles = false;     // a handle was assigned another module
  std::vector<NamedTensor> parameters, buffers;
  std::vector<Child> children;
  std::vector<Parent> parents;
  mutable std::atomic<const ModuleState*> last_parent = nullptr;  // one of them that called this module, or null
  mutable xtape::detail::Lock parents_lock;  // for `parents`: a forward may put shared layers into its own Sequential
  xtape::detail::HookList<std::vector<Tensor>(const Module&, const std::vector<Tensor>&)> pre_hooks;
  xtape::detail::HookList<Tensor(const Module&, const std::vector<Tensor>&, const Tensor&)> hooks;

  static const std::shared_ptr<ModuleState>& of(const Module& module) { return module.state_; }
};

/// The tensor or state itself, or its copy inside a CloneScope.
Tensor share_or_clone(const Tensor& tensor);
std::shared_ptr<ModuleState> share_or_clone(const std::shared_ptr<ModuleState>& state);
std::weak_ptr<ModuleState> share_or_clone(const std::weak_ptr<ModuleState>& state);
/// The module that is held, or its copy inside a CloneScope.
std::shared_ptr<ModuleHolder> share_or_clone(const std::shared_ptr<ModuleHolder>& module);

/// Records that `child` is registered in `parent`.
void link(const std::shared_ptr<ModuleState>& parent, ModuleState& child);
/// Records that replace_module has removed `child`, named `name`, from `parent`.
void unlink(const std::shared_ptr<ModuleState>& parent, ModuleState& child, const std::string& name);

std::string joined(const std::string& path, const std::string& name);

/// A module whose operator() is running. Every CallScope is one.
class Running final : public xtape::detail::CallScope {
 public:
  explicit Running(const Module& module)
      : module_(module), state_(ModuleState::of(module)), is_known_(caller() == nullptr) {}

  /// The innermost running module on this thread, or null.
  static const Running* innermost() noexcept { return static_cast<const Running*>(CallScope::innermost()); }

  std::string path() const override;

  /// ValueError unless this module is registered in the outermost running module, directly or further down, or marked
  /// by nn::unregistered. A module that a hook calls counts as outermost.
  void check_registered() const {
    if (!is_known()) fail_unregistered();
  }
  /// The same, but only for a module that owns tensors or was replaced in another module.
  void check_owner() const {
    const ModuleState& s = *state_;
    if (outer() && !(s.parameters.empty() && s.buffers.empty() && !s.was_replaced)) check_registered();
  }
  /// While on, modules that start to run are called by a hook of this module.
  void set_in_hook(bool on) const noexcept { in_hook_ = on; }

  const ModuleState& state() const noexcept { return *state_; }

 private:
  const Running* outer() const noexcept { return static_cast<const Running*>(CallScope::outer()); }
  /// The module that called this one, unless one of its hooks did.
  const Running* caller() const noexcept { return outer() && !outer()->in_hook_ ? outer() : nullptr; }
  bool is_registered_in(const ModuleState& parent) const;
  bool is_known() const { return is_known_ || find_known(); }
  bool find_known() const;
  [[noreturn]] void fail_unregistered() const;

  const Module& module_;
  const std::shared_ptr<const ModuleState> state_;  // a hook may assign another module to the handle
  mutable bool is_known_, in_hook_ = false;
  mutable bool hides_path_ = false;  // the current error names a module further out
};

}  // namespace xtape::nn::detail
