// Module: a handle to parameters, buffers, children and a training flag. As in Python a copy is the same module;
// clone(m) makes new parameters. A user-defined module derives from Module, registers what it owns in its members'
// initialisers, and defines `Tensor forward(const Tensor& x)`, of one to three inputs, const or not.
//
// Threads. At the same time, any number of threads may
//   - evaluate one model, in or out of grad mode, also through copies of the handle, and call train() and eval(). In
//     training mode Dropout takes its masks from one stream, in no fixed order; BatchNorm1d then writes its running
//     statistics, and only one thread may call it;
//   - call backward() and grad() on graphs of their own that lead to the same parameters. Each gradient is the sum of
//     what all threads add. The order of the additions is not fixed: if they round, the last digits may differ from run
//     to run. Hooks run on the thread that called backward, possibly several at once; a post-accumulate hook may see
//     what other threads have added;
//   - call grad(), set_grad() and zero_grad() during these backwards: each takes effect between two additions. A tensor
//     that grad() returned does not change while its holder keeps it, except by zero_grad(false).
// Graphs that share recorded results may only be used by one thread at a time, unless each backward has
// retain_graph = true. While a thread does any of the above, no other may register or replace anything in that model,
// add or remove hooks, call to(), requires_grad_() or load_state_dict(), take an optimizer step, clip gradients, or
// write to parameters, buffers or gradients in another way.
#pragma once

#include <concepts>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "xtape/nn/forward.hpp"
#include "xtape/nn/parameter.hpp"
#include "xtape/state_dict.hpp"
#include "xtape/tensor.hpp"

namespace xtape::nn {

namespace detail {
struct ModuleState;
class Running;

/// Holds a module of any type, by value. (Who gets a pointer to one takes ownership: a smart pointer here would be
/// compiled in every program.)
struct XTAPE_API ModuleHolder {
  virtual ~ModuleHolder();
  virtual const Module& get() const noexcept = 0;
  virtual ModuleHolder* copy() const = 0;
};
template <class M>
struct HolderOf final : ModuleHolder {
  explicit HolderOf(const M& m) : module(m) { check_forward<M>(); }
  const Module& get() const noexcept override { return module; }
  ModuleHolder* copy() const override { return new HolderOf(module); }
  M module;
};

XTAPE_API void mark_unregistered(const Module& module, bool is_meant = true) noexcept;
}  // namespace detail

/// What `named_modules` lists. `module` lives as long as the module that listed it.
struct NamedModule {
  std::string name;
  const Module* module;
};

class XTAPE_API Module {
 public:
  virtual ~Module();

  /// Calls the forward that takes this many inputs, and the hooks around it. ValueError if the module has no such
  /// forward. An Error thrown inside carries the path of the module that threw it. ValueError, too, if a module that
  /// owns tensors or reads its mode runs in the forward of a module that has not registered it, directly or further
  /// down: parameters(), state_dict() and eval() would miss it. Assigning a layer to a member does not register it.
  Tensor operator()(const Tensor& x) const;
  Tensor operator()(const Tensor& x, const Tensor& y) const;
  Tensor operator()(const Tensor& x, const Tensor& y, const Tensor& z) const;

  // Own tensors first, then the children's, in the order of registration; each tensor once, under its first name.
  std::vector<Tensor> parameters() const;
  std::vector<NamedTensor> named_parameters() const;
  std::vector<Tensor> buffers() const;
  std::vector<NamedTensor> named_buffers() const;
  /// Direct children, functions in a Sequential included. They live as long as this module.
  std::vector<const Module*> children() const;
  std::vector<NamedModule> named_children() const;
  /// This module (named "") and everything below it, parents first; each module once.
  std::vector<NamedModule> named_modules() const;

  /// Parameters and buffers by name, ties under each of their names. They are the tensors themselves, as in PyTorch:
  /// `auto best = model.state_dict();` shows every later step. A snapshot is `clone(model.state_dict())`. Keys are
  /// PyTorch's ("0.weight").
  StateDict state_dict() const;
  /// Copies the values in, cast to each tensor's dtype, and returns the names that are missing or unexpected, which are
  /// a ValueError unless `strict` is false. ShapeError where a shape differs, ValueError where a value has no place in
  /// the dtype, in either mode. An error names all that does not fit, and nothing has been written.
  IncompatibleKeys load_state_dict(const StateDict& dict, bool strict = true) const;

