// The inside of Node, for the few files that build, walk and run the tape.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "autograd/hooks.hpp"
#include "xtape/autograd/node.hpp"
#include "xtape/autograd/record.hpp"

namespace xtape {

namespace detail {
/// What few nodes have.
struct NodeExtras {
  HookList<Tensor(const Tensor&)> hooks;
  std::string module_path;  // of the module in which the op was recorded, in anomaly mode
};
}  // namespace detail

struct NodeAccess {
  /// Null where there are none.
  static detail::NodeExtras* extras(const Node& node) { return node.extras_; }
  static detail::NodeExtras& make_extras(Node& node) {
    if (!node.extras_) node.extras_ = new detail::NodeExtras();
    return *node.extras_;
  }
  static void set_input(Node& node, std::size_t i, NodePtr input) { node.inputs_[i] = std::move(input); }
  static void set_sequence(Node& node, std::uint64_t sequence) { node.sequence_ = sequence; }
  static void set_output(Node& node, const Tensor& y);
  static void set_value_type(Node& node, const Shape& shape, DType dtype) {
    node.shape_ = shape;
    node.dtype_ = dtype;
  }
  /// Whether y, alive since the node was recorded, has the elements and the shape of the node's output.
  static bool is_output(const Node& node, const Tensor& y);
  /// The tensor that record() got as the value, if it has other holders, such as a gradient function.
  static void set_recorded_value(Node& node, const Tensor& y) { node.recorded_value_ = y.impl(); }
  static bool is_recorded_value(const Node& node, const Tensor& y) { return node.recorded_value_ == y.impl(); }
};

namespace detail {

/// Every node that the roots depend on, themselves included, inputs before their users; leaves come first.
std::vector<Node*> reachable(std::span<const NodePtr> roots);

/// Marks the node whose gradient function runs on this thread, for a scope.
class RunningNode {
 public:
  explicit RunningNode(const Node& node) noexcept;
  ~RunningNode();
  RunningNode(const RunningNode&) = delete;
  RunningNode& operator=(const RunningNode&) = delete;

  const Node& node;
  const RunningNode* const outer;  // a gradient function may run a backward of its own
};

/// The node whose gradient function runs on this thread, or null.
const Node* running_node() noexcept;
/// Drops what the node's gradient function has captured, unless it runs on this thread: who runs it will drop it.
void release_saved(Node& node) noexcept;

}  // namespace detail
}  // namespace xtape
