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
#include <utility>
#include <vector>

#include "xtape/detail/intrusive_ptr.hpp"
#include "xtape/dtype.hpp"
#include "xtape/export.hpp"
#include "xtape/hooks.hpp"
#include "xtape/shape.hpp"

namespace xtape {

class Tensor;
struct ValuesAndIndices;

namespace detail {
class TensorImpl;
XTAPE_API void retain(TensorImpl*) noexcept;
XTAPE_API void release(TensorImpl*) noexcept;
// A member of a module is not assigned through a Tensor&: from add_member to remove_member, check_rebinding throws for
// any tensor but the one that the member had when it was added.
XTAPE_API void add_member(const Tensor& handle) noexcept;
XTAPE_API void remove_member(const Tensor& handle) noexcept;
XTAPE_API void check_rebinding(Tensor& handle, const Tensor& other);
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
  /// The handle refers to the other tensor from now on. ValueError if it is a module's Parameter or Buffer (bound to a
  /// Tensor&): the module would keep its own. To move from such a member leaves it without a tensor.
  Tensor& operator=(const Tensor& other) & {
    if (impl_ != other.impl_) detail::check_rebinding(*this, other);
    impl_ = other.impl_;
    return *this;
  }
  Tensor& operator=(Tensor&& other) & {
    if (impl_ != other.impl_) detail::check_rebinding(*this, other);
    impl_ = std::move(other.impl_);
    return *this;
  }
  ~Tensor() = default;

  /// Writes into the slice that a temporary refers to: `weight[3] = 2.0`, `weight[3] = row` (broadcast, cast). Same
  /// rules and errors as fill_ and copy_. ValueError for `x[mask] = v` and `x[index] = v`, which would write into a
  /// copy: see masked_fill_ and index_copy_.
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
  /// GradError when nothing here requires grad, or when the graph was released before. Whatever throws, a hook or a
  /// request for memory, each leaf's gradient is then as it was or complete. Several threads may run backward at once
  /// on graphs of their own, which may have leaves in common; nn/module.hpp states what else is safe.
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
  /// Writes `value`, a number or a 0-dim tensor, where the mask holds: bool_ (DTypeError), broadcast. The value is cast
  /// to this tensor's dtype.
  Tensor masked_fill_(const Tensor& mask, const Tensor& value) const;
  Tensor masked_fill_(const Tensor& mask, Scalar value) const;
  /// As index_copy, index_add, scatter and scatter_add in ops.hpp, with the same errors.
  Tensor index_copy_(std::int64_t dim, const Tensor& index, const Tensor& source) const;
  Tensor index_add_(std::int64_t dim, const Tensor& index, const Tensor& source) const;
  Tensor scatter_(std::int64_t dim, const Tensor& index, const Tensor& source) const;
  Tensor scatter_(std::int64_t dim, const Tensor& index, Scalar value) const;
  Tensor scatter_add_(std::int64_t dim, const Tensor& index, const Tensor& source) const;

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
  Tensor operator+=(const Tensor& b) &&;
  Tensor operator+=(Scalar b) &&;
  Tensor operator-=(const Tensor& b) &&;
  Tensor operator-=(Scalar b) &&;
  Tensor operator*=(const Tensor& b) &&;
  Tensor operator*=(Scalar b) &&;
  Tensor operator/=(const Tensor& b) &&;
  Tensor operator/=(Scalar b) &&;
  /// In place, too, of bool_ and integers, which are never recorded.
  Tensor operator&=(const Tensor& b) const&;
  Tensor operator&=(Scalar b) const&;
  Tensor operator|=(const Tensor& b) const&;
  Tensor operator|=(Scalar b) const&;
  Tensor operator^=(const Tensor& b) const&;
  Tensor operator^=(Scalar b) const&;
  Tensor operator&=(const Tensor& b) &&;
  Tensor operator&=(Scalar b) &&;
  Tensor operator|=(const Tensor& b) &&;
  Tensor operator|=(Scalar b) &&;
  Tensor operator^=(const Tensor& b) &&;
  Tensor operator^=(Scalar b) &&;

