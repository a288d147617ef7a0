// grad(): a pass that hands out the gradients of some inputs, and runs only what lies above those.
#include "xtape/autograd/grad.hpp"

#include <span>
#include <utility>
#include <vector>

#include "autograd/backward_ops.hpp"
#include "autograd/pass.hpp"
#include "core/fail.hpp"

namespace xtape {

namespace detail {

void Pass::end_uses_by(const Node& op) {
  for (std::size_t i = 0; i < op.input_count(); ++i) {
    const auto used = captured.find(op.input(i).get());
    if (used == captured.end() || --used->second.uses > 0) continue;
    if (const auto leaf = pending.find(op.input(i)); leaf != pending.end()) complete.push_back(leaf);
  }
}

void Pass::hand_out(Captured& input, Tensor g) {
  if (!std::exchange(input.is_received, true)) receiver->receive(input.number, std::move(g));
}

namespace {

/// Notes the ops above the captured inputs and, for a receiver, how many of them use each input.
void mark_needed(Pass& pass, std::span<const NodePtr> roots) {
  for (const Node* node : reachable(roots)) {  // inputs before their users
    for (std::size_t i = 0; i < node->input_count(); ++i) {
      const Node* const input = node->input(i).get();
      const auto use = pass.captured.find(input);
      if (use == pass.captured.end() && !pass.needed.contains(input)) continue;
      pass.needed.insert(node);
      if (!pass.receiver) break;
      if (use != pass.captured.end()) ++use->second.uses;
    }
  }
}

/// Runs the pass. Afterwards pass.captured holds the inputs' gradients; or the receiver has had those that there are.
void run_for(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs, const std::vector<Tensor>& seeds,
             Pass& pass) {
  pass.is_grad_call = true;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].requires_grad()) fail<GradError>("grad", "inputs[{}] does not require grad", i);
    pass.captured[inputs[i].impl()->node.get()].number = i;
  }
  std::vector<NodePtr> roots;
  std::vector<Tensor> arriving;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    arriving.push_back(seed_for("grad", outputs[i], seeds.empty() ? Tensor() : seeds[i]));
    roots.push_back(outputs[i].impl()->node);
  }
  mark_needed(pass, roots);
  {
    GradModeGuard mode(pass.create_graph);
    for (const Tensor& x : inputs) {
      Captured& input = pass.captured.at(x.impl()->node.get());
      if (pass.receiver && input.uses == 0) pass.hand_out(input, {});
    }
    for (std::size_t i = 0; i < roots.size(); ++i) pass.arrive(roots[i], std::move(arriving[i]));
  }
  run_or_release(pass, roots);
}

}  // namespace

void grad_when_complete(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                        GradientReceiver& receiver) {
  Pass pass;
  pass.receiver = &receiver;
  run_for(outputs, inputs, {}, pass);
  for (const Tensor& input : inputs) pass.hand_out(pass.captured.at(input.impl()->node.get()), {});
}

}  // namespace detail

Seeds::Seeds(std::initializer_list<Tensor> seeds) : tensors(seeds) {}
Seeds::Seeds(std::vector<Tensor> seeds) : tensors(std::move(seeds)) {}

std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs, const Seeds& seeds,
                         GradOptions options) {
  if (!seeds.tensors.empty() && seeds.tensors.size() != outputs.size()) {
    fail<ValueError>("grad", "{} seeds for {} outputs; pass one for each, an undefined one for 1", seeds.tensors.size(),
                     outputs.size());
  }
  detail::Pass pass;
  pass.create_graph = options.create_graph;
  pass.retain_graph = options.retain_graph || options.create_graph;
  detail::run_for(outputs, inputs, seeds.tensors, pass);

  std::vector<Tensor> gradients;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    Tensor g = pass.captured.at(inputs[i].impl()->node.get()).gradient;
    if (!g.defined() && !options.allow_unused) {
      fail<GradError>("grad",
                      "no output depends on inputs[{}]; pass {{.allow_unused = true}} to get an undefined "
                      "gradient for it",
                      i);
    }
    // A seed that is a copy where PyTorch has a view must not be written. The gradient, which may be, needs a copy.
    if (g.defined() && g.impl()->storage->copied_by()) {
      g = pass.create_graph ? detail::recorded_copy(g) : detail::copy_of(g);
    }
    gradients.push_back(std::move(g));
  }
  return gradients;
}

}  // namespace xtape
