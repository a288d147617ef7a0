// y = x w^T + b        dx = gy w, dw = gy^T x, db = column sums of gy
// Keeps x for dw and w for dx; the first layer's x needs no gradient, which saves a third of the work there.
#include <algorithm>
#include <string>
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "kernels/gemm.hpp"
#include "ops/checks.hpp"
#include "ops/primitives.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

/// How x could be given as rows of `in` elements, or nothing.
std::string reshape_hint(const Shape& s, std::int64_t in) {
  const std::int64_t numel = s.numel();
  if (numel == 0 || in == 0 || numel % in != 0) return "";
  std::int64_t n = 1;
  for (std::int64_t d = s.size() - 1; d > 0; --d) {
    n *= s[d];
    if (n == in) return "; flatten it first?";
  }
  if (s.size() != 1 && numel != in) return "";  // of rows of another length
  return fmt::format("; reshape it to {}?", Shape{numel / in, in}.to_string());
}

void check_dtype(const char* name, const Tensor& t, DType dtype) {
  detail::check_floating("linear", t);
  if (t.impl()->dtype == dtype) return;
  fail<DTypeError>("linear", "the weight is {}, the {} {}; convert one with .to", dtype, name, t.impl()->dtype);
}

void check(const Tensor& x, const Tensor& w, const Tensor& b) {
  detail::check_floating("linear", w);
  check_dtype("input", x, w.impl()->dtype);
  const Shape &s = x.impl()->shape, &t = w.impl()->shape;
  if (t.size() != 2) fail<ShapeError>("linear", "expected weight (out, in), got {}", t);
  const std::int64_t in = t[1], out = t[0];
  if (s.empty() || s.back() != in) {
    fail<ShapeError>("linear", " ({} -> {}): expected input (N, {}), got {}{}", in, out, in, s, reshape_hint(s, in));
  }
  if (!b.defined()) return;
  check_dtype("bias", b, w.impl()->dtype);
  if (b.impl()->shape != Shape{out}) {
    fail<ShapeError>("linear", " ({} -> {}): expected bias ({}), got {}", in, out, out, b.impl()->shape);
  }
}

/// x as a matrix (rows, last extent).
Shape as_matrix(const Shape& s) { return {Shape(s.begin(), s.end() - 1).numel(), s.back()}; }

}  // namespace

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  check(x, weight, bias);
  const Shape &from = x.impl()->shape, &w = weight.impl()->shape;
  const std::int64_t in = w[1], out = w[0], rows = as_matrix(from)[0];
  Shape to = from;
  to[to.size() - 1] = out;
  Tensor y = detail::make_tensor(to, x.impl()->dtype);
  visit_floating(x.impl()->dtype, [&]<class T>() {
    T* c = detail::elements<T>(y);
    if (bias.defined()) {
      const T* b = detail::elements<T>(bias);
      for (std::int64_t i = 0; i < rows; ++i) std::copy(b, b + out, c + i * out);
    }
    kernels::gemm(kernels::Gemm<T>{.trans_b = true,
                                   .m = rows,
                                   .n = out,
                                   .k = in,
                                   .a = detail::elements<T>(x),
                                   .lda = in,
                                   .b = detail::elements<T>(weight),
                                   .ldb = in,
                                   .c = c,
                                   .ldc = out,
                                   .accumulate = bias.defined()});
  });
  return record(
      "linear", {x, weight, bias}, std::move(y),
      [x = save(x, weight.requires_grad()), w = save(weight, x.requires_grad()), from](const Tensor& gy, Wants wants) {
        const Tensor g = gy.dim() == 2 ? gy : reshape(gy, as_matrix(gy.shape()));
        Tensor dx, dw, db;
        if (wants[0]) dx = detail::matmul_t(g, *w, false, false);
        if (wants[0] && from.size() != 2) dx = reshape(dx, from);
        if (wants[1]) dw = detail::matmul_t(g, reshape(*x, as_matrix(from)), true, false);
        if (wants[2]) db = sum(g, 0);
        return Gradients(dx, dw, db);
      });
}

}  // namespace xtape
