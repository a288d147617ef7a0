// One run over a graph: what backward() and grad() have in common.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <unordered_set>
#include <utility>
#include <vector>

#include "autograd/grad_when_complete.hpp"
#include "autograd/node.hpp"
#include "autograd/tensor_impl.hpp"
#include "core/memory.hpp"

namespace xtape::detail {

/// The newest node first; leaves, which count as older than every op, in the order of their creation.
struct NewestFirst {
  bool operator()(const NodePtr& a, const NodePtr& b) const noexcept {
    if (a->sequence() != b->sequence()) return a->sequence() > b->sequence();
    if (a->is_leaf()) return static_cast<Leaf&>(*a).number < static_cast<Leaf&>(*b).number;
    return a.get() < b.get();
  }
};

/// An input of grad().
struct Captured {
  Tensor gradient;         // what has arrived
  std::size_t number = 0;  // its place among the inputs

  // Only for a receiver.
  std::size_t uses = 0;  // by needed ops that have not run
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

  using Pending = std::map<NodePtr, Tensor, NewestFirst, BlockAllocator<std::pair<const NodePtr, Tensor>>>;
  Pending pending;
  std::vector<Pending::iterator> complete;  // leaves that go before any op, only for a receiver

  /// Whether the pass needs the gradient at this node.
  bool wants(const Node* node) const { return !is_grad_call || needed.contains(node) || captured.contains(node); }
  /// Adds g to what waits for the node's turn.
  void arrive(const NodePtr& node, Tensor g);
  /// Takes the nodes in their order, until none waits.
  void run();
  void run_op(const NodePtr& node, const Tensor& gy);
  void run_leaf(Node& node, Tensor g);

  // In grad.cpp, only for a receiver.
  /// After the op has run: leaves that no other op uses are complete.
  void end_uses_by(const Node& op);
  /// Gives the receiver the input's gradient, once.
  void hand_out(Captured& input, Tensor g);
};

/// What arrives at y: `seed`, or 1 for a scalar. Errors name `op`.
Tensor seed_for(const char* op, const Tensor& y, const Tensor& seed);
/// Runs the pass; releases the graph's saved values even when something throws.
void run_or_release(Pass& pass, std::span<const NodePtr> roots);

}  // namespace xtape::detail
