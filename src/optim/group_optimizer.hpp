// The members of GroupOptimizer<Options>. The update, and everything specific to one optimizer, is its Rule<Options>,
// in that optimizer's own file, which then instantiates GroupOptimizer<Options>. Invariant: parameters_ is the
// concatenation of the groups' lists, and states_ has an entry for each.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cassert>
#include <iterator>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "core/parallel.hpp"
#include "kernels/isa.hpp"
#include "optim/state.hpp"
#include "xtape/ops.hpp"
#include "xtape/optim/optimizer.hpp"

namespace xtape::optim {

using xtape::detail::elements;
using xtape::detail::ParamState;

/// A specialization has the static members
///   name, buffers[]        "Adam"; the state_dict names of ParamState::buffers
///   counts_steps           whether the number of steps is part of the state
///   visit(options, f)      calls f("lr", options.lr) for every field
///   check(options, group)  throws ValueError on a value outside its range
///   uses(options, b)       whether the update reads and writes buffer b
///   momentum(options)      what a scheduler may cycle besides options.lr; absent if there is nothing
///   initial_value(options) of the buffers that each parameter has from the start; absent if they begin with the first
///                          step, from zeros
///   update<T>(options, state, p, g, n)   one step of n elements; cannot fail
template <class Options>
struct Rule;

// ---- checks of options ------------------------------------------------------------------------------------

inline void check_not_negative(const char* optimizer, const char* option, double value, std::size_t group) {
  if (!(value >= 0) || value > std::numeric_limits<double>::max()) {
    fail<ValueError>(optimizer, "{} = {} in group {}; expected a finite number >= 0", option, value, group);
  }
}

// ---- construction -----------------------------------------------------------------------------------------

template <class Options>
concept HasInitialState = requires(const Options& options) {
  Rule<Options>::initial_value(options);
};

template <class Options>
ParamState initial_state([[maybe_unused]] const Tensor& parameter, [[maybe_unused]] const Options& options) {
  ParamState state;
  if constexpr (HasInitialState<Options>) {
    for (std::size_t b = 0; b < std::size(Rule<Options>::buffers); ++b) {
      state.buffers[b] = zeros_like(parameter).fill_(Rule<Options>::initial_value(options));
    }
  }
  return state;
}

template <class Options>
std::vector<Tensor> all_parameters(const std::vector<ParamGroup<Options>>& groups) {
  std::vector<Tensor> all;
  for (const auto& group : groups) all.insert(all.end(), group.params.begin(), group.params.end());
  return all;
}

template <class Options>
GroupOptimizer<Options>::GroupOptimizer(std::vector<ParamGroup<Options>> groups)
    : Optimizer(Rule<Options>::name, all_parameters(groups)), groups_(std::move(groups)) {
  check_options();
  for (const auto& group : groups_) {
    for (const Tensor& p : group.params) states_.push_back(initial_state(p, group.options));
  }
}

template <class Options>
GroupOptimizer<Options>::GroupOptimizer(std::initializer_list<ParamGroup<Options>> groups)
    : GroupOptimizer(std::vector<ParamGroup<Options>>(groups)) {}

template <class Options>
GroupOptimizer<Options>::GroupOptimizer(std::vector<Tensor> params, const Options& options)
    : GroupOptimizer(std::vector<ParamGroup<Options>>{{std::move(params), options}}) {}

template <class Options>
GroupOptimizer<Options>::~GroupOptimizer() = default;

template <class Options>
Options GroupOptimizer<Options>::with_lr(double lr) {
  Options options;
  options.lr = lr;
  return options;
}

template <class Options>
void GroupOptimizer<Options>::check_options() const {
  for (std::size_t g = 0; g < groups_.size(); ++g) Rule<Options>::check(groups_[g].options, g);
}

/// param_groups() lets users change the lists, too: to be checked before they are walked along with states_.
template <class Options>
void GroupOptimizer<Options>::check_lists() const {
  auto known = parameters_.begin();
  bool unchanged = true;
  for (const auto& group : groups_) {
    for (const Tensor& p : group.params) {
      unchanged = unchanged && known != parameters_.end() && p.impl() == (known++)->impl();
    }
  }
  if (!unchanged || known != parameters_.end()) {
    fail<ValueError>(name_,
                     "a list of parameters in param_groups() was changed; make a new optimizer, or use "
                     "add_param_group");
  }
}

template <class Options>
void GroupOptimizer<Options>::add_param_group(ParamGroup<Options> group) {
  check_lists();
  Rule<Options>::check(group.options, groups_.size());
  std::vector<Tensor> all = parameters_;
  all.insert(all.end(), group.params.begin(), group.params.end());
  check_parameters(all);
  std::vector<ParamState> states = states_;
  for (const Tensor& p : group.params) states.push_back(initial_state(p, group.options));
  groups_.push_back(std::move(group));  // the last call that can throw: param_groups() stays valid until then
  parameters_.swap(all);
  states_.swap(states);
}

template <class Options>
std::vector<Scheduled> GroupOptimizer<Options>::scheduled() {
  std::vector<Scheduled> all;
  for (auto& group : groups_) {
    all.push_back({&group.options.lr});
    if constexpr (requires { Rule<Options>::momentum(group.options); }) {
      all.back().momentum = &Rule<Options>::momentum(group.options);
    }
  }
  return all;
}

/// The options of a group as PyTorch prints them.
class OptionLines {
 public:
  void add(const std::string& name, double value);
  void add(const std::string& name, bool value);
  void add(const std::string& name, const std::array<double, 2>& value);
  std::string sorted();

