#include "ops/common.hpp"

#include <utility>

#include "core/fits.hpp"
#include "core/subscript.hpp"
#include "kernels/copy.hpp"

namespace xtape::detail {

void check_defined(std::string_view op, const Tensor& x) {
  if (!x.defined()) fail<ValueError>(op, "the tensor is undefined");
}

void check_floating(std::string_view op, const Tensor& x) {
  check_defined(op, x);
  if (!is_floating(x.impl()->dtype)) {
    fail<DTypeError>(op, "expected a floating dtype, got {}; convert it with .to(float32)", x.impl()->dtype);
  }
}

void check_arithmetic(std::string_view op, const Tensor& x) {
  check_defined(op, x);
  if (x.impl()->dtype < DType::int32) {
    fail<DTypeError>(op, "{} has no arithmetic; convert it with .to(int64) or .to(float32)", x.impl()->dtype);
  }
}

void check_integer(std::string_view op, const Tensor& x) {
  check_defined(op, x);
  if (is_floating(x.impl()->dtype) || x.impl()->dtype == DType::bool_) {
    fail<DTypeError>(op, "expected an integer dtype, got {}", x.impl()->dtype);
  }
}

std::int64_t normalize_dim(std::string_view op, std::int64_t dim, std::int64_t rank) {
  const std::int64_t dims = std::max<std::int64_t>(rank, 1);
  if (dim < -dims || dim >= dims) fail<IndexError>(op, "dim {} is outside [-{}, {})", dim, dims, dims);
  return dim < 0 ? dim + dims : dim;
}

Tensor to_floating(std::string_view op, const Tensor& x) {
  check_arithmetic(op, x);
  return is_floating(x.impl()->dtype) ? x : to(x, DType::float32);
}

Shape broadcast_shapes(std::string_view op, const Shape& a, const Shape& b) {
  if (a == b) return a;
  const std::int64_t rank = std::max(a.size(), b.size());
  Shape y;
  for (std::int64_t d = 0; d < rank; ++d) {
    const std::int64_t i = d - (rank - a.size()), j = d - (rank - b.size());
    const std::int64_t m = i < 0 ? 1 : a[i], n = j < 0 ? 1 : b[j];
    if (m != n && m != 1 && n != 1) {
      fail<ShapeError>(op, "shapes {} and {} do not broadcast: dim {} is {} and {}", a, b, d - rank, m, n);
    }
    y.push_back(m == 1 ? n : m);
  }
  return y;
}

Tensor make_broadcast(std::string_view op, const Tensor& a, const Tensor& b, DType dtype) {
  const Shape &s = a.impl()->shape, &t = b.impl()->shape;
  return s == t ? make_tensor(s, dtype) : make_tensor(broadcast_shapes(op, s, t), dtype);
}

namespace {
// bool_ < integers < floating: only a step up between these lets a number or a 0-dim tensor raise the dtype.
int category(DType dtype) { return is_floating(dtype) ? 2 : dtype == DType::bool_ ? 0 : 1; }

DType result_dtype(const TensorImpl& a, const TensorImpl& b) {
  const bool same_standing = a.shape.empty() == b.shape.empty();
  if (same_standing || category(a.dtype) == category(b.dtype)) {
    if (same_standing) return promote(a.dtype, b.dtype);
    return a.shape.empty() ? b.dtype : a.dtype;
  }
  return category(a.dtype) < category(b.dtype) ? b.dtype : a.dtype;
}

/// x in the dtype that it has beside z; undefined where that is x's own.
Tensor cast_beside(std::string_view op, const Tensor& x, const Tensor& z) {
  check_defined(op, x);
  check_defined(op, z);
  if (x.impl()->dtype == z.impl()->dtype) return Tensor();
  const DType dtype = result_dtype(*x.impl(), *z.impl());
  return x.impl()->dtype == dtype ? Tensor() : to(x, dtype);
}
}  // namespace

Operands::Operands(std::string_view op, const Tensor& x, const Tensor& z)
    : cast_a_(cast_beside(op, x, z)),
      cast_b_(cast_beside(op, z, x)),
      a(cast_a_.defined() ? cast_a_ : x),
      b(cast_b_.defined() ? cast_b_ : z) {}

std::vector<Tensor> promote_all(std::string_view op, const std::vector<Tensor>& tensors) {
  if (tensors.empty()) fail<ValueError>(op, "there is no tensor in the list");
  DType dtype = DType::bool_;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (!tensors[i].defined()) fail<ValueError>(op, "tensor {} is undefined", i);
    dtype = promote(dtype, tensors[i].impl()->dtype);
  }
  std::vector<Tensor> result;
  result.reserve(tensors.size());
  for (const Tensor& x : tensors) result.push_back(to(x, dtype));
  return result;
}

