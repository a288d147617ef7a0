// The tape. A Node is one recorded op: its name, its inputs' nodes, and a gradient function whose captures are
// all that backward keeps. Tensor -> Node -> input Nodes is the graph and never has a cycle. A leaf that requires
// grad has a node too: the place where its gradient accumulates.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <new>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "xtape/detail/callback.hpp"
#include "xtape/tensor.hpp"

namespace xtape {

// ---- grad mode -------------------------------------------------------------------------------------------------

/// True unless a NoGradGuard stands on this thread.
XTAPE_API bool is_grad_enabled() noexcept;

namespace detail {
/// Sets this thread's grad mode for a scope; restored on every way out.
class XTAPE_API GradModeGuard {
 public:
  explicit GradModeGuard(bool enabled) noexcept;
  ~GradModeGuard();
  GradModeGuard(const GradModeGuard&) = delete;
  GradModeGuard& operator=(const GradModeGuard&) = delete;

 private:
  bool previous_;
};
}  // namespace detail

/// Ops in this scope are not recorded, and writing in place is allowed.
class NoGradGuard : detail::GradModeGuard {
 public:
  NoGradGuard() noexcept : GradModeGuard(false) {}
};

/// Ops in this scope are recorded again, inside a NoGradGuard.
class EnableGradGuard : detail::GradModeGuard {
 public:
  EnableGradGuard() noexcept : GradModeGuard(true) {}
};

/// The result of f(), computed under a NoGradGuard.
template <class F>
auto without_grad(F&& f) {
  NoGradGuard no_grad;
  return std::forward<F>(f)();
}

// ---- recording an op -------------------------------------------------------------------------------------------

/// A value that the gradient function needs. Remembers the storage's version: `*saved` throws GradError when the
/// value has been modified in place since. Saving the op's own output is safe: it makes no cycle, and `*saved` is
/// joined to its node again when gradients of gradients are wanted.
class XTAPE_API Saved {
 public:
  Saved() = default;
  explicit Saved(Tensor value);
  Tensor operator*() const;
  /// Shape and dtype need no check.
  Shape shape() const { return value_.shape(); }
  DType dtype() const { return value_.dtype(); }

 private:
  Tensor value_;
  std::uint32_t version_ = 0;
};

/// Saves `value` for the gradient function, or nothing unless `needed` (pass `other.requires_grad()` where a value
/// serves only the gradient of another input).
inline Saved save(const Tensor& value, bool needed = true) { return needed ? Saved(value) : Saved(); }

/// One gradient for each input, in order. An undefined one means zero, or not wanted.
class Gradients {
 public:
  template <class... T>
    requires((std::same_as<std::remove_cvref_t<T>, Tensor> && ...) && sizeof...(T) <= 3)
  explicit Gradients(T&&... gradients) : size_(sizeof...(T)), few_{std::forward<T>(gradients)...} {}
  explicit Gradients(std::vector<Tensor> gradients) : size_(gradients.size()), many_(std::move(gradients)) {}

  std::size_t size() const noexcept { return size_; }
  Tensor& operator[](std::size_t i) noexcept { return many_.empty() ? few_[i] : many_[i]; }

 private:
  std::size_t size_;
  Tensor few_[3];
  std::vector<Tensor> many_;
};

class Node;
XTAPE_API void retain(Node*) noexcept;
XTAPE_API void release(Node*) noexcept;
namespace detail {
struct NodeExtras;
struct Pass;
}  // namespace detail
using NodePtr = detail::IntrusivePtr<Node>;

/// Says which inputs of the op want a gradient, so that a gradient function may skip the others.
class XTAPE_API Wants {
 public:
  Wants(const Node& node, const detail::Pass& pass) noexcept : node_(&node), pass_(&pass) {}
  bool operator[](std::size_t input) const noexcept;

 private:
  const Node* node_;
  const detail::Pass* pass_;
};

/// The name of an op: a string literal, which outlives every node.
struct OpName {
  template <std::size_t n>
  consteval OpName(const char (&literal)[n]) : text(literal) {}  // NOLINT: implicit on purpose
  const char* text;
};

/// One entry of the tape. Counted by the tensors and nodes that lean on it; freed without recursion.
class XTAPE_API Node {
 public:
  Node(const char* op, std::size_t inputs);
  virtual ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  static void* operator new(std::size_t bytes);
  static void operator delete(void* p, std::size_t bytes) noexcept;
  // For a function with captures that want more than the usual alignment.
  static void* operator new(std::size_t bytes, std::align_val_t alignment) { return ::operator new(bytes, alignment); }
  static void operator delete(void* p, std::align_val_t alignment) noexcept { ::operator delete(p, alignment); }

