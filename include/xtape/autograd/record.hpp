// record(): puts an op on the tape, built-in or user-defined. The caller computes the value and writes the gradient
// function beside it; the function's captures, made by save() and save_output(), are all that backward keeps.
//
//   Tensor cube(const Tensor& x) {  // y = x^3,  dx = 3 x^2 gy
//     Tensor y = without_grad([&] { return x * x * x; });
//     return record("cube", {x}, y, [x = save(x)](const Tensor& gy) { return Gradients{3 * *x * *x * gy}; });
//   }
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "xtape/autograd/grad_mode.hpp"
#include "xtape/autograd/node.hpp"
#include "xtape/export.hpp"
#include "xtape/tensor.hpp"

namespace xtape {

namespace detail {
XTAPE_API void retain_saved(TensorImpl*) noexcept;
XTAPE_API void release_saved(TensorImpl*) noexcept;
}  // namespace detail

/// A value that the gradient function needs: `*saved` is the tensor. It remembers the storage's version: `*saved`
/// throws GradError when the value has been modified in place since.
class XTAPE_API Saved {
 public:
  Saved() = default;
  explicit Saved(const Tensor& value);
  Saved(const Saved& other) noexcept;
  Saved(Saved&& other) noexcept
      : value_(std::exchange(other.value_, nullptr)), version_(other.version_), is_output_(other.is_output_) {}
  Saved& operator=(Saved other) noexcept {
    std::swap(value_, other.value_);
    version_ = other.version_;
    is_output_ = other.is_output_;
    return *this;
  }
  ~Saved() {
    if (value_) detail::release_saved(value_);
  }

  Tensor operator*() const;
  /// Not checked for modification.
  Shape shape() const;
  DType dtype() const;

 private:
  friend XTAPE_API Saved save_output(const Tensor& y, bool needed);

  detail::TensorImpl* value_ = nullptr;  // counted apart from handles: `x += y` asks whether x has another
  std::uint32_t version_ = 0;
  bool is_output_ = false;
};

/// Saves an input of the op, or a constant, for the gradient function; or nothing unless `needed` (pass
/// `other.requires_grad()` where a value serves only the gradient of another input). Not for the op's own output: in
/// a backward that creates a graph, that is a GradError.
[[nodiscard]] inline Saved save(const Tensor& value, bool needed = true) { return needed ? Saved(value) : Saved(); }
void save(const Tensor& value, const char* path) = delete;  // this save does not write files
/// Saves the op's own output, the tensor that record() gets as its value, where the gradient is a function of it:
/// `[y = save_output(y)](const Tensor& gy) { return Gradients{*y * gy}; }` for y = exp(x). It makes no cycle, and when
/// gradients of gradients are wanted, `*y` is the output on the tape again. ValueError when y is undefined (moved
/// from), GradError from `*y` when it is not the output of the op whose gradient function runs.
XTAPE_API Saved save_output(const Tensor& y, bool needed = true);

/// One gradient for each input, in order. An undefined one means zero, or not wanted.
class XTAPE_API Gradients {
 public:
  template <class... T>
    requires((std::same_as<std::remove_cvref_t<T>, Tensor> && ...) && sizeof...(T) <= 3)
  explicit Gradients(T&&... gradients) : size_(sizeof...(T)), few_{std::forward<T>(gradients)...} {}
  explicit Gradients(std::vector<Tensor> gradients);

  std::size_t size() const noexcept { return size_; }
  Tensor& operator[](std::size_t i) noexcept { return many_.empty() ? few_[i] : many_[i]; }

 private:
  std::size_t size_;
  Tensor few_[3];
  std::vector<Tensor> many_;
};

namespace detail {
struct Pass;
}

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

namespace detail {

/// An argument of record: refers to a tensor during the call.
struct TensorRef {
  TensorRef(const Tensor& t) noexcept : tensor(&t) {}  // NOLINT: implicit on purpose
  /// A module's parameter.
  template <std::convertible_to<const Tensor&> T>
  TensorRef(const T& t) noexcept : TensorRef(static_cast<const Tensor&>(t)) {}  // NOLINT: implicit on purpose
  const Tensor* tensor;
};

/// True in grad mode when an input requires grad.
XTAPE_API bool wants_recording(const TensorRef* inputs, std::size_t count) noexcept;
XTAPE_API bool wants_recording(const std::vector<Tensor>& inputs) noexcept;
/// Puts a node on the tape as the op that made y. If y has other holders, the result is a new handle to its storage.
XTAPE_API Tensor put_on_tape(NodePtr node, const TensorRef* inputs, std::size_t count, Tensor y);
XTAPE_API Tensor put_on_tape(NodePtr node, const std::vector<Tensor>& inputs, Tensor y);

/// The node of an op whose gradient function is an Fn.
template <class Fn>
class OpNode final : public Node {
 public:
  OpNode(const char* op, std::size_t inputs, Fn fn) : Node(op, inputs), alive_(true) { new (&fn_) Fn(std::move(fn)); }
  ~OpNode() override { drop(); }

  Gradients gradient(const Tensor& gy, Wants wants) override {
    if (!alive_) fail_released();
    if constexpr (std::is_invocable_v<Fn&, const Tensor&, Wants>) {
      return fn_(gy, wants);
    } else {
      return fn_(gy);
    }
  }
  void release_saved() noexcept override {
    if constexpr (!std::is_trivially_destructible_v<Fn>) drop();
  }

 private:
  void drop() noexcept {
    if (std::exchange(alive_, false)) fn_.~Fn();
  }
  bool alive_;
  // A union, so that release_saved can destroy the function.
  union {
    Fn fn_;
  };
};

}  // namespace detail

/// Records an op: `y` is its value, computed without_grad from `inputs`, and `gradient` maps the gradient that arrives
/// at y to those of the inputs. Returns y with the op as its history; when grad mode is off or no input requires grad,
/// y unchanged.
///
/// `gradient` is called as `gradient(gy)` or `gradient(gy, wants)` and returns Gradients, one for each input, each
/// with its input's dtype and shape (checked) or, where the input was broadcast, the output's shape: the tape sums
/// over the copies. Write it with ops, and gradients of gradients follow. It captures what it needs by `x = save(x)`
/// and `y = save_output(y)`, never `[&]`, `[x]` or `[y]`; never write `std::move(y)` beside `save_output(y)`.
/// It must not write into gy, which others may share.
template <class Fn>
Tensor record(OpName op, std::initializer_list<detail::TensorRef> inputs, Tensor y, Fn gradient) {
  if (!detail::wants_recording(inputs.begin(), inputs.size())) return y;
  return detail::put_on_tape(NodePtr::adopt(new detail::OpNode<Fn>(op.text, inputs.size(), std::move(gradient))),
                             inputs.begin(), inputs.size(), std::move(y));
}
template <class Fn>
Tensor record(OpName op, const std::vector<Tensor>& inputs, Tensor y, Fn gradient) {
  if (!detail::wants_recording(inputs)) return y;
  return detail::put_on_tape(NodePtr::adopt(new detail::OpNode<Fn>(op.text, inputs.size(), std::move(gradient))),
                             inputs, std::move(y));
}

}  // namespace xtape