void check_fits(std::string_view op, Scalar number, DType dtype) {
  if (is_floating(dtype) || dtype == DType::bool_) return;
  if (fits(number, dtype)) return;
  if (is_floating(number.dtype())) fail<ValueError>(op, "{} does not fit {}", number.to<double>(), dtype);
  fail<ValueError>(op, "{} does not fit {}; take a wider dtype, or convert with .to(int64)", number.to<std::int64_t>(),
                   dtype);
}

Tensor wrap(const char* op, Scalar number, const Tensor& like) {
  check_defined(op, like);
  const DType theirs = like.impl()->dtype, ours = number.dtype();
  const DType dtype = category(ours) > category(theirs) ? ours : theirs;
  Tensor y = make_tensor({}, dtype);
  check_fits(op, number, dtype);
  visit_dtype(dtype, [&]<class T>() { *elements<T>(y) = number.to<T>(); });
  return y;
}

Lie lie_under(Tensor& x, const Shape& shape) {
  const std::int64_t n = shape.numel(), m = x.impl()->numel;
  if (m == n) return {1, std::max<std::int64_t>(n, 1)};
  if (m == 1) return {1, 1};
  // Count trailing dims that are kept, then trailing dims that are repeated; one of the two must explain x wholly.
  const Shape& s = x.impl()->shape;
  std::int64_t kept = 1, repeated = 1;
  for (std::int64_t d = 1; d <= s.size() && s[s.size() - d] == shape[shape.size() - d]; ++d) kept *= s[s.size() - d];
  if (kept == m) return {1, kept};
  for (std::int64_t d = 1; d <= s.size() && s[s.size() - d] == 1; ++d) repeated *= shape[shape.size() - d];
  if (repeated * m == n) return {repeated, m};
  Tensor y = make_tensor(shape, x.impl()->dtype);
  kernels::expand(itemsize(x.impl()->dtype), x.impl()->data, s, y.impl()->data, shape);
  x = y;
  return {1, n};
}

kernels::Rows rows_along(const Shape& shape, std::int64_t dim) {
  kernels::Rows r;
  for (std::int64_t d = 0; d < shape.size(); ++d) {
    (d < dim ? r.outer : d == dim ? r.n : r.inner) *= shape[d];
  }
  return r;
}

namespace {
/// The value of x with dim `from` moved to place `to`.
Tensor move_dim(const Tensor& x, std::int64_t from, std::int64_t to) {
  const Shape& shape = x.impl()->shape;
  if (from == to || shape.empty()) return x;
  Shape order, moved;
  for (std::int64_t d = 0; d < shape.size(); ++d) order.push_back(d);
  order.erase(from);
  order.insert(to, from);
  for (std::int64_t d : order) moved.push_back(shape[d]);
  Tensor y = make_tensor(moved, x.impl()->dtype);
  kernels::permute(itemsize(x.impl()->dtype), x.impl()->data, shape, y.impl()->data, order);
  return y;
}
}  // namespace

Tensor dim_to_end(const Tensor& x, std::int64_t d) { return move_dim(x, d, x.impl()->shape.size() - 1); }
Tensor dim_from_end(const Tensor& y, std::int64_t d) { return move_dim(y, y.impl()->shape.size() - 1, d); }

Shape without_dim(const Shape& shape, std::int64_t dim, bool keepdim) {
  Shape y = shape;
  if (y.empty()) return y;
  if (keepdim) {
    y[dim] = 1;
  } else {
    y.erase(dim);
  }
  return y;
}

Reduced reduced_dims(std::string_view op, const Tensor& x, const Shape& dims) {
  check_defined(op, x);
  Reduced r;
  r.with_ones = x.impl()->shape;
  if (dims.empty()) {  // all of them
    std::fill(r.dim, r.dim + r.with_ones.size(), true);
    r.n = x.impl()->numel;
    std::fill(r.with_ones.begin(), r.with_ones.end(), 1);
  }
  for (std::int64_t dim : dims) {
    const std::int64_t d = normalize_dim(op, dim, r.with_ones.size());
    if (std::exchange(r.dim[d], true)) fail<ValueError>(op, "dim {} is given twice in {}", dim, dims);
    if (!r.with_ones.empty()) r.n *= std::exchange(r.with_ones[d], 1);
  }
  return r;
}

Tensor checked_index(std::string_view op, const Tensor& index, std::int64_t n) {
  check_integer(op, index);
  Tensor at = to(index, DType::int64);
  const std::int64_t* p = elements<std::int64_t>(at);
  for (std::int64_t j = 0; j < at.impl()->numel; ++j) {
    if (p[j] >= 0 && p[j] < n) continue;
    fail<IndexError>(op, "index{} = {} is outside [0, {})", subscript(at.impl()->shape, j), p[j], n);
  }
  return at;
}

}  // namespace xtape::detail
