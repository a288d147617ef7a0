// Backward: gradients travel from the roots to the leaves, newest node first. Since inputs are always older than the
// ops that use them, a node's gradient is complete when its turn comes; leaves (sequence 0) come last of all. So an op
// that throws has touched no leaf, and when a leaf's own hook throws, every leaf's gradient is either unchanged or
// complete. (grad_when_complete() alone takes a leaf earlier: its receiver sees gradients before the last op.)
#include <algorithm>
#include <map>
#include <new>
#include <span>
#include <unordered_set>

#include "autograd/anomaly.hpp"
#include "autograd/backward_ops.hpp"
#include "autograd/grad_when_complete.hpp"
#include "autograd/node.hpp"
#include "autograd/tensor_impl.hpp"
#include "core/broadcast.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "core/memory.hpp"
#include "xtape/autograd/grad.hpp"

namespace xtape {

namespace detail {

struct Newest {
  bool operator()(const NodePtr& a, const NodePtr& b) const noexcept {
    if (a->sequence() != b->sequence()) return a->sequence() > b->sequence();
    if (a->is_leaf()) return static_cast<Leaf&>(*a).number < static_cast<Leaf&>(*b).number;
    return a.get() < b.get();
  }
};

/// An input of grad().
struct Captured {
  Tensor gradient;         // what has arrived
  std::size_t number = 0;  // of the input
  std::size_t uses = 0;    // by needed ops that have not run; like the next, only for a receiver
  bool is_received = false;
};

/// One run over the graph: a backward() or a grad().
struct Pass {
  bool retain_graph = false;
  bool create_graph = false;
  bool is_grad_call = false;  // gradients are handed out, not accumulated into leaves

  // Only for grad(): the nodes above a wanted input, and those inputs.
  std::unordered_set<const Node*> needed;
  std::map<const Node*, Captured> captured;
  GradientReceiver* receiver = nullptr;  // of grad_when_complete()

  using Pending = std::map<NodePtr, Tensor, Newest, BlockAllocator<std::pair<const NodePtr, Tensor>>>;
  Pending pending;
  std::vector<Pending::iterator> complete;  // leaves that go before any op, only for a receiver

