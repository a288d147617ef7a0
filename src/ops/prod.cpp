// y = product of x over a dim, or over all        dx[i] = gy times the product of the others
// Keeps x. The gradient multiplies the others instead of dividing y by x[i], so that zeros do no harm.
#include <type_traits>
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "ops/dims.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

/// Floats are multiplied in double, integers modulo 2^64.
Tensor product(const Tensor& x, const detail::ReducedDims& over, bool keepdim) {
  const DType dtype = x.impl()->dtype;
  const Tensor source = detail::reduced_to_end(x, over);
  Tensor y = detail::make_tensor(detail::reduced_shape(x.impl()->shape, over, keepdim),
                                 is_floating(dtype) ? dtype : DType::int64);
  visit_dtype(dtype, [&]<class T>() {
    constexpr bool floating = std::is_floating_point_v<T>;
    const T* p = detail::elements<T>(source);
    auto* out = detail::elements<std::conditional_t<floating, T, std::uint64_t>>(y);
    for (std::int64_t i = 0; i < y.impl()->numel; ++i) {
      std::conditional_t<floating, double, std::uint64_t> total = 1;
      for (std::int64_t k = 0; k < over.n; ++k) total *= static_cast<decltype(total)>(*p++);
      out[i] = static_cast<std::remove_pointer_t<decltype(out)>>(total);
    }
  });
  return y;
}

/// For rows of x, (rows, n), and one number for each, (rows, 1): that number times the product of the row's other
/// elements, (rows, n). Of halves: what belongs to the products of pairs belongs, times the other, to each of a pair.
Tensor times_others(const Tensor& x, const Tensor& number) {
  const std::int64_t rows = x.size(0), n = x.size(1), half = (n + 1) / 2;
  if (n <= 1) return number.expand({rows, n});
  const Tensor a = narrow(x, 1, 0, half), rest = narrow(x, 1, half, n - half);
  const Tensor b = n % 2 == 0 ? rest : cat({rest, ones({rows, 1}, {.dtype = x.dtype()})}, 1);
  const Tensor both = times_others(a * b, number);
  return narrow(cat({both * b, both * a}, 1), 1, 0, n);
}

Tensor prod(const Tensor& x, const detail::ReducedDims& over, bool keepdim) {
  return record("prod", {x}, product(x, over, keepdim), [x = save(x), over](const Tensor& gy) {
    const Tensor v = *x;
    Shape order, reduced, back = v.shape();  // the reduced dims at the end, and the inverse
    for (std::int64_t d = 0; d < v.dim(); ++d) (over.has[d] ? reduced : order).push_back(d);
    for (const std::int64_t d : reduced) order.push_back(d);
    for (std::int64_t i = 0; i < v.dim(); ++i) back[order[i]] = i;
    const Tensor moved = permute(v, order);
    const std::int64_t rows = gy.numel();
    const Tensor dx = times_others(moved.reshape({rows, over.n}), gy.reshape({rows, 1}));
    return Gradients(permute(dx.reshape(moved.shape()), back));
  });
}

}  // namespace

Tensor prod(const Tensor& x) { return prod(x, detail::reduced_dims("prod", x, {}), false); }
Tensor prod(const Tensor& x, std::int64_t dim, bool keepdim) {
  return prod(x, detail::reduced_dims("prod", x, {dim}), keepdim);
}

Tensor Tensor::prod() const { return xtape::prod(*this); }
Tensor Tensor::prod(std::int64_t dim, bool keepdim) const { return xtape::prod(*this, dim, keepdim); }

}  // namespace xtape