  const char* op() const noexcept { return op_; }
  /// 1 + max(the thread's last, the inputs'): inputs always come before the ops that use them. 0 for a leaf.
  std::uint64_t sequence() const noexcept { return sequence_; }
  const Shape& shape() const noexcept { return shape_; }
  DType dtype() const noexcept { return dtype_; }
  std::size_t input_count() const noexcept { return input_count_; }
  /// Null for an input that wants no gradient.
  const NodePtr& input(std::size_t i) const noexcept { return inputs_[i]; }
  bool is_leaf() const noexcept { return sequence_ == 0; }

  /// Gradients of the inputs, from that of the output. GradError after release_saved.
  virtual Gradients gradient(const Tensor& gy, Wants wants) = 0;
  /// Drops what the gradient function has captured. A function that owns nothing stays usable.
  virtual void release_saved() noexcept = 0;

 protected:
  [[noreturn]] void fail_released() const;

 private:
  friend void retain(Node*) noexcept;
  friend void release(Node*) noexcept;
  friend struct NodeAccess;

  std::atomic<std::int32_t> references_{1};
  DType dtype_ = DType::float32;
  std::uint64_t sequence_ = 0;
  const char* op_;
  Shape shape_;
  const void* output_ = nullptr;  // where the output's elements are; an identity, never read
  std::size_t input_count_;
  NodePtr few_inputs_[3];
  std::unique_ptr<NodePtr[]> many_inputs_;
  NodePtr* inputs_;
  Node* next_dead_ = nullptr;
  std::unique_ptr<detail::NodeExtras> extras_;  // hooks and the like; few nodes have any
};

namespace detail {

/// An argument of record: refers to a tensor for the time of the call.
struct TensorRef {
  TensorRef(const Tensor& t) noexcept : tensor(&t) {}  // NOLINT: implicit on purpose
  const Tensor* tensor;
};

/// True in grad mode when an input requires grad.
XTAPE_API bool wants_recording(const TensorRef* inputs, std::size_t count) noexcept;
/// Puts a node on the tape as the maker of y. Where y is held elsewhere too, the result is a new handle to its storage.
XTAPE_API Tensor put_on_tape(NodePtr node, const TensorRef* inputs, std::size_t count, Tensor y);

template <class Fn>
class OpNode final : public Node {
 public:
  OpNode(const char* op, std::size_t inputs, Fn fn) : Node(op, inputs), alive_(true) { new (&fn_) Fn(std::move(fn)); }
  ~OpNode() override { drop(); }

  Gradients gradient(const Tensor& gy, Wants wants) override {
    if (!alive_) fail_released();
    const Call call(calls_);
    if constexpr (std::is_invocable_v<Fn&, const Tensor&, Wants>) {
      return fn_(gy, wants);
    } else {
      return fn_(gy);
    }
  }
  void release_saved() noexcept override {
    if constexpr (!std::is_trivially_destructible_v<Fn>) {
      if (calls_ == 0) drop();  // a backward inside the function must not take it away while it runs
    }
  }

 private:
  struct Call {
    explicit Call(int& n) noexcept : calls(n) { ++calls; }
    ~Call() { --calls; }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    int& calls;
  };
  void drop() noexcept {
    if (std::exchange(alive_, false)) fn_.~Fn();
  }
  bool alive_;
  int calls_ = 0;  // of the function, under way now
  union {
    Fn fn_;
  };
};

template <class Fn>
Tensor record(OpName op, const TensorRef* inputs, std::size_t count, Tensor y, Fn gradient) {
  if (!wants_recording(inputs, count)) return y;
  return put_on_tape(NodePtr::adopt(new OpNode<Fn>(op.text, count, std::move(gradient))), inputs, count, std::move(y));
}

}  // namespace detail

/// Records an op: `y` is its value, computed without_grad from `inputs`, and `gradient` maps the gradient arriving
/// at y to those of the inputs. Returns y as the tape knows it; outside grad mode, or when no input requires
/// grad, simply y.
///
/// `gradient` is called as `gradient(gy)` or `gradient(gy, wants)` and returns Gradients, one for each input, each
/// with its input's dtype and shape (checked) or, where the input was broadcast, the output's shape: the tape sums
/// over the copies. Write it with ops, and gradients of gradients follow. It captures what it needs by `x = save(x)`,
/// never `[&]`, `[x]` or `[y]`; never write `std::move(y)` beside `save(y)`.
template <class Fn>
Tensor record(OpName op, std::initializer_list<detail::TensorRef> inputs, Tensor y, Fn gradient) {
  return detail::record(op, inputs.begin(), inputs.size(), std::move(y), std::move(gradient));
}
template <class Fn>
Tensor record(OpName op, const std::vector<Tensor>& inputs, Tensor y, Fn gradient) {
  std::vector<detail::TensorRef> refs(inputs.begin(), inputs.end());
  return detail::record(op, refs.data(), refs.size(), std::move(y), std::move(gradient));
}

// ---- asking for gradients --------------------------------------------------------------------------------------

struct GradOptions {
  bool retain_graph = false;  ///< keep saved values for another pass (implied by create_graph)
  bool create_graph = false;  ///< record the gradients' own ops, so that they can be differentiated
  bool allow_unused = false;  ///< an input that no output depends on gets an undefined gradient, not a GradError
};

/// The gradients that arrive at outputs: grad({y}, {x}, {seed}). (A std::vector would make `{.create_graph = true}`
/// in its place ambiguous for GCC 12.)
class Seeds {
 public:
  Seeds(std::initializer_list<Tensor> seeds) : tensors(seeds) {}          // NOLINT: implicit on purpose
  Seeds(std::vector<Tensor> seeds) : tensors(std::move(seeds)) {}  // NOLINT: implicit on purpose
  std::vector<Tensor> tensors;
};

/// d(sum of outputs)/d(inputs), without touching any leaf's grad(). `seeds` are the gradients that arrive at the
/// outputs (one each; an undefined one, or none at all: 1 for scalar outputs).
XTAPE_API std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                                   GradOptions options = {});
XTAPE_API std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                                   const Seeds& seeds, GradOptions options = {});

