// Tensor: a handle to {storage, offset, shape, dtype, autograd state}: a copy is the same tensor. Always contiguous and
// row-major. Ops on tensors are in ops.hpp, the tape is in autograd.hpp.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

#include "xtape/detail/intrusive_ptr.hpp"
#include "xtape/dtype.hpp"
#include "xtape/export.hpp"
#include "xtape/hooks.hpp"
#include "xtape/shape.hpp"

namespace xtape {

struct ValuesAndIndices;

namespace detail {
class TensorImpl;
XTAPE_API void retain(TensorImpl*) noexcept;
XTAPE_API void release(TensorImpl*) noexcept;
}  // namespace detail

/// Options of `Tensor::backward`.
struct BackwardOptions {
  bool retain_graph = false;  ///< keep saved values, so that a second backward is possible
};

class XTAPE_API Tensor {
 public:
  /// The undefined tensor: no storage, no shape; every use but defined() throws.
  Tensor() = default;
  Tensor(const Tensor&) = default;
  Tensor(Tensor&&) = default;
  Tensor& operator=(const Tensor&) & = default;
  Tensor& operator=(Tensor&&) & = default;
  ~Tensor() = default;

  /// Writes into the slice that a temporary refers to: `weight[3] = 2.0`, `weight[3] = row` (broadcast, cast). Same
  /// rules and errors as fill_ and copy_.
  void operator=(Scalar value) &&;
  void operator=(const Tensor& source) &&;

  // -- properties
  bool defined() const noexcept { return static_cast<bool>(impl_); }
  Shape shape() const;
  /// The shape, as in PyTorch.
  Shape size() const { return shape(); }
  /// Extent of dim `d` (negative: from the end). IndexError outside the range.
  std::int64_t size(std::int64_t d) const;
  std::int64_t dim() const;
  std::int64_t numel() const;
  DType dtype() const;
  /// The elements as PyTorch prints them, then what they do not say: the size of an empty tensor that is not 1-D, the
  /// dtype unless float32, int64 or bool_, requires_grad or the op's name.
  std::string to_string() const;
  /// Prints t.to_string().
  friend XTAPE_API std::ostream& operator<<(std::ostream& out, const Tensor& t);

  // -- elements
  /// The only element as a double, which converts and prints as any number: `float v = loss.item();`. ValueError unless
  /// numel is 1, and for an int64 that double does not hold exactly: use item<std::int64_t>().
  double item() const;
  /// The only element, converted to T. ValueError unless numel is 1, and when an integer T does not hold the value.
  template <Element T>
  T item() const {
    return item_scalar(dtype_of<T>).template to<T>();
  }
  /// Row-major elements; T must be the dtype's own type (DTypeError). Writes through the pointer are not seen by the
  /// checks on saved values and on copies where PyTorch has a view. Deleted for temporaries, whose storage may be gone
  /// at the end of the statement.
  template <Element T>
  T* data() & {
    return static_cast<T*>(checked_data(dtype_of<T>));
  }
  template <Element T>
  const T* data() const& {
    return static_cast<const T*>(checked_data(dtype_of<T>));
  }
  template <Element T>
  void data() && = delete;
  template <Element T>
  std::span<T> span() & {
    return {data<T>(), static_cast<std::size_t>(numel())};
  }
  template <Element T>
  std::span<const T> span() const& {
    return {data<T>(), static_cast<std::size_t>(numel())};
  }
  template <Element T>
  void span() && = delete;
  /// A copy of the elements; T must be the dtype's own type.
  template <Element T>
  std::vector<T> to_vector() const {
    const T* p = static_cast<const T*>(checked_data(dtype_of<T>));
    return std::vector<T>(p, p + numel());
  }

