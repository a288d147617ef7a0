// Backward: gradients travel from the roots to the leaves, newest node first. Since inputs are always older than the
// ops that use them, a node's gradient is complete when its turn comes; leaves (sequence 0) come last of all. So an op
// that throws has touched no leaf, and when a leaf's own hook throws, every leaf's gradient is either unchanged or
// complete. (grad_when_complete() alone takes a leaf earlier: its receiver sees gradients before the last op.)
#include <new>
#include <span>
#include <utility>

#include "autograd/anomaly.hpp"
#include "autograd/backward_ops.hpp"
#include "autograd/pass.hpp"
#include "core/broadcast.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"

namespace xtape {

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

namespace {

/// Drops every saved value, or at least the roots' where there is no memory to find the others.
void release_graph(std::span<const NodePtr> roots) noexcept {
  try {
    for (Node* node : reachable(roots)) release_saved(*node);
  } catch (const std::bad_alloc&) {
    for (const NodePtr& root : roots) release_saved(*root);
  }
}

}  // namespace

void run_or_release(Pass& pass, std::span<const NodePtr> roots) {
  GradModeGuard mode(pass.create_graph);
  try {
    pass.run();
  } catch (...) {
    if (!pass.retain_graph) release_graph(roots);
    throw;
  }
}

}  // namespace detail

void Tensor::backward(const Tensor& seed, BackwardOptions options) const {
  Tensor g = detail::seed_for("backward", *this, seed);
  const NodePtr root = impl_->node;
  detail::Pass pass;
  pass.retain_graph = options.retain_graph;
  pass.arrive(root, std::move(g));
  detail::run_or_release(pass, {&root, 1});
}

}  // namespace xtape
