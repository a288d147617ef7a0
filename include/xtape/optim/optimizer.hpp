// Optimizer, the base class, and what the built-in ones share: parameter groups with options that may be edited between
// steps, and a state for each parameter that can be saved and restored completely.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "xtape/export.hpp"
#include "xtape/state_dict.hpp"
#include "xtape/tensor.hpp"

namespace xtape::detail {
/// An optimizer's state for one parameter.
struct ParamState {
  std::int64_t steps = 0;  // updates that the buffers have had; 0: no state yet
  Tensor buffers[3];
};
}  // namespace xtape::detail

namespace xtape::optim {

namespace lr_scheduler {
class LRScheduler;
}

/// What schedulers set in one group of parameters.
struct Scheduled {
  double* lr = nullptr;
  double* momentum = nullptr;  ///< that of SGD and RMSprop, Adam's betas[0]; null if there is none
};

/// Holds parameters and updates them by their gradients. User-defined optimizers derive from it.
class XTAPE_API Optimizer {
 public:
  virtual ~Optimizer();
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// Updates, in place, every parameter that has a gradient; the others do not change. Gradients are only read. When it
  /// throws, nothing has changed.
  virtual void step() = 0;
  /// Drops every parameter's gradient, or fills it with zeros: then weight decay and momentum still change the
  /// parameter.
  virtual void zero_grad(bool set_to_none = true);
  /// A snapshot of options and state, untouched by later steps.
  virtual StateDict state_dict() const = 0;
  /// Continues from a snapshot as if uninterrupted. Throws and changes nothing when the dict does not match.
  virtual void load_state_dict(const StateDict& dict) = 0;
  /// One entry for each group, valid until a group is added. A user-defined optimizer that works with schedulers
  /// overrides it; the base throws ValueError.
  virtual std::vector<Scheduled> scheduled();

  /// As PyTorch prints it: the options of each group, sorted by name. A whole number stands without `.0`, and options
  /// that xtape lacks (`foreach`, `fused`) are missing. A user-defined optimizer that does not override it prints its
  /// name.
  virtual std::string to_string() const;
  /// Prints optimizer.to_string().
  friend XTAPE_API std::ostream& operator<<(std::ostream& out, const Optimizer& optimizer);

  /// Those of all groups, in order.
  std::vector<Tensor> parameters() const;

 protected:
  /// `name` is a literal, for errors. ValueError when `parameters` is empty, holds an undefined tensor, or has two that
  /// share elements; GradError for a tensor that is not a leaf, DTypeError for one that is not floating.
  Optimizer(const char* name, std::vector<Tensor> parameters);
  Optimizer(Optimizer&&) = default;
  Optimizer& operator=(Optimizer&&) = default;
  /// The constructor's checks.
  void check_parameters(const std::vector<Tensor>& parameters) const;

  const char* name_;
  std::vector<Tensor> parameters_;
  /// PyTorch's "initial_lr" of the first groups: their lr before the first scheduler, if there was one.
  std::vector<double> initial_lrs_;
  friend class lr_scheduler::LRScheduler;
};

/// Parameters that share options.
template <class Options>
struct ParamGroup {
  std::vector<Tensor> params;
  Options options = {};
};

/// An optimizer whose options may differ between groups of parameters; Options says which optimizer it is (SGDOptions:
/// SGD). Besides Optimizer's errors, its constructors and step() throw ValueError on an option outside its range.
template <class Options>
class XTAPE_API GroupOptimizer final : public Optimizer {
 public:
  explicit GroupOptimizer(std::vector<Tensor> params, const Options& options = {});
  /// SGD(params, 0.1): all options but lr have their defaults. (A template, so that `{}` means default options.)
  template <class Number>
    requires(std::is_arithmetic_v<Number> && !std::is_same_v<Number, bool>)
  explicit GroupOptimizer(std::vector<Tensor> params, Number lr)
      : GroupOptimizer(std::move(params), with_lr(static_cast<double>(lr))) {}
  template <class Model, class... Rest>
    requires requires(const Model& model) { model.named_parameters(); }
  GroupOptimizer(const Model&, const Rest&...) = delete;  // give it model.parameters(), not the model
  template <class Model>
    requires requires(const Model& model) { model.named_parameters(); }
  GroupOptimizer(const Model&, const Options&) = delete;  // give it model.parameters(), not the model
  explicit GroupOptimizer(std::vector<ParamGroup<Options>> groups);
  GroupOptimizer(std::initializer_list<ParamGroup<Options>> groups);
  GroupOptimizer(GroupOptimizer&&) = default;
  GroupOptimizer& operator=(GroupOptimizer&&) = default;
  ~GroupOptimizer() override;

  void step() override;
  StateDict state_dict() const override;
  void load_state_dict(const StateDict& dict) override;
  std::vector<Scheduled> scheduled() override;
  std::string to_string() const override;

  /// Adds parameters, for instance of layers that are unfrozen later. Errors as in the constructors; then nothing has
  /// changed.
  void add_param_group(ParamGroup<Options> group);
  /// Options may be written between steps (`param_groups()[0].options.lr = 0.01`), the lists of parameters
  /// may not (ValueError from then on). Valid until a group is added.
  std::span<ParamGroup<Options>> param_groups() noexcept { return {groups_.data(), groups_.size()}; }
  std::span<const ParamGroup<Options>> param_groups() const noexcept { return {groups_.data(), groups_.size()}; }

 private:
  static Options with_lr(double lr);
  void check_options() const;
  void check_lists() const;
  void prepare_step();

  std::vector<ParamGroup<Options>> groups_;
  std::vector<xtape::detail::ParamState> states_;  // one for each of parameters_
};

}  // namespace xtape::optim