  // -- autograd
  bool requires_grad() const;
  /// Makes this tensor a leaf whose gradient is wanted, or with `false` a constant, whose old gradient is dropped, so
  /// that no optimizer updates it. GradError on a non-leaf, DTypeError unless floating. Returns the same tensor.
  Tensor requires_grad_(bool requires_grad = true) const;
  /// True unless an op on the tape made it.
  bool is_leaf() const;
  /// The gradient that backward has accumulated for this leaf; undefined when none has arrived. While the returned
  /// handle lives, a later backward does not write into it, but makes a new sum.
  Tensor grad() const;
  /// Replaces the gradient by `g`, detached (undefined: none). Shape and dtype must be this tensor's.
  void set_grad(const Tensor& g) const;
  /// Adds d(this)/d(leaf) to the gradient of every leaf that requires one. `this` must be a scalar, unless `seed`, of
  /// its shape and dtype, gives the gradient that arrives at it. Releases the saved values unless retain_graph.
  /// GradError when nothing here requires grad, or when the graph was released before. Several threads may run backward
  /// at once on graphs of their own, which may have leaves in common; nn/module.hpp states what else is safe.
  void backward(const Tensor& seed, BackwardOptions options = {}) const;
  /// The same without a seed. (A template, so that `backward({})` is not ambiguous.)
  template <std::same_as<BackwardOptions> Options = BackwardOptions>
  void backward(Options options = {}) const {
    backward(Tensor(), options);
  }
  /// The same elements without history: shares storage and its version.
  Tensor detach() const;
  /// Calls hook(g) in every backward and grad() with this tensor's whole gradient g, before it is accumulated or
  /// propagated further. What the hook returns replaces g (same shape and dtype); if it returns nothing or an undefined
  /// tensor, g stays. The hook must not write into g, which may be shared. Hooks run in the order of registration and
  /// live as long as the tensor's node on the tape: one that captures this tensor keeps both alive forever. GradError
  /// when this tensor does not require grad.
  template <class F>
  RemovableHandle register_hook(F hook) const {
    return add_hook(detail::returning<Tensor, const Tensor&>(std::move(hook)));
  }
  /// Calls hook(t) with this leaf t after each backward() that has added to t.grad(), when all ops have run; leaves
  /// come in the order of creation. A hook that captures t itself keeps it alive forever. GradError unless this is a
  /// leaf that requires grad, ValueError for an empty hook.
  RemovableHandle register_post_accumulate_grad_hook(Callback<void(const Tensor&)> hook) const;

  // -- in place: every handle and every view sees it. Shape and dtype stay: ShapeError unless the other operand
  // broadcasts to this tensor's shape, DTypeError for floating values in an integer tensor. Not recorded: GradError in
  // grad mode on a tensor that requires grad or shares storage with one that does, and for an operand that requires
  // grad. ValueError on a copy where PyTorch has a view (ops.hpp, "shapes"): the original would not change.
  /// Copies the elements of `source`, broadcast and cast.
  Tensor copy_(const Tensor& source) const;
  Tensor fill_(Scalar value) const;
  Tensor zero_() const;
  Tensor add_(const Tensor& other, Scalar alpha = 1) const;
  Tensor add_(Scalar other) const;
  Tensor sub_(const Tensor& other, Scalar alpha = 1) const;
  Tensor sub_(Scalar other) const;
  Tensor mul_(const Tensor& other) const;
  Tensor mul_(Scalar other) const;
  Tensor div_(const Tensor& other) const;
  Tensor div_(Scalar other) const;

  /// In place, too, with the same rules. Where `a += b` must be recorded, since in grad mode a or b requires grad, the
  /// handle takes the recorded result in a's dtype, and pointers from data() are no longer valid. GradError where that
  /// would differ from a write in place: a is a leaf that requires grad, const or a temporary, or another handle or
  /// view shares its storage. (What the tape has saved does not count.)
  Tensor& operator+=(const Tensor& b) &;
  Tensor& operator+=(Scalar b) &;
  Tensor& operator-=(const Tensor& b) &;
  Tensor& operator-=(Scalar b) &;
  Tensor& operator*=(const Tensor& b) &;
  Tensor& operator*=(Scalar b) &;
  Tensor& operator/=(const Tensor& b) &;
  Tensor& operator/=(Scalar b) &;
  Tensor operator+=(const Tensor& b) const&;
  Tensor operator+=(Scalar b) const&;
  Tensor operator-=(const Tensor& b) const&;
  Tensor operator-=(Scalar b) const&;
  Tensor operator*=(const Tensor& b) const&;
  Tensor operator*=(Scalar b) const&;
  Tensor operator/=(const Tensor& b) const&;
  Tensor operator/=(Scalar b) const&;