 private:
  std::vector<std::string> lines_;
};

template <class Options>
std::string GroupOptimizer<Options>::to_string() const {
  std::string text = std::string(name_) + " (";
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    OptionLines lines;
    if (g < initial_lrs_.size()) lines.add("initial_lr", initial_lrs_[g]);
    Rule<Options>::visit(groups_[g].options, [&lines](const char* name, const auto& value) { lines.add(name, value); });
    text += "\nParameter Group " + std::to_string(g) + "\n" + lines.sorted();
  }
  return text + ")";
}

/// f(i, options) for the i-th parameter, in order.
template <class Options, class F>
void each_parameter(const std::vector<ParamGroup<Options>>& groups, F f) {
  std::size_t i = 0;
  for (const auto& group : groups) {
    for (std::size_t k = 0; k < group.params.size(); ++k) f(i++, group.options);
  }
}

// ---- stepping ---------------------------------------------------------------------------------------------

/// Makes or casts the buffer where needed: a parameter's dtype may change between steps.
inline void prepare_buffer(Tensor& buffer, const Tensor& parameter) {
  if (!buffer.defined()) {
    buffer = zeros_like(parameter);
  } else if (buffer.impl()->dtype != parameter.impl()->dtype) {
    buffer = to(buffer, parameter.impl()->dtype);
  }
}

/// Everything in a step that can fail.
template <class Options>
void GroupOptimizer<Options>::prepare_step() {
  check_options();
  check_lists();
  kernels::isa();  // throws if XTAPE_ISA names one that the CPU lacks
  each_parameter(groups_, [this](std::size_t i, const Options& options) {
    const Tensor& p = parameters_[i];
    if (!p.grad().defined()) return;
    for (std::size_t b = 0; b < std::size(Rule<Options>::buffers); ++b) {
      if (Rule<Options>::uses(options, b)) prepare_buffer(states_[i].buffers[b], p);
    }
  });
}

template <class Options>
void GroupOptimizer<Options>::step() {
  NoGradGuard no_grad;
  prepare_step();
  each_parameter(groups_, [this](std::size_t i, const Options& options) {
    const Tensor& p = parameters_[i];
    const Tensor g = p.grad();
    if (!g.defined()) return;
    assert(g.impl()->dtype == p.impl()->dtype && g.impl()->shape == p.impl()->shape);
    visit_floating(p.impl()->dtype, [&]<class T>() {
      Rule<Options>::template update<T>(options, states_[i], elements<T>(p), elements<T>(g), p.impl()->numel);
    });
    xtape::detail::mark_written(p);
  });
}

// ---- saving and restoring ---------------------------------------------------------------------------------

inline std::string option_prefix(std::size_t group) { return "param_groups." + std::to_string(group) + "."; }
inline std::string state_prefix(std::size_t parameter) { return "state." + std::to_string(parameter) + "."; }

