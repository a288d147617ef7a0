// What a Tensor points at, and the unchecked access that ops and kernels' callers use.
// Invariant: `data` points into `storage`, which holds numel() elements of `dtype` from there on, row-major.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <utility>

#include "core/lock.hpp"
#include "core/memory.hpp"
#include "core/storage.hpp"
#include "xtape/autograd/record.hpp"
#include "xtape/tensor.hpp"

namespace xtape::detail {

/// What the tensor in brackets was, of a result of x[mask] or x[index].
enum class Subscript : std::uint8_t { none, mask, index };

class TensorImpl {
 public:
  /// n is the shape's numel().
  TensorImpl(StoragePtr s, std::byte* d, const Shape& sh, std::int64_t n, DType dt) noexcept
      : dtype(dt), shape(sh), numel(n), data(d), storage(std::move(s)) {}
  ~TensorImpl();
  TensorImpl(const TensorImpl&) = delete;
  TensorImpl& operator=(const TensorImpl&) = delete;

  static void* operator new(std::size_t bytes) { return take_block_or_throw(bytes); }
  static void operator delete(void* p, std::size_t bytes) noexcept { give_back(p, bytes); }

  /// The only way to change requires_grad: the storage counts its tensors that require grad.
  void set_requires_grad(bool on) noexcept {
    if (on != std::exchange(requires_grad, on)) storage->count_requiring_grad(on ? 1 : -1);
  }

  /// Other elements, as many, for every handle. What `d` points into is `s`.
  void set_storage(StoragePtr s, std::byte* d) noexcept {
    const bool requires_grad_now = requires_grad;
    set_requires_grad(false);
    storage = std::move(s);
    data = d;
    set_requires_grad(requires_grad_now);
  }

  /// A handle counts 1 and a Saved counts `saved_reference`, so that the two can be told apart.
  std::atomic<std::int64_t> references{1};
  static constexpr std::int64_t saved_reference = std::int64_t{1} << 32;
  static std::int32_t handles(std::int64_t references) noexcept { return static_cast<std::int32_t>(references); }

  DType dtype;
  bool requires_grad = false;
  Subscript subscript = Subscript::none;  // of a copy, so that an assignment to the temporary can say what to write
  Shape shape;
  std::int64_t numel;
  std::byte* data;
  StoragePtr storage;
  NodePtr node;  // the op that made this tensor, or a Leaf that holds its gradient, or null
};

/// The node of a leaf: holds the gradient, not the tensor, so that there is no cycle. Any number of threads may read,
/// replace and add to the gradient at once: each call is one step for the others.
class Leaf final : public Node {
 public:
  Leaf(const Shape& shape, DType dtype);
  ~Leaf() override;
  Gradients gradient(const Tensor& gy, Wants wants) override;
  void release_saved() noexcept override {}

  Tensor grad() const {
    const std::lock_guard lock(lock_);
    return grad_;
  }
  /// Replaces the gradient; undefined: none.
  void set_grad(Tensor g);
  /// Moves a first gradient in if it has no other holders, else copies it; adds a later one. Does not write into a
  /// tensor that a caller of grad() still holds. If it throws, the gradient is unchanged.
  void add_to_grad(Tensor g);
  /// Writes zeros into the gradient, if there is one: all its holders see them.
  void zero_grad();

  /// `owner` is the tensor whose node this is. The hooks get it; the leaf does not keep it alive.
  RemovableHandle add_post_hook(TensorImpl& owner, Callback<void(const Tensor&)> hook);
  void run_post_hooks();
  /// Called by the owner's destructor.
  void forget_owner() noexcept;

  bool wanted = false;         // the tensor's requires_grad: what arrives at a frozen leaf is dropped
  const std::uint64_t number;  // order of creation, in which backward visits leaves and runs their hooks

 private:
  struct PostHooks;
  mutable Lock lock_;  // guards grad_, and the hooks' owner, which may go on another thread
  Tensor grad_;
  std::unique_ptr<PostHooks> post_hooks_;
};

/// New storage; the elements are uninitialized. ShapeError for a negative extent or too many elements.
Tensor make_tensor(const Shape& shape, DType dtype);
/// The same on memory of the caller's, which must outlive the storage.
Tensor borrow(void* data, const Shape& shape, DType dtype);
/// A view of x's storage: `shape` from element `offset` of x on, without autograd state.
Tensor make_view(const Tensor& x, const Shape& shape, std::int64_t offset = 0);

/// Whether t is one of these: the same tensor, not one with equal elements.
bool contains(std::span<const Tensor> tensors, const Tensor& t) noexcept;

/// A new handle to a tensor that the tape has saved.
Tensor handle_to_saved(TensorImpl* saved) noexcept;
/// A new handle; undefined if the destructor of t has begun.
Tensor handle_unless_dying(TensorImpl* t) noexcept;

/// The elements, unchecked: T is known to be the dtype's type.
template <class T>
T* elements(const Tensor& x) noexcept {
  return reinterpret_cast<T*>(x.impl()->data);
}

/// The elements as bytes.
inline std::span<std::byte> bytes_of(const Tensor& x) noexcept {
  const TensorImpl& impl = *x.impl();
  return {impl.data, static_cast<std::size_t>(impl.numel * itemsize(impl.dtype))};
}

/// ValueError. The tensor may be a gradient that has not arrived, and the error asks for that.
[[noreturn]] void fail_undefined(std::string_view op);

/// To be called before a write into x. GradError when grad mode forbids it; ValueError as from check_not_copied.
void check_in_place(const char* op, const Tensor& x);
/// ValueError when x is a copy where PyTorch has a view.
void check_not_copied(const char* op, const Tensor& x);
/// y, which `op` has just made from x. If it is a copy where PyTorch has a view, nobody may write into it from now on.
/// Copies that a gradient function makes stay unmarked: a gradient may be written.
Tensor mark_copied(const char* op, const Tensor& x, Tensor y) noexcept;
/// To be called after the write: values saved before it then count as modified.
inline void mark_written(const Tensor& x) noexcept { x.impl()->storage->bump_version(); }

/// A copy of the elements in new storage, without autograd state.
Tensor copy_of(const Tensor& x);

/// Whether x's elements are all that its storage holds.
bool fills_storage(const Tensor& x) noexcept;
/// Gives x elements of another floating dtype in new storage, its gradient too: every handle sees it. Values that the
/// tape has saved of x count as modified.
void convert_in_place(const Tensor& x, DType dtype);

/// Drops x's gradient, or fills it with zeros where there is one.
void clear_grad(const Tensor& x, bool set_to_none);

/// Whether this is the only handle to x's elements, and they fill their storage, which is not borrowed.
bool owns_storage_alone(const Tensor& x) noexcept;
/// True when no other handle refers to x or to a view of it. What the tape has saved does not count.
bool is_only_handle(const Tensor& x) noexcept;

}  // namespace xtape::detail