  /// Sets training mode, which Dropout and BatchNorm1d follow, for this module and all below. Never touches
  /// requires_grad.
  const Module& train(bool on = true) const;
  const Module& eval() const { return train(false); }
  /// ValueError in the forward of a module that is not registered where it runs: train() and eval() would miss it.
  bool is_training() const;
  /// Converts floating parameters, their gradients and buffers in place: an optimizer sees the same tensors.
  const Module& to(DType dtype) const;
  /// Drops the gradients, or with set_to_none = false fills them with zeros.
  void zero_grad(bool set_to_none = true) const;
  /// Calls hook(module, x) before each forward of this module, or hook(module, x, y) after it, where x is the (first)
  /// input and y the output. What the hook returns replaces x, or y; if it returns nothing or an undefined tensor, x or
  /// y stays. A hook whose x is a `const std::vector<Tensor>&` gets all inputs; as a pre-hook it returns all of them,
  /// or an empty vector. A user-defined operator() does not call hooks. Copies of the handle share the hooks, clone(m)
  /// has none. Do not register hooks while another thread runs the module. A hook that captures the module itself keeps
  /// it alive forever.
  template <class F>
  RemovableHandle register_forward_pre_hook(F hook) const {
    return add_pre_hook(detail::pre_hook(std::move(hook)));
  }
  template <class F>
  RemovableHandle register_forward_hook(F hook) const {
    return add_hook(detail::forward_hook(std::move(hook)));
  }
  /// As PyTorch prints it: the type's name, in brackets extra_repr(), and below it the children, indented.
  std::string to_string() const;
  /// What stands in the brackets: "in_features=2, out_features=3, bias=True" for a Linear, nothing by default.
  virtual std::string extra_repr() const;
  /// Prints module.to_string().
  friend XTAPE_API std::ostream& operator<<(std::ostream& out, const Module& module);
  /// Freezes (false) or unfreezes all parameters. A frozen parameter loses its gradient.
  const Module& requires_grad_(bool requires_grad = true) const;

  /// Replaces the registered child `name` and returns the new one, for the member:
  /// `net.head = net.replace_module("head", nn::Linear(16, 2));`. An existing optimizer keeps the old parameters. The
  /// members of other copies of this handle, in a Sequential for example, still refer to the old child; to run it there
  /// is a ValueError, so replace before you copy. ValueError if there is no such child.
  template <std::derived_from<Module> M>
  [[nodiscard]] M replace_module(const std::string& name, M module) {
    replace_child(name, new detail::HolderOf<M>(module));
    return module;
  }

 protected:
  Module();
  Module(const Module& other);
  Module(Module&& other) noexcept;
  Module& operator=(const Module& other) noexcept;
  Module& operator=(Module&& other) noexcept;

  std::size_t child_count() const noexcept;
  const Module& child(std::size_t i) const noexcept;
  /// What keeps the child alive, also when it is replaced while it runs.
  std::shared_ptr<const detail::ModuleHolder> child_holder(std::size_t i) const noexcept;

// A module overrides the one that it needs. That hides the others, on purpose: calls go through operator().
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverloaded-virtual"
  virtual Tensor forward(const Tensor& x);
  virtual Tensor forward(const Tensor& x) const;
  virtual Tensor forward(const Tensor& x, const Tensor& y);
  virtual Tensor forward(const Tensor& x, const Tensor& y) const;
  virtual Tensor forward(const Tensor& x, const Tensor& y, const Tensor& z);
  virtual Tensor forward(const Tensor& x, const Tensor& y, const Tensor& z) const;
#pragma GCC diagnostic pop

  /// Makes `tensor` a leaf that requires grad, and a parameter of this module; a copy of it, if its elements are only a
  /// part of their storage or a copy where PyTorch has a view. Undefined: no parameter. ValueError on a name that is
  /// empty, contains a dot or is taken; GradError on the result of an op.
  Parameter register_parameter(const std::string& name, const Tensor& tensor);
  /// Registers a parameter of another module, which both share from now on (a tie).
  Parameter register_parameter(const std::string& name, const Parameter& tied);
  /// Makes `tensor` a buffer: saved, loaded and converted with this module, but not trained. One that requires grad is
  /// detached; a copy where PyTorch has a view is copied. Undefined: no buffer. ValueError as for a parameter's name.
  Buffer register_buffer(const std::string& name, const Tensor& tensor);
  /// Returns the module that it keeps: `nn::Linear fc1 = register_module("fc1", nn::Linear(784, 256));`
  template <std::derived_from<Module> M>
  M register_module(const std::string& name, M module) {
    add_child(name, new detail::HolderOf<M>(module));
    return module;
  }

 private:
  void add_child(const std::string& name, detail::ModuleHolder* child);
  void replace_child(const std::string& name, detail::ModuleHolder* child);
  template <class... X>
  Tensor call(const X&... x) const;
  Tensor forward_all(const std::vector<Tensor>& inputs) const;
  Tensor with_hooks(const detail::Running& running, std::vector<Tensor> inputs) const;
  RemovableHandle add_pre_hook(detail::PreHook hook) const;
  RemovableHandle add_hook(detail::Hook hook) const;
  friend struct detail::ModuleState;
  friend class ModuleSequence;

  std::shared_ptr<detail::ModuleState> state_;
};

/// Marks a module that is meant to run inside others without being registered there, such as a frozen teacher:
/// parameters(), state_dict(), train() and to() of the others leave it alone. Returns the same module.
template <std::derived_from<Module> M>
M unregistered(M module) {
  detail::mark_unregistered(module);
  return module;
}

/// A deep copy of a module, with its own tensors: ties, training flags and requires_grad are kept, gradients are not,
/// nor is the mark that nn::unregistered has put on the module itself.
template <std::derived_from<Module> M>
M clone(const M& module) {
  detail::check_forward<M>();
  detail::CloneScope scope;
  M copy(module);
  detail::mark_unregistered(copy, false);
  return copy;
}

}  // namespace xtape::nn
