// Tensor's own members: what it is, its elements, its place in the graph. No arithmetic.
#include "xtape/tensor.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "autograd/node.hpp"
#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "core/fits.hpp"
#include "kernels/print.hpp"

namespace xtape {

namespace detail {

namespace {
/// t's node if t is a leaf that has one, else null. A leaf's hooks may take a reference of their own: they race even
/// with the only holder.
Leaf* leaf_of(const TensorImpl& t) noexcept {
  return t.node && t.node->is_leaf() ? static_cast<Leaf*>(t.node.get()) : nullptr;
}
}  // namespace

TensorImpl::~TensorImpl() {
  set_requires_grad(false);
  if (Leaf* leaf = leaf_of(*this)) leaf->forget_owner();
}

void retain(TensorImpl* t) noexcept { t->references.fetch_add(1, std::memory_order_relaxed); }

namespace {
/// True when it was the last handle and the tape has saved nothing: the caller deletes t.
[[gnu::noinline]] bool drop_handle(TensorImpl* t, std::int64_t held) noexcept {
  const bool is_one_of_several = TensorImpl::handles(held) > 1;  // most are
  if (is_one_of_several && t->references.compare_exchange_strong(held, held - 1, std::memory_order_acq_rel)) {
    return false;
  }
  while (true) {
    // Counted first: after the exchange another thread, whose graph has saved t, may delete it.
    const bool leaves_no_handle = held > 1 && TensorImpl::handles(held) == 1;
    if (leaves_no_handle) t->storage->count_without_handle(1);
    if (t->references.compare_exchange_weak(held, held - 1, std::memory_order_acq_rel)) return held == 1;
    if (leaves_no_handle) t->storage->count_without_handle(-1);
  }
}
}  // namespace

void release(TensorImpl* t) noexcept {
  const std::int64_t held = t->references.load(std::memory_order_acquire);
  if ((held == 1 && !leaf_of(*t)) || drop_handle(t, held)) delete t;
}

void retain_saved(TensorImpl* t) noexcept {
  t->references.fetch_add(TensorImpl::saved_reference, std::memory_order_relaxed);
}
void release_saved(TensorImpl* t) noexcept {
  std::int64_t held = t->references.load(std::memory_order_acquire);
  if (held != TensorImpl::saved_reference || leaf_of(*t)) {
    held = t->references.fetch_sub(TensorImpl::saved_reference, std::memory_order_acq_rel);
  }
  if (held != TensorImpl::saved_reference) return;
  t->storage->count_without_handle(-1);
  delete t;
}

Tensor handle_to_saved(TensorImpl* saved) noexcept {
  const std::int64_t held = saved->references.fetch_add(1, std::memory_order_relaxed);
  if (TensorImpl::handles(held) == 0) saved->storage->count_without_handle(-1);
  return Tensor(IntrusivePtr<TensorImpl>::adopt(saved));
}

Tensor handle_unless_dying(TensorImpl* t) noexcept {
  std::int64_t held = t->references.load();
  do {
    if (held == 0) return Tensor();
  } while (!t->references.compare_exchange_weak(held, held + 1));
  if (TensorImpl::handles(held) == 0) t->storage->count_without_handle(-1);
  return Tensor(IntrusivePtr<TensorImpl>::adopt(t));
}

namespace {
std::int64_t checked_numel(const Shape& shape) {
  std::int64_t n = 1;
  bool empty = false, too_many = false;
  for (std::int64_t extent : shape) {
    if (extent < 0) fail<ShapeError>("shape", "negative extent {} in {}", extent, shape);
    empty |= extent == 0;
    too_many |= extent > 0 && __builtin_mul_overflow(n, extent, &n);
  }
  if (too_many || n > std::numeric_limits<std::int64_t>::max() / 16) {
    fail<ShapeError>("shape", "{} has too many elements to count", shape);
  }
  return empty ? 0 : n;
}
}  // namespace

Tensor make_tensor(const Shape& shape, DType dtype) {
  const std::int64_t n = checked_numel(shape);
  StoragePtr storage = Storage::allocate(n * itemsize(dtype));
  std::byte* data = storage->data();
  return Tensor(IntrusivePtr<TensorImpl>::adopt(new TensorImpl(std::move(storage), data, shape, n, dtype)));
}

Tensor borrow(void* data, const Shape& shape, DType dtype) {
  const std::int64_t n = checked_numel(shape);
  return Tensor(IntrusivePtr<TensorImpl>::adopt(
      new TensorImpl(Storage::borrow(n * itemsize(dtype)), static_cast<std::byte*>(data), shape, n, dtype)));
}

bool contains(std::span<const Tensor> tensors, const Tensor& t) noexcept {
  return std::ranges::find(tensors, t.impl(), &Tensor::impl) != tensors.end();
}

Tensor make_view(const Tensor& x, const Shape& shape, std::int64_t offset) {
  const TensorImpl& impl = *x.impl();
  return Tensor(IntrusivePtr<TensorImpl>::adopt(
      new TensorImpl(impl.storage, impl.data + offset * itemsize(impl.dtype), shape, shape.numel(), impl.dtype)));
}

Tensor copy_of(const Tensor& x) {
  Tensor y = make_tensor(x.shape(), x.dtype());
  std::memcpy(y.impl()->data, x.impl()->data, static_cast<std::size_t>(x.numel() * itemsize(x.dtype())));
  return y;
}

bool fills_storage(const Tensor& x) noexcept {
  return x.impl()->storage->bytes() == x.impl()->numel * itemsize(x.impl()->dtype);
}

bool owns_storage_alone(const Tensor& x) noexcept {
  const TensorImpl& impl = *x.impl();
  return impl.references.load(std::memory_order_acquire) == 1 && impl.storage->is_unique() && fills_storage(x) &&
         !impl.storage->is_borrowed();
}

bool is_only_handle(const Tensor& x) noexcept {
  const TensorImpl& impl = *x.impl();
  return TensorImpl::handles(impl.references.load(std::memory_order_acquire)) == 1 && impl.storage->with_handle() == 1;
}

void clear_grad(const Tensor& x, bool set_to_none) {
  if (set_to_none) {
    x.set_grad({});
  } else if (Leaf* leaf = leaf_of(*x.impl())) {
    leaf->zero_grad();
  }
}

namespace {
Tensor floating_copy(const Tensor& x, DType dtype) {
  Tensor y = make_tensor(x.shape(), dtype);
  visit_floating(x.dtype(), [&]<class T>() {
    visit_floating(dtype, [&]<class U>() {
      for (std::int64_t i = 0; i < x.numel(); ++i) elements<U>(y)[i] = static_cast<U>(elements<T>(x)[i]);
    });
  });
  return y;
}
}  // namespace

void convert_in_place(const Tensor& x, DType dtype) {
  TensorImpl& impl = *x.impl();
  if (impl.dtype == dtype) return;
  const Tensor converted = floating_copy(x, dtype);
  converted.impl()->storage->continue_version_of(*impl.storage);
  impl.set_storage(converted.impl()->storage, converted.impl()->data);
  impl.dtype = dtype;
  Leaf* const leaf = leaf_of(impl);
  if (!leaf) return;
  NodeAccess::set_value_type(*leaf, impl.shape, dtype);
  if (const Tensor g = leaf->grad(); g.defined()) leaf->set_grad(floating_copy(g, dtype));
}

void fail_undefined(std::string_view op) { fail<ValueError>(op, "the tensor is undefined; has backward run?"); }

void check_not_copied(const char* op, const Tensor& x) {
  const char* copied_by = x.impl()->storage->copied_by();
  if (!copied_by) return;
  fail<ValueError>(op,
                   "in place on the result of {} of shape {}, a copy where PyTorch has a view: the original would not "
                   "change; assign through dim 0 (x[i] = ...), use index_copy_, masked_fill_ or where, or write into "
                   "a clone()",
                   copied_by, x.impl()->shape);
}

Tensor mark_copied(const char* op, const Tensor& x, Tensor y) noexcept {
  const bool is_view = y.impl()->storage == x.impl()->storage;
  if (!is_view && y.impl()->numel > 0 && !running_node()) y.impl()->storage->set_copied_by(op);
  return y;
}

void check_in_place(const char* op, const Tensor& x) {
  check_not_copied(op, x);
  if (!is_grad_enabled()) return;
  const TensorImpl& impl = *x.impl();
  if (impl.requires_grad) {
    fail<GradError>(op, "in place on {} of shape {} that requires grad; do it under a NoGradGuard, or on a clone()",
                    x.is_leaf() ? "a leaf" : "a recorded result", impl.shape);
  }
  if (impl.storage->has_history()) {
    fail<GradError>(op,
                    "in place on a tensor of shape {} that shares storage with one that requires grad; do it under "
                    "a NoGradGuard, or on a clone()",
                    impl.shape);
  }
}

}  // namespace detail

namespace {

detail::TensorImpl& impl_of(const Tensor& t, const char* what) {
  if (!t.defined()) detail::fail_undefined(what);
  return *t.impl();
}

detail::Leaf& make_leaf(detail::TensorImpl& impl) {
  if (!impl.node) impl.node = NodePtr::adopt(new detail::Leaf(impl.shape, impl.dtype));
  return static_cast<detail::Leaf&>(*impl.node);
}

}  // namespace

Shape Tensor::shape() const { return impl_of(*this, "shape").shape; }
std::int64_t Tensor::dim() const { return impl_of(*this, "dim").shape.size(); }
std::int64_t Tensor::numel() const { return impl_of(*this, "numel").numel; }
DType Tensor::dtype() const { return impl_of(*this, "dtype").dtype; }

std::int64_t Tensor::size(std::int64_t d) const {
  const Shape& s = impl_of(*this, "size").shape;
  const std::int64_t i = d < 0 ? d + s.size() : d;
  if (i < 0 || i >= s.size()) fail<IndexError>("size", "dim {} is outside [-{}, {})", d, s.size(), s.size());
  return s[i];
}

namespace {

/// What is printed after the elements, as in PyTorch: what they do not show.
std::vector<std::string> notes(const Tensor& x) {
  const detail::TensorImpl& t = *x.impl();
  std::vector<std::string> notes;
  const bool shows_dtype = t.dtype == DType::float32 || (t.numel > 0 && (t.dtype == DType::int64 || t.dtype == bool_));
  if (t.numel == 0 && t.shape.size() != 1) notes.push_back("size=" + t.shape.to_string());
  if (!shows_dtype) notes.push_back(std::string("dtype=") + to_string(t.dtype));
  if (!x.is_leaf()) {
    notes.push_back(std::string("op=") + t.node->op());
  } else if (t.requires_grad) {
    notes.push_back("requires_grad=true");
  }
  return notes;
}

}  // namespace

std::string Tensor::to_string() const {
  if (!defined()) return "tensor(undefined)";
  const detail::TensorImpl& t = *impl_;
  const std::string opening = "tensor(";
  std::string s = opening + kernels::print(t.dtype, t.data, t.shape, static_cast<std::int64_t>(opening.size()));
  std::size_t line = s.size() - (s.rfind('\n') + 1) + 2;  // as PyTorch counts; it breaks lines after 80
  for (const std::string& note : notes(*this)) {
    const bool breaks = line + note.size() + 2 > 80;
    s += (breaks ? ",\n" + std::string(opening.size(), ' ') : ", ") + note;
    line = breaks ? opening.size() + note.size() : line + note.size() + 2;
  }
  return s + ")";
}

std::ostream& operator<<(std::ostream& out, const Tensor& t) { return out << t.to_string(); }

double Tensor::item() const {
  const Scalar value = item_scalar(DType::float64);
  const double real = value.to<double>();
  if (is_floating(value.dtype())) return real;
  const auto integer = value.to<std::int64_t>();
  // 2^63 is no int64, so it cannot be converted back.
  const bool is_exact = real != 0x1p63 && static_cast<std::int64_t>(real) == integer;
  if (!is_exact) fail<ValueError>("item", "{} is not exact as a double; use item<std::int64_t>()", integer);
  return real;
}

Scalar Tensor::item_scalar(DType wanted) const {
  const detail::TensorImpl& t = impl_of(*this, "item");
  if (t.numel != 1) fail<ValueError>("item", "tensor has {} elements; use to_vector", t.numel);
  const Scalar value = visit_dtype(t.dtype, [&]<class T>() { return Scalar(*detail::elements<T>(*this)); });
  if (!is_floating(wanted) && wanted != DType::bool_ && !fits(value, wanted)) {
    fail<ValueError>("item", "{} does not fit {}", value.to<double>(), wanted);
  }
  return value;
}

void* Tensor::checked_data(DType expected) const {
  const detail::TensorImpl& t = impl_of(*this, "data");
  if (t.dtype != expected) {
    fail<DTypeError>("data", "the tensor holds {}, not {}; convert it with .to({})", t.dtype, expected, expected);
  }
  return t.data;
}

bool Tensor::requires_grad() const { return defined() && impl_->requires_grad; }
bool Tensor::is_leaf() const { return !defined() || !impl_->node || impl_->node->is_leaf(); }

Tensor Tensor::requires_grad_(bool requires_grad) const {
  detail::TensorImpl& t = impl_of(*this, "requires_grad_");
  if (!is_leaf()) {
    fail<GradError>("requires_grad_",
                    "the tensor is the result of {}, not a leaf; use detach() for a constant that shares its elements",
                    t.node->op());
  }
  if (requires_grad && !is_floating(t.dtype)) {
    fail<DTypeError>("requires_grad_", "only floating tensors have gradients, this one is {}", t.dtype);
  }
  // A frozen leaf keeps its node, so that an older graph reaches it again once it is unfrozen.
  if (requires_grad || t.node) make_leaf(t).wanted = requires_grad;
  if (!requires_grad && t.node) make_leaf(t).set_grad({});
  t.set_requires_grad(requires_grad);
  return *this;
}

RemovableHandle Tensor::add_hook(Callback<Tensor(const Tensor&)> hook) const {
  const detail::TensorImpl& t = impl_of(*this, "register_hook");
  if (!t.requires_grad) fail<GradError>("register_hook", "the tensor does not require grad: no gradient will arrive");
  return NodeAccess::make_extras(*t.node).hooks.add("register_hook", std::move(hook));
}

RemovableHandle Tensor::register_post_accumulate_grad_hook(Callback<void(const Tensor&)> hook) const {
  detail::TensorImpl& t = impl_of(*this, "register_post_accumulate_grad_hook");
  if (!t.requires_grad || !is_leaf()) {
    fail<GradError>("register_post_accumulate_grad_hook",
                    "only a leaf that requires grad accumulates a gradient; this is {}",
                    t.requires_grad ? "the result of an op: use register_hook" : "a constant");
  }
  return make_leaf(t).add_post_hook(t, std::move(hook));
}

Tensor Tensor::grad() const {
  const detail::Leaf* leaf = defined() ? detail::leaf_of(*impl_) : nullptr;
  return leaf ? leaf->grad() : Tensor();
}

void Tensor::set_grad(const Tensor& g) const {
  detail::TensorImpl& t = impl_of(*this, "set_grad");
  if (!is_leaf()) fail<GradError>("set_grad", "the tensor is the result of {}, not a leaf", t.node->op());
  if (!g.defined()) {
    if (detail::Leaf* leaf = detail::leaf_of(t)) leaf->set_grad({});
    return;
  }
  if (!is_floating(t.dtype)) {
    fail<DTypeError>("set_grad", "only floating tensors have gradients, this one is {}", t.dtype);
  }
  if (g.shape() != t.shape) fail<ShapeError>("set_grad", "gradient of shape {} for a tensor of {}", g.shape(), t.shape);
  if (g.dtype() != t.dtype) fail<DTypeError>("set_grad", "gradient of {} for a tensor of {}", g.dtype(), t.dtype);
  // A gradient may be written.
  make_leaf(t).set_grad(g.impl()->storage->copied_by() ? detail::copy_of(g) : g.detach());
}

Tensor Tensor::detach() const { return detail::make_view(*this, impl_of(*this, "detach").shape); }

bool equal(const Tensor& a, const Tensor& b) {
  if (a.defined() != b.defined()) return false;
  if (!a.defined()) return true;
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  return visit_dtype(a.dtype(), [&]<class T>() {
    const T *p = detail::elements<T>(a), *q = detail::elements<T>(b);
    for (std::int64_t i = 0; i < a.numel(); ++i) {
      if (!(p[i] == q[i])) return false;
    }
    return true;
  });
}

}  // namespace xtape