  // -- ops, as methods; described in ops.hpp
  Tensor operator[](std::int64_t i) const;
  Tensor to(DType dtype) const;
  Tensor clone() const;
  Tensor exp() const;
  Tensor log() const;
  Tensor sqrt() const;
  Tensor abs() const;
  Tensor neg() const;
  Tensor relu() const;
  Tensor sigmoid() const;
  Tensor tanh() const;
  Tensor pow(Scalar exponent) const;
  Tensor pow(const Tensor& exponent) const;
  Tensor clamp(Scalar min, Scalar max) const;
  Tensor sum() const;
  Tensor sum(const Shape& dims, bool keepdim = false) const;
  Tensor sum(std::initializer_list<std::int64_t> dims, bool keepdim = false) const;
  Tensor sum(std::int64_t dim, bool keepdim = false) const;
  Tensor mean() const;
  Tensor mean(const Shape& dims, bool keepdim = false) const;
  Tensor mean(std::initializer_list<std::int64_t> dims, bool keepdim = false) const;
  Tensor mean(std::int64_t dim, bool keepdim = false) const;
  Tensor var() const;
  Tensor var(const Shape& dims, double correction = 1, bool keepdim = false) const;
  Tensor var(std::initializer_list<std::int64_t> dims, double correction = 1, bool keepdim = false) const;
  Tensor var(std::int64_t dim, double correction = 1, bool keepdim = false) const;
  template <std::same_as<bool> Unbiased>
  Tensor var(Unbiased unbiased) const {
    return var(Shape(), unbiased);
  }
  Tensor std() const;
  Tensor std(const Shape& dims, double correction = 1, bool keepdim = false) const;
  Tensor std(std::initializer_list<std::int64_t> dims, double correction = 1, bool keepdim = false) const;
  Tensor std(std::int64_t dim, double correction = 1, bool keepdim = false) const;
  template <std::same_as<bool> Unbiased>
  Tensor std(Unbiased unbiased) const {
    return std(Shape(), unbiased);
  }
  Tensor norm(double p = 2) const;
  Tensor norm(double p, const Shape& dims, bool keepdim = false) const;
  Tensor norm(double p, std::initializer_list<std::int64_t> dims, bool keepdim = false) const;
  Tensor norm(double p, std::int64_t dim, bool keepdim = false) const;
  Tensor max() const;
  ValuesAndIndices max(std::int64_t dim, bool keepdim = false) const;
  Tensor min() const;
  ValuesAndIndices min(std::int64_t dim, bool keepdim = false) const;
  Tensor argmax() const;
  Tensor argmax(std::int64_t dim, bool keepdim = false) const;
  Tensor argmin() const;
  Tensor argmin(std::int64_t dim, bool keepdim = false) const;
  Tensor cumsum(std::int64_t dim) const;
  Tensor logsumexp(std::int64_t dim, bool keepdim = false) const;
  ValuesAndIndices sort(std::int64_t dim = -1, bool descending = false, bool stable = false) const;
  Tensor argsort(std::int64_t dim = -1, bool descending = false, bool stable = false) const;
  template <std::same_as<bool> Descending>
  void sort(Descending descending) const = delete;
  template <std::same_as<bool> Descending>
  void argsort(Descending descending) const = delete;
  ValuesAndIndices topk(std::int64_t k, std::int64_t dim = -1, bool largest = true, bool sorted = true) const;
  Tensor bincount(const Tensor& weights = {}, std::int64_t minlength = 0) const;
  Tensor multinomial(std::int64_t num_samples, bool replacement = false) const;
  Tensor softmax(std::int64_t dim) const;
  Tensor log_softmax(std::int64_t dim) const;
  Tensor matmul(const Tensor& other) const;
  Tensor transpose(std::int64_t dim0, std::int64_t dim1) const;
  Tensor permute(const Shape& dims) const;
  Tensor reshape(const Shape& shape) const;
  Tensor flatten(std::int64_t start_dim = 0, std::int64_t end_dim = -1) const;
  Tensor squeeze() const;
  Tensor squeeze(std::int64_t dim) const;
  Tensor unsqueeze(std::int64_t dim) const;
  Tensor expand(const Shape& shape) const;
  Tensor index_select(std::int64_t dim, const Tensor& index) const;
  Tensor gather(std::int64_t dim, const Tensor& index) const;
  Tensor narrow(std::int64_t dim, std::int64_t start, std::int64_t length) const;

  // -- for xtape's own sources
  explicit Tensor(detail::IntrusivePtr<detail::TensorImpl> impl) noexcept : impl_(std::move(impl)) {}
  detail::TensorImpl* impl() const noexcept { return impl_.get(); }

 private:
  RemovableHandle add_hook(Callback<Tensor(const Tensor&)> hook) const;
  Scalar item_scalar(DType wanted) const;
  void* checked_data(DType expected) const;

  detail::IntrusivePtr<detail::TensorImpl> impl_;
};

/// What `max(x, dim)` and `min(x, dim)` return; `auto [values, indices] = x.max(1)`.
struct ValuesAndIndices {
  Tensor values;
  Tensor indices;  ///< int64
};

/// Same dtype, shape and elements (NaN equals nothing). Both undefined: equal.
XTAPE_API bool equal(const Tensor& a, const Tensor& b);

}  // namespace xtape