  /// Whether the pass needs the gradient at this node.
  bool wants(const Node* node) const { return !is_grad_call || needed.contains(node) || captured.contains(node); }
  void arrive(const NodePtr& node, Tensor g);
  void run();
  void run_op(const NodePtr& node, const Tensor& gy);
  void run_leaf(Node& node, Tensor g);
  void end_uses_by(const Node& op);
  void hand_out(Captured& input, Tensor g);
};

}  // namespace detail

bool Wants::operator[](std::size_t input) const noexcept {
  const Node* node = node_->input(input).get();
  return node && pass_->wants(node);
}

namespace detail {

void Pass::arrive(const NodePtr& node, Tensor g) {
  auto [entry, first] = pending.try_emplace(node);
  if (first) {
    entry->second = std::move(g);
  } else {
    accumulate(entry->second, g);
  }
}

namespace {

/// The gradient of the node's output after its hooks.
Tensor after_hooks(const Node& node, Tensor g) {
  const NodeExtras* extras = NodeAccess::extras(node);
  if (!extras) return g;
  extras->hooks.each([&g, &node](const Callback<Tensor(const Tensor&)>& hook) {
    Tensor replaced = hook(g);
    if (!replaced.defined()) return;
    if (replaced.shape() != g.shape() || replaced.dtype() != g.dtype()) {
      fail<GradError>("register_hook", "a hook on {}{} returned {} {} for a gradient of {} {}",
                      node.is_leaf() ? "a " : "a result of ", node.op(), replaced.dtype(), replaced.shape(), g.dtype(),
                      g.shape());
    }
    g = std::move(replaced);
    g.impl()->storage->set_copied_by(nullptr);  // from now on it is a gradient, and may be written
  });
  return g;
}

/// Whether the node is a leaf that was frozen after the forward pass.
bool is_frozen(const Node& node) { return node.is_leaf() && !static_cast<const Leaf&>(node).wanted; }

}  // namespace

void Pass::run() {
  while (!pending.empty()) {
    auto next = pending.begin();
    if (!complete.empty()) {
      next = complete.back();
      complete.pop_back();
    }
    auto newest = pending.extract(next);
    const NodePtr node = std::move(newest.key());
    if (!wants(node.get())) continue;  // a root that depends on no wanted input
    if (is_frozen(*node)) continue;
    Tensor gy = after_hooks(*node, std::move(newest.mapped()));
    if (auto capture = captured.find(node.get()); capture != captured.end()) {
      if (receiver) {
        hand_out(capture->second, std::move(gy));
        continue;
      }
      capture->second.gradient = gy;
    }
    if (node->is_leaf()) {
      if (!is_grad_call && !is_frozen(*node)) run_leaf(*node, std::move(gy));  // its own hook may have frozen it
    } else if (!is_grad_call || needed.contains(node.get())) {
      run_op(node, gy);
    }
  }
}

void Pass::run_op(const NodePtr& node, const Tensor& gy) {
  const Wants wants(*node, *this);
  Gradients gradients = [&] {
    RunningNode running(*node);
    return node->gradient(gy, wants);
  }();
  if (gradients.size() != node->input_count()) {
    fail<GradError>(node->op(), "its gradient function returned {} gradients for {} inputs", gradients.size(),
                    node->input_count());
  }
  if (detects_anomaly()) check_backward(*node, gy, gradients, wants);
  if (!retain_graph) release_saved(*node);
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    if (!wants[i] || !gradients[i].defined()) continue;
    const NodePtr& input = node->input(i);
    // An input that was broadcast: its gradient is the sum over the copies.
    if (gradients[i].shape() == node->shape() && input->shape() != node->shape() &&
        broadcasts_to(input->shape(), node->shape())) {
      gradients[i] = sum_to(gradients[i], input->shape());
    }
    if (gradients[i].shape() != input->shape() || gradients[i].dtype() != input->dtype()) {
      fail<GradError>(node->op(), "its gradient for input {} is {} {}, but the input is {} {}", i, gradients[i].dtype(),
                      gradients[i].shape(), input->dtype(), input->shape());
    }
    arrive(input, std::move(gradients[i]));
  }
  if (receiver) end_uses_by(*node);
}

/// After the op has run: leaves that no other op uses are complete.
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

void Pass::run_leaf(Node& node, Tensor g) {
  Leaf& leaf = static_cast<Leaf&>(node);
  if (g.dtype() != leaf.dtype() || g.shape() != leaf.shape()) {
    fail<GradError>("backward", "a {} {} gradient arrived at a leaf that became {} {} during backward", g.dtype(),
                    g.shape(), leaf.dtype(), leaf.shape());
  }
  if (g.requires_grad()) g = g.detach();  // recorded although grad mode is off; its history could form a cycle
  leaf.add_to_grad(std::move(g));
  leaf.run_post_hooks();
}

namespace {

Tensor seed_for(const char* op, const Tensor& y, const Tensor& seed) {
  if (!y.defined()) fail<ValueError>(op, "the tensor is undefined");
  if (!y.requires_grad()) {
    fail<GradError>(op,
                    "nothing on the tape leads to this {} tensor of shape {}: no input required grad, or it was "
                    "computed under a NoGradGuard or detached",
                    y.dtype(), y.shape());
  }
  if (!seed.defined()) {
    if (y.numel() != 1) {
      fail<GradError>(op,
                      "a tensor of shape {} is not a scalar; reduce it with sum() or mean(), or pass a seed of that "
                      "shape",
                      y.shape());
    }
    Tensor one = make_tensor(y.shape(), y.dtype());
    visit_floating(y.dtype(), [&one]<class T>() { *elements<T>(one) = 1; });
    return one;
  }
  if (seed.shape() != y.shape()) {
    fail<ShapeError>(op, "the seed has shape {}, the tensor {}", seed.shape(), y.shape());
  }
  if (seed.dtype() != y.dtype()) fail<DTypeError>(op, "the seed is {}, the tensor {}", seed.dtype(), y.dtype());
  return seed;
}

/// Drops every saved value, or at least the roots' where there is no memory to find the others.
void release_graph(std::span<const NodePtr> roots) noexcept {
  try {
    for (Node* node : reachable(roots)) release_saved(*node);
  } catch (const std::bad_alloc&) {
    for (const NodePtr& root : roots) release_saved(*root);
  }
}

/// Runs the pass; releases the graph's saved values even when something throws.
void run_or_release(Pass& pass, std::span<const NodePtr> roots) {
  GradModeGuard mode(pass.create_graph);
  try {
    pass.run();
  } catch (...) {
    if (!pass.retain_graph) release_graph(roots);
    throw;
  }
}

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

}  // namespace
}  // namespace detail

