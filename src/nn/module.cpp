// Modules: how they are called, registered, listed, saved and set to a mode. module_state.cpp has the state that copies
// share and clones do not.
#include "xtape/nn/module.hpp"

#include <algorithm>
#include <unordered_set>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "nn/module_state.hpp"
#include "nn/type_name.hpp"
#include "xtape/autograd.hpp"
#include "xtape/creation.hpp"
#include "xtape/ops.hpp"

namespace xtape::nn {

namespace detail {
ModuleHolder::~ModuleHolder() = default;

std::vector<Tensor> with_first(const std::vector<Tensor>& inputs, const Tensor& x) {
  if (!x.defined()) return {};
  std::vector<Tensor> replaced = inputs;
  replaced.front() = x;
  return replaced;
}
}  // namespace detail

using detail::joined;
using detail::ModuleState;

Module::Module() : state_(std::make_shared<ModuleState>()) {}
Module::Module(const Module& other) : state_(detail::share_or_clone(other.state_)) {}
// A moved-from module stays usable: it still refers to the state.
Module::Module(Module&& other) noexcept : state_(other.state_) {}
Module& Module::operator=(const Module& other) noexcept {
  if (state_ != other.state_) state_->has_lost_handles.store(true, std::memory_order_relaxed);
  state_ = other.state_;
  return *this;
}
Module& Module::operator=(Module&& other) noexcept { return *this = static_cast<const Module&>(other); }
Module::~Module() = default;

// ---- running ---------------------------------------------------------------------------------------------------

template <class... X>
Tensor Module::call(const X&... x) const {
  const detail::Running running(*this);
  try {
    running.check_owner();
    return state_->pre_hooks.empty() && state_->hooks.empty() ? forward(x...) : with_hooks(running, {x...});
  } catch (Error& error) {
    error.set_module_path(running.path());
    throw;
  }
}

Tensor Module::operator()(const Tensor& x) const { return call(x); }
Tensor Module::operator()(const Tensor& x, const Tensor& y) const { return call(x, y); }
Tensor Module::operator()(const Tensor& x, const Tensor& y, const Tensor& z) const { return call(x, y, z); }

Tensor Module::forward_all(const std::vector<Tensor>& inputs) const {
  switch (inputs.size()) {
    case 1: return forward(inputs[0]);
    case 2: return forward(inputs[0], inputs[1]);
    case 3: return forward(inputs[0], inputs[1], inputs[2]);
    default:
      fail<ValueError>("register_forward_pre_hook", "a hook returned {} inputs, a module takes 1 to 3", inputs.size());
  }
}

Tensor Module::with_hooks(const detail::Running& running, std::vector<Tensor> inputs) const {
  const std::shared_ptr<ModuleState> state = state_;  // a hook may assign another module to this one
  running.set_in_hook(true);
  state->pre_hooks.each([this, &inputs](const detail::PreHook& hook) {
    if (std::vector<Tensor> replaced = hook(*this, inputs); !replaced.empty()) inputs = std::move(replaced);
  });
  running.set_in_hook(false);
  Tensor y = forward_all(inputs);
  running.set_in_hook(true);
  state->hooks.each([this, &inputs, &y](const detail::Hook& hook) {
    if (Tensor replaced = hook(*this, inputs, y); replaced.defined()) y = std::move(replaced);
  });
  return y;
}

RemovableHandle Module::add_pre_hook(detail::PreHook hook) const {
  return state_->pre_hooks.add("register_forward_pre_hook", std::move(hook));
}
RemovableHandle Module::add_hook(detail::Hook hook) const {
  return state_->hooks.add("register_forward_hook", std::move(hook));
}

// operator() calls the const forward. Unless the module overrides that one, it calls the other. (A const handle may
// call it: constness does not extend to the shared state.) A call is an error if the module overrides neither.
Tensor Module::forward(const Tensor& x) const { return const_cast<Module*>(this)->forward(x); }
Tensor Module::forward(const Tensor& x, const Tensor& y) const { return const_cast<Module*>(this)->forward(x, y); }
Tensor Module::forward(const Tensor& x, const Tensor& y, const Tensor& z) const {
  return const_cast<Module*>(this)->forward(x, y, z);
}

namespace {
[[noreturn]] void fail_without_forward(const Module& module, const char* inputs, const char* signature) {
  fail<ValueError>(type_name(module),
                   "called with {}, but it has no forward({}); a forward with other types, such as forward(Tensor x), "
                   "is never called",
                   inputs, signature);
}
}  // namespace

Tensor Module::forward(const Tensor&) { fail_without_forward(*this, "1 input", "const Tensor& x"); }
Tensor Module::forward(const Tensor&, const Tensor&) {
  fail_without_forward(*this, "2 inputs", "const Tensor& x, const Tensor& y");
}
Tensor Module::forward(const Tensor&, const Tensor&, const Tensor&) {
  fail_without_forward(*this, "3 inputs", "const Tensor& x, const Tensor& y, const Tensor& z");
}

// ---- registering -----------------------------------------------------------------------------------------------

namespace {

void check_name(const char* op, const ModuleState& state, const std::string& name) {
  if (name.empty() || name.find('.') != std::string::npos) {
    fail<ValueError>(op, "\"{}\" is not a valid name: it must not be empty or contain a dot", name);
  }
  auto taken = [&name](const auto& entries) {
    return std::any_of(entries.begin(), entries.end(), [&name](const auto& entry) { return entry.name == name; });
  };
  if (taken(state.parameters) || taken(state.buffers) || taken(state.children)) {
    fail<ValueError>(op, "this module has a \"{}\" already", name);
  }
}

}  // namespace

Parameter Module::register_parameter(const std::string& name, const Tensor& tensor) {
  check_name("register_parameter", *state_, name);
  if (!tensor.defined()) return Parameter(Tensor(), state_);
  if (!tensor.is_leaf()) {
    fail<GradError>("register_parameter", "\"{}\" is the result of an op, not a leaf; pass its detach().clone()", name);
  }
  // A parameter fills its storage, which may be written: a slice, and a copy where PyTorch has a view, are copied.
  const bool as_it_is = xtape::detail::fills_storage(tensor) && !tensor.impl()->storage->copied_by();
  const Tensor own = as_it_is ? tensor : xtape::detail::copy_of(tensor);
  own.requires_grad_();
  state_->parameters.push_back({name, own});
  return Parameter(own, state_);
}

Parameter Module::register_parameter(const std::string& name, const Parameter& tied) {
  check_name("register_parameter", *state_, name);
  if (tied.defined()) state_->parameters.push_back({name, tied});
  return Parameter(tied, state_);
}

Buffer Module::register_buffer(const std::string& name, const Tensor& tensor) {
  check_name("register_buffer", *state_, name);
  if (!tensor.defined()) return Buffer(Tensor(), state_);
  const Tensor own = tensor.impl()->storage->copied_by() ? xtape::detail::copy_of(tensor) : tensor;
  const Tensor buffer = own.requires_grad() ? own.detach() : own;
  state_->buffers.push_back({name, buffer});
  return Buffer(buffer, state_);
}

namespace {

void check_no_cycle(const char* op, const ModuleState& state, const std::string& name, const Module& child) {
  for (const NamedModule& part : child.named_modules()) {
    if (ModuleState::of(*part.module).get() != &state) continue;
    fail<ValueError>(op, "\"{}\" is this module itself, or contains it", name);
  }
}

}  // namespace

void Module::add_child(const std::string& name, detail::ModuleHolder* holder) {
  std::shared_ptr<detail::ModuleHolder> child(holder);
  check_name("register_module", *state_, name);
  check_no_cycle("register_module", *state_, name, child->get());
  detail::link(state_, *ModuleState::of(child->get()));
  state_->children.push_back({name, std::move(child)});
}

void Module::replace_child(const std::string& name, detail::ModuleHolder* holder) {
  std::shared_ptr<detail::ModuleHolder> child(holder);
  std::vector<detail::Child>& children = state_->children;
  const auto place = std::find_if(children.begin(), children.end(), [&name](const auto& c) { return c.name == name; });
  if (place == children.end()) {
    std::string names;
    for (const detail::Child& c : children) names += (names.empty() ? "" : ", ") + c.name;
    fail<ValueError>("replace_module", "this module has no \"{}\"; its children are [{}]", name, names);
  }
  check_no_cycle("replace_module", *state_, name, child->get());
  detail::link(state_, *ModuleState::of(child->get()));
  const std::shared_ptr<detail::ModuleHolder> old = std::exchange(place->module, std::move(child));
  const std::shared_ptr<ModuleState>& taken_out = ModuleState::of(old->get());
  const bool stays = std::any_of(children.begin(), children.end(), [&taken_out](const detail::Child& c) {
    return ModuleState::of(c.module->get()) == taken_out;  // under another name, or put in its own place
  });
  if (!stays) detail::unlink(state_, *taken_out, name);
}

void detail::mark_unregistered(const Module& module, bool is_meant) noexcept {
  ModuleState::of(module)->may_be_unregistered.store(is_meant, std::memory_order_relaxed);
}

// ---- listing ---------------------------------------------------------------------------------------------------

std::size_t Module::child_count() const noexcept { return state_->children.size(); }
const Module& Module::child(std::size_t i) const noexcept { return state_->children[i].module->get(); }
std::shared_ptr<const detail::ModuleHolder> Module::child_holder(std::size_t i) const noexcept {
  return state_->children[i].module;
}

std::vector<const Module*> Module::children() const {
  std::vector<const Module*> children;
  for (const detail::Child& child : state_->children) children.push_back(&child.module->get());
  return children;
}

std::vector<NamedModule> Module::named_children() const {
  std::vector<NamedModule> children;
  for (const detail::Child& child : state_->children) children.push_back({child.name, &child.module->get()});
  return children;
}

namespace {

/// Parents first, in the order of registration. `once` leaves out modules that are listed already.
void walk(const Module& module, const std::string& path, bool once, std::unordered_set<const ModuleState*>& seen,
          std::vector<NamedModule>& out) {
  if (once && !seen.insert(ModuleState::of(module).get()).second) return;
  out.push_back({path, &module});
  for (const NamedModule& child : module.named_children()) {
    walk(*child.module, joined(path, child.name), once, seen, out);
  }
}

std::vector<NamedModule> all_modules(const Module& module, bool once) {
  std::unordered_set<const ModuleState*> seen;
  std::vector<NamedModule> modules;
  walk(module, "", once, seen, modules);
  return modules;
}

std::vector<NamedTensor> tensors_once(const Module& module, std::vector<NamedTensor> ModuleState::*kind) {
  std::unordered_set<const void*> seen;
  std::vector<NamedTensor> tensors;
  for (const auto& [path, part] : all_modules(module, true)) {
    for (const auto& [name, tensor] : (*ModuleState::of(*part)).*kind) {
      if (seen.insert(tensor.impl()).second) tensors.push_back({joined(path, name), tensor});
    }
  }
  return tensors;
}

std::vector<Tensor> without_names(const std::vector<NamedTensor>& named) {
  std::vector<Tensor> tensors;
  for (const NamedTensor& entry : named) tensors.push_back(entry.tensor);
  return tensors;
}

}  // namespace

std::vector<NamedModule> Module::named_modules() const { return all_modules(*this, true); }
std::vector<NamedTensor> Module::named_parameters() const { return tensors_once(*this, &ModuleState::parameters); }
std::vector<NamedTensor> Module::named_buffers() const { return tensors_once(*this, &ModuleState::buffers); }
std::vector<Tensor> Module::parameters() const { return without_names(named_parameters()); }
std::vector<Tensor> Module::buffers() const { return without_names(named_buffers()); }

// ---- state -----------------------------------------------------------------------------------------------------

StateDict Module::state_dict() const {
  StateDict dict;
  for (const auto& [path, part] : all_modules(*this, false)) {
    const ModuleState& state = *ModuleState::of(*part);
    for (const auto& [name, tensor] : state.parameters) dict.set(joined(path, name), tensor);
    for (const auto& [name, tensor] : state.buffers) dict.set(joined(path, name), tensor);
  }
  return dict;
}

// ---- modes -----------------------------------------------------------------------------------------------------

const Module& Module::train(bool on) const {
  for (const NamedModule& part : named_modules()) ModuleState::of(*part.module)->set_training(on);
  return *this;
}

bool Module::is_training() const {
  const detail::Running* const running = detail::Running::innermost();
  if (running && &running->state() == state_.get()) running->check_registered();
  return state_->is_training();
}

const Module& Module::to(DType dtype) const {
  if (!is_floating(dtype)) fail<DTypeError>("to", "a module can be float32 or float64, not {}", dtype);
  for (const std::vector<Tensor>& tensors : {parameters(), buffers()}) {
    for (const Tensor& tensor : tensors) {
      if (is_floating(tensor.dtype())) xtape::detail::convert_in_place(tensor, dtype);
    }
  }
  return *this;
}

void Module::zero_grad(bool set_to_none) const {
  for (const Tensor& p : parameters()) xtape::detail::clear_grad(p, set_to_none);
}

const Module& Module::requires_grad_(bool requires_grad) const {
  for (const Tensor& p : parameters()) p.requires_grad_(requires_grad);
  return *this;
}

}  // namespace xtape::nn
