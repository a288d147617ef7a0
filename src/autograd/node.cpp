// Nodes and saved values: building and freeing the tape. Freeing is iterative: a node that loses its last holder while
// another node is being freed waits in a list, so that a chain of a million ops needs no more stack than one.
#include "autograd/node.hpp"

#include <algorithm>
#include <atomic>
#include <unordered_set>

#include "autograd/anomaly.hpp"
#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "core/memory.hpp"
#include "xtape/autograd/tape.hpp"

namespace xtape {

namespace {

std::atomic<std::int64_t> live{0};
thread_local std::uint64_t last_sequence = 0;
thread_local const detail::RunningNode* running = nullptr;
// Trivially destructible: they must outlive every thread_local and static destructor that may still release a tensor.
thread_local Node* to_free = nullptr;
thread_local bool freeing = false;

}  // namespace

Node::Node(const char* op, std::size_t inputs) : op_(op), input_count_(inputs), inputs_(few_inputs_) {
  if (inputs > std::size(few_inputs_)) inputs_ = new NodePtr[inputs];
}

void* Node::operator new(std::size_t bytes) { return detail::take_block_or_throw(bytes); }
void Node::operator delete(void* p, std::size_t bytes) noexcept { detail::give_back(p, bytes); }

Node::~Node() {
  if (inputs_ != few_inputs_) delete[] inputs_;
  delete extras_;
  if (!is_leaf()) live.fetch_sub(1, std::memory_order_relaxed);
}

void Node::fail_released() const {
  fail<GradError>(op_,
                  "its saved values were released by an earlier backward; pass {{.retain_graph = true}} to "
                  "that one, or compute the loss again");
}

void NodeAccess::set_output(Node& node, const Tensor& y) {
  set_value_type(node, y.impl()->shape, y.impl()->dtype);
  node.output_ = y.impl()->data;
}

bool NodeAccess::is_output(const Node& node, const Tensor& y) {
  return node.output_ == y.impl()->data && node.shape() == y.impl()->shape;
}

void retain(Node* node) noexcept { std::atomic_ref(node->references_).fetch_add(1, std::memory_order_relaxed); }

void release(Node* node) noexcept {
  const std::atomic_ref references(node->references_);
  const bool alone = references.load(std::memory_order_acquire) == 1;  // cannot race with another holder
  if (!alone && references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  node->next_to_free_ = to_free;
  to_free = node;
  if (freeing) return;
  freeing = true;
  while (Node* next = to_free) {
    to_free = next->next_to_free_;
    delete next;
  }
  freeing = false;
}

namespace detail {

bool wants_recording(const TensorRef* inputs, std::size_t count) noexcept {
  if (!is_grad_enabled()) return false;
  return std::any_of(inputs, inputs + count, [](const TensorRef& ref) {
    const TensorImpl* impl = ref.tensor->impl();
    return impl && impl->requires_grad;
  });
}

bool wants_recording(const std::vector<Tensor>& inputs) noexcept {
  return is_grad_enabled() && std::any_of(inputs.begin(), inputs.end(),
                                          [](const Tensor& x) { return x.defined() && x.impl()->requires_grad; });
}

Tensor put_on_tape(NodePtr node, const std::vector<Tensor>& inputs, Tensor y) {
  const std::vector<TensorRef> refs(inputs.begin(), inputs.end());
  return put_on_tape(std::move(node), refs.data(), refs.size(), std::move(y));
}

Tensor put_on_tape(NodePtr node, const TensorRef* inputs, std::size_t count, Tensor y) {
  if (!y.defined()) fail<GradError>(node->op(), "record: the value is an undefined tensor");
  if (!is_floating(y.dtype())) {
    fail<GradError>(node->op(), "record: only floating values have gradients, this one is {}", y.dtype());
  }
  if (detects_anomaly()) check_forward(*node, inputs, count, y);
  std::uint64_t sequence = last_sequence;
  for (std::size_t i = 0; i < count; ++i) {
    const TensorImpl* input = inputs[i].tensor->impl();
    if (!input || !input->requires_grad) continue;
    sequence = std::max(sequence, input->node->sequence());
    NodeAccess::set_input(*node, i, input->node);
  }
  last_sequence = sequence + 1;
  NodeAccess::set_sequence(*node, sequence + 1);
  live.fetch_add(1, std::memory_order_relaxed);
  // Other holders of y, such as a closure that saved it, keep a constant: the tape gets its own handle.
  if (y.impl()->references.load(std::memory_order_acquire) != 1 || y.impl()->node) {
    NodeAccess::set_recorded_value(*node, y);
    y = make_view(y, y.shape());
  }
  NodeAccess::set_output(*node, y);
  y.impl()->set_requires_grad(true);
  y.impl()->node = std::move(node);
  return y;
}

std::vector<Node*> reachable(std::span<const NodePtr> roots) {
  std::unordered_set<Node*> seen;
  for (const NodePtr& root : roots) seen.insert(root.get());
  std::vector<Node*> nodes(seen.begin(), seen.end());
  for (std::size_t next = 0; next < nodes.size(); ++next) {
    for (std::size_t i = 0; i < nodes[next]->input_count(); ++i) {
      Node* input = nodes[next]->input(i).get();
      if (input && seen.insert(input).second) nodes.push_back(input);
    }
  }
  std::sort(nodes.begin(), nodes.end(), [](Node* a, Node* b) { return a->sequence() < b->sequence(); });
  return nodes;
}

RunningNode::RunningNode(const Node& n) noexcept : node(n), outer(std::exchange(running, this)) {}
RunningNode::~RunningNode() { running = outer; }
const Node* running_node() noexcept { return running ? &running->node : nullptr; }

void release_saved(Node& node) noexcept {
  for (const RunningNode* scope = running; scope; scope = scope->outer) {
    if (&scope->node == &node) return;
  }
  node.release_saved();
}

}  // namespace detail

Gradients::Gradients(std::vector<Tensor> gradients) : size_(gradients.size()), many_(std::move(gradients)) {}

Saved::Saved(const Tensor& value) : value_(value.impl()) {
  if (!value_) return;
  detail::retain_saved(value_);
  version_ = value_->storage->version();
}

Saved::Saved(const Saved& other) noexcept
    : value_(other.value_), version_(other.version_), is_output_(other.is_output_) {
  if (value_) detail::retain_saved(value_);
}

Saved save_output(const Tensor& y, bool needed) {
  if (!needed) return Saved();
  if (!y.defined()) fail<ValueError>("save_output", "the tensor is undefined; was it moved from beside this call?");
  // An output that has a history (an input returned unchanged, say) is kept without it, so that there is no cycle.
  Saved saved(y.requires_grad() ? y.detach() : y);
  saved.is_output_ = true;
  return saved;
}

namespace {
const detail::TensorImpl& saved_tensor(const detail::TensorImpl* value) {
  if (!value) fail<ValueError>("save", "nothing was saved");
  return *value;
}
}  // namespace

Shape Saved::shape() const { return saved_tensor(value_).shape; }
DType Saved::dtype() const { return saved_tensor(value_).dtype; }

Tensor Saved::operator*() const {
  if (!value_) return Tensor();
  const Node* node = detail::running_node();
  const char* op = node ? node->op() : "save";
  const std::uint32_t now = value_->storage->version();
  if (now != version_) {
    fail<GradError>(op,
                    "a saved value of shape {} was modified in place (version {}, saved at {}); modify a clone "
                    "instead, or do it after backward",
                    value_->shape, now, version_);
  }
  Tensor value = detail::handle_to_saved(value_);
  if (!is_output_) {
    if (node && is_grad_enabled() && !value_->requires_grad && NodeAccess::is_recorded_value(*node, value)) {
      fail<GradError>(op,
                      "its gradient function keeps the op's output by save(y), as if it were a constant; use "
                      "save_output(y), or save(x.detach()) if the output is the constant x itself");
    }
    return value;
  }
  if (!node || !NodeAccess::is_output(*node, value)) {
    fail<GradError>(op, "save_output: the tensor of shape {} is not the output of the op whose gradient function runs",
                    value_->shape);
  }
  if (!is_grad_enabled()) return value;
  Tensor y = detail::make_view(value, value_->shape);
  y.impl()->set_requires_grad(true);
  y.impl()->node = NodePtr::share(const_cast<Node*>(node));
  return y;
}

namespace autograd {
std::int64_t live_nodes() noexcept { return live.load(std::memory_order_relaxed); }
}  // namespace autograd

}  // namespace xtape
