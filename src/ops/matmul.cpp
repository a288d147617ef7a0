// y = a b        da = gy b^T, db = a^T gy        Products of integers wrap around, as in PyTorch.
// Keeps each factor that the other's gradient needs. Gradients are matmul_t again, so no transpose is ever copied.
#include <algorithm>
#include <utility>

#include "autograd/backward_ops.hpp"
#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "kernels/gemm.hpp"
#include "kernels/integer_gemm.hpp"
#include "ops/checks.hpp"
#include "ops/elementwise.hpp"
#include "ops/primitives.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

/// The extents before the last two.
Shape batch_of(const Shape& s) { return Shape(s.begin(), s.end() - 2); }

Shape batch_shape(const Shape& a, const Shape& b) {
  const Shape p = batch_of(a), q = batch_of(b);
  for (std::int64_t d = 1; d <= std::min(p.size(), q.size()); ++d) {
    const std::int64_t m = p[p.size() - d], n = q[q.size() - d];
    if (m == n || m == 1 || n == 1) continue;
    fail<ShapeError>("matmul", "the batch dims of {} and {} do not broadcast: dim {} is {} and {}", a, b, -2 - d, m, n);
  }
  return detail::broadcast_shapes("matmul", p, q);
}

/// The index of the factor of matrix i of a product with batch dims `batch`, in an operand with batch dims `own`.
std::int64_t factor_of(std::int64_t i, const Shape& own, const Shape& batch) {
  std::int64_t at = 0, step = 1;
  for (std::int64_t d = 1; d <= batch.size(); ++d) {
    const std::int64_t position = i % batch[batch.size() - d];
    i /= batch[batch.size() - d];
    if (d > own.size()) continue;
    const std::int64_t extent = own[own.size() - d];
    if (extent != 1) at += position * step;
    step *= extent;
  }
  return at;
}

void check_operands(const Tensor& a, const Tensor& b) {
  detail::check_arithmetic("matmul", a);
  detail::check_arithmetic("matmul", b);
  if (a.impl()->dtype != b.impl()->dtype) {
    fail<DTypeError>("matmul", "the dtypes differ: {} and {}; convert one with .to", a.impl()->dtype, b.impl()->dtype);
  }
  const Shape &s = a.impl()->shape, &t = b.impl()->shape;
  if (s.empty() || t.empty()) fail<ShapeError>("matmul", "a 0-dim tensor is not a matrix: {} x {}; use *", s, t);
  const std::int64_t k = s.back(), l = t[std::max<std::int64_t>(t.size() - 2, 0)];
  if (k != l) fail<ShapeError>("matmul", "inner dims differ: {} x {} has {} and {}", s, t, k, l);
}

}  // namespace

namespace detail {

Tensor matmul_t(const Tensor& a, const Tensor& b, bool trans_a, bool trans_b) {
  const Shape &s = a.impl()->shape, &t = b.impl()->shape;
  const std::int64_t rows = s[s.size() - 2], cols = t[t.size() - 2];
  const std::int64_t m = trans_a ? s.back() : rows, k = trans_a ? rows : s.back(), n = trans_b ? cols : t.back();
  const Shape p = batch_of(s), q = batch_of(t), batch = batch_shape(s, t);
  Shape to = batch;
  to.push_back(m);
  to.push_back(n);
  Tensor y = make_tensor(to, a.impl()->dtype);
  const std::int64_t count = batch.numel();
  visit_arithmetic(a.impl()->dtype, [&]<class T>() {
    using U = typename Wrapping<T>::type;
    for (std::int64_t i = 0; i < count; ++i) {
      kernels::gemm(kernels::Gemm<U>{.trans_a = trans_a,
                                     .trans_b = trans_b,
                                     .m = m,
                                     .n = n,
                                     .k = k,
                                     .a = elements<U>(a) + factor_of(i, p, batch) * m * k,
                                     .lda = s.back(),
                                     .b = elements<U>(b) + factor_of(i, q, batch) * k * n,
                                     .ldb = t.back(),
                                     .c = elements<U>(y) + i * m * n,
                                     .ldc = n});
    }
  });
  return record("matmul", {a, b}, std::move(y),
                [a = save(a, b.requires_grad()), b = save(b, a.requires_grad()), s, t, trans_a, trans_b](
                    const Tensor& gy, Wants wants) {
                  Tensor da, db;
                  if (wants[0]) da = trans_a ? matmul_t(*b, gy, trans_b, true) : matmul_t(gy, *b, false, !trans_b);
                  if (wants[1]) db = trans_b ? matmul_t(gy, *a, true, trans_a) : matmul_t(*a, gy, !trans_a, false);
                  return Gradients(da.defined() ? sum_to(da, s) : da, db.defined() ? sum_to(db, t) : db);
                });
}

}  // namespace detail

Tensor matmul(const Tensor& a, const Tensor& b) {
  check_operands(a, b);
  const Shape &s = a.impl()->shape, &t = b.impl()->shape;
  const bool vector_a = s.size() == 1, vector_b = t.size() == 1;
  const Tensor p = vector_a ? unsqueeze(a, 0) : a, q = vector_b ? unsqueeze(b, 1) : b;
  const Shape& u = p.impl()->shape;
  Tensor y;
  if (u.size() > 2 && t.size() <= 2) {  // one matrix on the right: the batch is multiplied as one tall matrix
    Shape to(u.begin(), u.end() - 1);
    y = detail::matmul_t(reshape(p, {to.numel(), u.back()}), q, false, false);
    to.push_back(y.impl()->shape.back());
    y = reshape(y, to);
  } else {
    y = detail::matmul_t(p, q, false, false);
  }
  if (vector_b) y = squeeze(y, -1);
  return vector_a ? squeeze(y, vector_b ? -1 : -2) : y;
}

Tensor Tensor::matmul(const Tensor& other) const { return xtape::matmul(*this, other); }

}  // namespace xtape