  // -- ops, as methods; described in ops.hpp, in whose order they stand
  Tensor reciprocal() const;
  Tensor pow(Scalar exponent) const;
  Tensor pow(const Tensor& exponent) const;
  Tensor square() const;  ///< pow(x, 2); a method only, for many programs have a function of that name
  Tensor neg() const;
  Tensor abs() const;
  Tensor exp() const;
  Tensor expm1() const;
  Tensor log1p() const;
  Tensor exp2() const;
  Tensor log() const;
  Tensor log2() const;
  Tensor log10() const;
  Tensor sqrt() const;
  Tensor rsqrt() const;
  Tensor sin() const;
  Tensor cos() const;
  Tensor tan() const;
  Tensor floor() const;
  Tensor ceil() const;
  Tensor trunc() const;
  Tensor round(std::int64_t decimals = 0) const;
  Tensor sign() const;
  Tensor clamp(Scalar min, Scalar max) const;
  Tensor clamp(Scalar min) const;
  Tensor clamp_min(Scalar min) const;
  Tensor clamp_max(Scalar max) const;

  Tensor relu() const;
  Tensor sigmoid() const;
  Tensor tanh() const;

  Tensor isnan() const;
  Tensor isinf() const;
  Tensor isfinite() const;
  Tensor isclose(const Tensor& other, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false) const;
  bool allclose(const Tensor& other, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false) const;

  Tensor logical_and(const Tensor& other) const;
  Tensor logical_or(const Tensor& other) const;
  Tensor logical_xor(const Tensor& other) const;
  Tensor logical_not() const;
  Tensor bitwise_and(const Tensor& other) const;
  Tensor bitwise_or(const Tensor& other) const;
  Tensor bitwise_xor(const Tensor& other) const;
  Tensor bitwise_not() const;

  Tensor sum() const;
  Tensor sum(const Shape& dims, bool keepdim = false) const;
  Tensor sum(std::initializer_list<std::int64_t> dims, bool keepdim = false) const;
  Tensor sum(std::int64_t dim, bool keepdim = false) const;
  Tensor prod() const;
  Tensor prod(std::int64_t dim, bool keepdim = false) const;
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
  Tensor all() const;
  Tensor all(const Shape& dims, bool keepdim = false) const;
  Tensor all(std::initializer_list<std::int64_t> dims, bool keepdim = false) const;
  Tensor all(std::int64_t dim, bool keepdim = false) const;
  Tensor any() const;
  Tensor any(const Shape& dims, bool keepdim = false) const;
  Tensor any(std::initializer_list<std::int64_t> dims, bool keepdim = false) const;
  Tensor any(std::int64_t dim, bool keepdim = false) const;
  Tensor logsumexp(std::int64_t dim, bool keepdim = false) const;

  ValuesAndIndices sort(std::int64_t dim = -1, bool descending = false, bool stable = false) const;
  template <std::same_as<bool> Descending>
  void sort(Descending descending) const = delete;
  Tensor argsort(std::int64_t dim = -1, bool descending = false, bool stable = false) const;
  template <std::same_as<bool> Descending>
  void argsort(Descending descending) const = delete;
  ValuesAndIndices topk(std::int64_t k, std::int64_t dim = -1, bool largest = true, bool sorted = true) const;
  Tensor bincount(const Tensor& weights = {}, std::int64_t minlength = 0) const;

  Tensor matmul(const Tensor& other) const;
  Tensor outer(const Tensor& other) const;

  Tensor reshape(const Shape& shape) const;
  /// reshape: every tensor is contiguous, so that PyTorch's errors of view cannot occur.
  Tensor view(const Shape& shape) const;
  Tensor flatten(std::int64_t start_dim = 0, std::int64_t end_dim = -1) const;
  Tensor squeeze() const;
  Tensor squeeze(std::int64_t dim) const;
  Tensor squeeze(const Shape& dims) const;
  Tensor squeeze(std::initializer_list<std::int64_t> dims) const;
  Tensor unsqueeze(std::int64_t dim) const;
  Tensor transpose(std::int64_t dim0, std::int64_t dim1) const;
  /// transpose(0, 1) of a matrix; a tensor of fewer dims itself. ShapeError beyond two dims. (Only a method, since a
  /// function t would meet variables of that name.)
  Tensor t() const;
  Tensor permute(const Shape& dims) const;
  Tensor expand(const Shape& shape) const;
  std::vector<Tensor> chunk(std::int64_t chunks, std::int64_t dim = 0) const;
  std::vector<Tensor> split(std::int64_t split_size, std::int64_t dim = 0) const;
  std::vector<Tensor> split(const std::vector<std::int64_t>& sizes, std::int64_t dim = 0) const;
  std::vector<Tensor> split(std::initializer_list<std::int64_t> sizes, std::int64_t dim = 0) const;
  Tensor flip(const Shape& dims) const;
  Tensor roll(const Shape& shifts, const Shape& dims = {}) const;
  Tensor tile(const Shape& dims) const;
  /// tile with a count for each dim: ShapeError for fewer.
  Tensor repeat(const Shape& repeats) const;
  Tensor tril(std::int64_t diagonal = 0) const;
  Tensor triu(std::int64_t diagonal = 0) const;
  Tensor diag(std::int64_t diagonal = 0) const;