template <class Options>
StateDict GroupOptimizer<Options>::state_dict() const {
  using R = Rule<Options>;
  check_lists();
  NoGradGuard no_grad;
  StateWriter writer;
  std::size_t first = 0;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const std::string prefix = option_prefix(g);
    R::visit(groups_[g].options, [&](const char* name, const auto& value) { writer.write(prefix + name, value); });
    if (g < initial_lrs_.size()) writer.write(prefix + "initial_lr", initial_lrs_[g]);
    writer.write_range(prefix + "params", first, groups_[g].params.size());
    first += groups_[g].params.size();
  }
  each_parameter(groups_, [&](std::size_t i, const Options& options) {
    const ParamState& state = states_[i];
    if (state.steps == 0 && !HasInitialState<Options>) return;
    const std::string prefix = state_prefix(i);
    if (R::counts_steps) writer.write(prefix + "step", state.steps);
    for (std::size_t b = 0; b < std::size(R::buffers); ++b) {
      Tensor buffer = state.buffers[b];
      // If an option was switched on since the last step, its buffer starts at zero.
      if (R::uses(options, b)) prepare_buffer(buffer, parameters_[i]);
      if (buffer.defined()) writer.write(prefix + R::buffers[b], buffer);
    }
  });
  return writer.take();
}

/// The state of parameter i, or its initial one when the dict has none.
template <class Options>
ParamState read_state(StateReader& reader, std::size_t i, const Tensor& p, const Options& options) {
  using R = Rule<Options>;
  ParamState state = initial_state(p, options);
  const std::string prefix = state_prefix(i);
  if (!reader.has(prefix + (R::counts_steps ? "step" : R::buffers[0]))) return state;
  state.steps = 1;
  if (R::counts_steps) reader.read_count(prefix + "step", state.steps, HasInitialState<Options> ? 0 : 1);
  for (std::size_t b = 0; b < std::size(R::buffers); ++b) {
    const std::string name = prefix + R::buffers[b];
    if (R::uses(options, b) || reader.has(name)) state.buffers[b] = reader.read_like(name, p);
  }
  return state;
}

/// ValueError unless the dict has as many groups as there are counts, with as many parameters each.
inline void check_counts(const StateReader& reader, const std::vector<std::size_t>& counts, const char* optimizer) {
  std::vector<std::size_t> theirs;
  for (std::size_t g = 0; reader.has(option_prefix(g) + "params"); ++g) {
    theirs.push_back(reader.count(option_prefix(g) + "params"));
  }
  if (theirs.size() != counts.size()) {
    fail<ValueError>("load_state_dict", "the dict has {} groups of parameters, this {} optimizer {}", theirs.size(),
                     optimizer, counts.size());
  }
  if (theirs == counts) return;
  if (counts.size() == 1) {
    fail<ValueError>("load_state_dict", "the dict has {} parameters, this {} optimizer {}", theirs[0], optimizer,
                     counts[0]);
  }
  fail<ValueError>("load_state_dict", "the dict has groups of {} parameters, this {} optimizer groups of {}",
                   fmt::join(theirs, ", "), optimizer, fmt::join(counts, ", "));
}

template <class Options>
void GroupOptimizer<Options>::load_state_dict(const StateDict& dict) {
  check_lists();
  NoGradGuard no_grad;
  StateReader reader(name_, dict);
  std::vector<std::size_t> counts;
  for (const auto& group : groups_) counts.push_back(group.params.size());
  check_counts(reader, counts, name_);
  std::vector<Options> loaded(groups_.size());
  std::vector<ParamState> states;
  std::vector<double> initial_lrs;
  std::size_t i = 0;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const std::string prefix = option_prefix(g);
    Rule<Options>::visit(loaded[g], [&](const char* name, auto& value) { reader.read(prefix + name, value); });
    Rule<Options>::check(loaded[g], g);
    if (g == initial_lrs.size() && reader.has(prefix + "initial_lr")) {
      reader.read(prefix + "initial_lr", initial_lrs.emplace_back());
      check_not_negative(name_, "initial_lr", initial_lrs.back(), g);
    }
    reader.expect_range(prefix + "params", i, groups_[g].params.size());
    for (std::size_t k = 0; k < groups_[g].params.size(); ++k, ++i) {
      states.push_back(read_state(reader, i, parameters_[i], loaded[g]));
    }
  }
  reader.expect_all_read();
  // Nothing below can fail.
  for (std::size_t g = 0; g < groups_.size(); ++g) groups_[g].options = loaded[g];
  states_.swap(states);
  initial_lrs_.swap(initial_lrs);
}

}  // namespace xtape::optim