void Tensor::backward(const Tensor& seed, BackwardOptions options) const {
  Tensor g = detail::seed_for("backward", *this, seed);
  const NodePtr root = impl_->node;
  detail::Pass pass;
  pass.retain_graph = options.retain_graph;
  pass.arrive(root, std::move(g));
  detail::run_or_release(pass, {&root, 1});
}

Seeds::Seeds(std::initializer_list<Tensor> seeds) : tensors(seeds) {}
Seeds::Seeds(std::vector<Tensor> seeds) : tensors(std::move(seeds)) {}

namespace {

std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs, const Seeds& seeds,
                         GradOptions options, detail::GradientReceiver* receiver) {
  const bool has_seeds = !seeds.tensors.empty();
  if (has_seeds && seeds.tensors.size() != outputs.size()) {
    fail<ValueError>("grad", "{} seeds for {} outputs; pass one for each, an undefined one for 1", seeds.tensors.size(),
                     outputs.size());
  }
  detail::Pass pass;
  pass.is_grad_call = true;
  pass.create_graph = options.create_graph;
  pass.retain_graph = options.retain_graph || options.create_graph;
  pass.receiver = receiver;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].requires_grad()) fail<GradError>("grad", "inputs[{}] does not require grad", i);
    pass.captured[inputs[i].impl()->node.get()].number = i;
  }
  std::vector<NodePtr> roots;
  std::vector<Tensor> gradients_in;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    gradients_in.push_back(detail::seed_for("grad", outputs[i], has_seeds ? seeds.tensors[i] : Tensor()));
    roots.push_back(outputs[i].impl()->node);
  }
  detail::mark_needed(pass, roots);
  {
    detail::GradModeGuard mode(pass.create_graph);
    for (auto& [leaf, input] : pass.captured) {
      if (receiver && input.uses == 0) pass.hand_out(input, {});
    }
    for (std::size_t i = 0; i < roots.size(); ++i) pass.arrive(roots[i], std::move(gradients_in[i]));
  }
  detail::run_or_release(pass, roots);

  std::vector<Tensor> result;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    detail::Captured& input = pass.captured.at(inputs[i].impl()->node.get());
    if (receiver) pass.hand_out(input, {});
    result.push_back(input.gradient);
    if (!result.back().defined() && !options.allow_unused) {
      fail<GradError>("grad",
                      "no output depends on inputs[{}]; pass {{.allow_unused = true}} to get an undefined "
                      "gradient for it",
                      i);
    }
    Tensor& g = result.back();  // if a seed is a copy where PyTorch has a view: unlike it, the gradient may be written
    if (g.defined() && g.impl()->storage->copied_by()) {
      g = pass.create_graph ? detail::recorded_copy(g) : detail::copy_of(g);
    }
  }
  return result;
}

}  // namespace

std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs, const Seeds& seeds,
                         GradOptions options) {
  return grad(outputs, inputs, seeds, options, nullptr);
}

void detail::grad_when_complete(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                                GradientReceiver& receiver) {
  grad(outputs, inputs, std::vector<Tensor>(), {.allow_unused = true}, &receiver);
}

}  // namespace xtape