// ---- looking at the tape ---------------------------------------------------------------------------------------

/// The ops that a tensor depends on, oldest first, as plain values: holding a Tape keeps no node alive.
class XTAPE_API Tape {
 public:
  struct Input {
    std::uint64_t sequence = 0;  ///< of the op that made it; 0 for a leaf or a constant
    bool requires_grad = false;
    Shape shape;  ///< known when requires_grad
  };
  struct Entry {
    std::uint64_t sequence = 0;
    std::string op;
    std::vector<Input> inputs;
    Shape shape;
    DType dtype = DType::float32;
  };

  static Tape of(const Tensor& t);
  std::size_t size() const noexcept { return entries_.size(); }
  const std::vector<Entry>& entries() const noexcept { return entries_; }
  /// One line an op: "#5 linear(constant, leaf (256, 784), leaf (256)) -> (32, 256) float32".
  std::string to_string() const;

 private:
  std::vector<Entry> entries_;
};

namespace autograd {

/// Nodes alive in this process, leaves not counted: returns to zero when every recorded result is gone.
XTAPE_API std::int64_t live_nodes() noexcept;

/// Finds where a NaN comes from. While it stands on this thread, an op that records a value with a NaN in it, or whose
/// gradient function returns one, throws a GradError. It names the op, the element, whether an input was NaN before
/// and, where the op was recorded in this scope, the module: `log "encoder.fc1": anomaly: ...`. Values that are not
/// recorded are not looked at. Reads every recorded value once more: for debugging only.
class XTAPE_API DetectAnomalyGuard {
 public:
  DetectAnomalyGuard() noexcept;
  ~DetectAnomalyGuard();
  DetectAnomalyGuard(const DetectAnomalyGuard&) = delete;
  DetectAnomalyGuard& operator=(const DetectAnomalyGuard&) = delete;

 private:
  bool previous_;
};

struct GradcheckOptions {
  double eps = 1e-5;   ///< step of the central difference
  double atol = 1e-8;  ///< absolute and relative tolerance of each element
  double rtol = 1e-6;
  std::uint64_t seed = 0;       ///< of the random upstream gradient
  bool raise_exception = true;  ///< throw GradError on a mismatch, instead of returning false
};
struct GradgradcheckOptions {
  double eps = 1e-5;
  double atol = 1e-7;
  double rtol = 1e-5;
  std::uint64_t seed = 0;
  bool raise_exception = true;
};

using GradcheckFunction = Callback<Tensor(const std::vector<Tensor>&)>;

/// Compares f's gradient, under a random upstream gradient, with central differences, element by element of every
/// input that requires grad. Inputs must be float64 leaves. The GradError names input, element and both values.
XTAPE_API bool gradcheck(const GradcheckFunction& f, const std::vector<Tensor>& inputs, GradcheckOptions options = {});
/// The same for the gradient of f, as a function of the inputs and of the upstream gradient.
XTAPE_API bool gradgradcheck(const GradcheckFunction& f, const std::vector<Tensor>& inputs,
                             GradgradcheckOptions options = {});

}  // namespace autograd

}  // namespace xtape
