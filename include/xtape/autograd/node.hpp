// Node: one recorded op, as the tape holds it. It knows its name, its inputs' nodes and, in the class that record()
// derives from it, the gradient function. Tensor -> Node -> input Nodes is the graph and never has a cycle. A leaf that
// requires grad has a node too: the place where its gradient accumulates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

#include "xtape/detail/intrusive_ptr.hpp"
#include "xtape/dtype.hpp"
#include "xtape/export.hpp"
#include "xtape/shape.hpp"
#include "xtape/tensor.hpp"

namespace xtape {

class Gradients;
class Node;
class Wants;
XTAPE_API void retain(Node*) noexcept;
XTAPE_API void release(Node*) noexcept;
namespace detail {
struct NodeExtras;
}
using NodePtr = detail::IntrusivePtr<Node>;

/// One entry of the tape. Reference-counted by the tensors and nodes that depend on it; freed without recursion.
class XTAPE_API Node {
 public:
  Node(const char* op, std::size_t inputs);
  virtual ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  static void* operator new(std::size_t bytes);
  static void operator delete(void* p, std::size_t bytes) noexcept;
  // For gradient functions whose captures need more than the usual alignment.
  static void* operator new(std::size_t bytes, std::align_val_t alignment) { return ::operator new(bytes, alignment); }
  static void operator delete(void* p, std::align_val_t alignment) noexcept { ::operator delete(p, alignment); }

  const char* op() const noexcept { return op_; }
  /// 1 + max(the thread's last, the inputs'): inputs always come before the ops that use them. 0 for a leaf.
  std::uint64_t sequence() const noexcept { return sequence_; }
  const Shape& shape() const noexcept { return shape_; }
  DType dtype() const noexcept { return dtype_; }
  std::size_t input_count() const noexcept { return input_count_; }
  /// Null for an input that did not require grad.
  const NodePtr& input(std::size_t i) const noexcept { return inputs_[i]; }
  bool is_leaf() const noexcept { return sequence_ == 0; }

  /// Gradients of the inputs, from that of the output. GradError after release_saved.
  virtual Gradients gradient(const Tensor& gy, Wants wants) = 0;
  /// Destroys the gradient function and its captures. A trivially destructible one stays usable.
  virtual void release_saved() noexcept = 0;

 protected:
  [[noreturn]] void fail_released() const;

 private:
  friend void retain(Node*) noexcept;
  friend void release(Node*) noexcept;
  friend struct NodeAccess;

  std::int32_t references_ = 1;  // through std::atomic_ref: <atomic> is a heavy header
  DType dtype_ = DType::float32;
  std::uint64_t sequence_ = 0;
  const char* op_;
  Shape shape_;
  // Compared, never dereferenced: the output's elements, and the tensor that record() got as the value, if it has other
  // holders.
  const void* output_ = nullptr;
  const void* recorded_value_ = nullptr;
  std::size_t input_count_;
  NodePtr few_inputs_[3];
  NodePtr* inputs_;  // few_inputs_, or an array of its own
  Node* next_to_free_ = nullptr;
  detail::NodeExtras* extras_ = nullptr;  // owned: hooks and the like; few nodes have any
};

}  // namespace xtape