  Tensor operator[](std::int64_t i) const;
  /// x[mask], bool_ and of the shape of x's leading dims: the slices where it holds, (n, the other dims...); for a mask
  /// of x's shape the elements, (n). x[index], int32 or int64 of any shape: x's slices along dim 0, (index's dims...,
  /// x's other dims...); negative elements count from the end. Both are copies, except that an index of shape () is
  /// x[i]. DTypeError for other dtypes (uint8 is a mask in PyTorch), ShapeError for a mask that does not fit,
  /// IndexError outside [-n, n).
  Tensor operator[](const Tensor& subscript) const;
  Tensor narrow(std::int64_t dim, std::int64_t start, std::int64_t length) const;
  Tensor index_select(std::int64_t dim, const Tensor& index) const;
  Tensor gather(std::int64_t dim, const Tensor& index) const;
  Tensor masked_select(const Tensor& mask) const;
  Tensor masked_fill(const Tensor& mask, const Tensor& value) const;
  Tensor masked_fill(const Tensor& mask, Scalar value) const;
  Tensor nonzero() const;
  Tensor index_copy(std::int64_t dim, const Tensor& index, const Tensor& source) const;
  Tensor index_add(std::int64_t dim, const Tensor& index, const Tensor& source) const;
  Tensor scatter(std::int64_t dim, const Tensor& index, const Tensor& source) const;
  Tensor scatter(std::int64_t dim, const Tensor& index, Scalar value) const;
  Tensor scatter_add(std::int64_t dim, const Tensor& index, const Tensor& source) const;

  Tensor to(DType dtype) const;
  Tensor clone() const;

  Tensor softmax(std::int64_t dim) const;
  Tensor log_softmax(std::int64_t dim) const;

  Tensor multinomial(std::int64_t num_samples, bool replacement = false) const;

  /// As in PyTorch, methods that take a list of integers take the integers themselves, too: `x.view(-1, 784)`.
  template <detail::Integer... I>
  Tensor view(I... extents) const {
    return view(detail::listed(extents...));
  }
  template <detail::Integer... I>
  Tensor reshape(I... extents) const {
    return reshape(detail::listed(extents...));
  }
  template <detail::Integer... I>
  Tensor expand(I... extents) const {
    return expand(detail::listed(extents...));
  }
  template <detail::Integer... I>
  Tensor permute(I... dims) const {
    return permute(detail::listed(dims...));
  }
  template <detail::Integer... I>
  Tensor flip(I... dims) const {
    return flip(detail::listed(dims...));
  }
  template <detail::Integer... I>
  Tensor tile(I... dims) const {
    return tile(detail::listed(dims...));
  }
  template <detail::Integer... I>
  Tensor repeat(I... repeats) const {
    return repeat(detail::listed(repeats...));
  }
  template <detail::Integer Shift>
  Tensor roll(Shift shift) const {
    return roll(detail::listed(shift));
  }
  template <detail::Integer Shift, detail::Integer Dim>
  Tensor roll(Shift shift, Dim dim) const {
    return roll(detail::listed(shift), detail::listed(dim));
  }

  // -- for xtape's own sources
  explicit Tensor(detail::IntrusivePtr<detail::TensorImpl> impl) noexcept : impl_(std::move(impl)) {}
  detail::TensorImpl* impl() const noexcept { return impl_.get(); }

 protected:
  /// Assigns without the check.
  void rebind(const Tensor& other) noexcept { impl_ = other.impl_; }

 private:
  friend void detail::check_rebinding(Tensor&, const Tensor&);
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
