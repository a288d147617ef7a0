// y = x, and y[index[j]] += z[j] along one dim        dx = gy, dz[j] = gy[index[j]]
// Keeps the index. The sums are made first, as exact as sum(), and added to x then. On zeros alone, index_add is the
// gradient of index_select, which is its own.
#include <algorithm>
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "kernels/index.hpp"
#include "ops/add_at_places.hpp"
#include "ops/checks.hpp"
#include "ops/dims.hpp"
#include "ops/elementwise.hpp"
#include "ops/indexing.hpp"
#include "ops/primitives.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor detail::index_add(const Tensor& x, std::int64_t d, const Tensor& index, std::int64_t n) {
  Shape to = x.impl()->shape;
  if (!to.empty()) to[d] = n;
  Tensor y = make_tensor(to, x.impl()->dtype);
  const kernels::Rows rows = rows_along(x.impl()->shape, d);
  if (is_floating(x.impl()->dtype)) {
    add_at_places(x, index, rows.outer, n, rows.inner, y);
  } else {
    visit_arithmetic(x.impl()->dtype, [&]<class T>() {
      using U = typename Wrapping<T>::type;
      const U* in = elements<U>(x);
      U* out = elements<U>(y);
      std::fill_n(out, y.impl()->numel, U{});
      for (std::int64_t o = 0; o < rows.outer; ++o, in += rows.n * rows.inner, out += n * rows.inner) {
        kernels::add_slices(in, out, elements<std::int64_t>(index), rows.n, rows.inner);
      }
    });
  }
  return record("index_add", {x}, std::move(y),
                [d, index = save(index)](const Tensor& gy) { return Gradients(index_select(gy, d, *index)); });
}

namespace {

/// What index_add adds to x, in x's shape.
Tensor added_slices(const char* op, const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source) {
  const detail::Places places = detail::checked_slices(op, x, dim, index, source);
  detail::check_arithmetic(op, x);
  const Shape onto = detail::at_least_1d(x.impl()->shape);
  const Tensor slices = detail::make_view(source, detail::at_least_1d(source.impl()->shape));
  return detail::make_view(detail::index_add(slices, places.dim, places.at, onto[places.dim]), x.impl()->shape);
}

}  // namespace

Tensor index_add(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source) {
  Tensor y = without_grad([&] { return x + added_slices("index_add", x, dim, index, source); });
  return record("index_add", {x, source}, std::move(y),
                [dim, shape = source.shape(), index = save(index)](const Tensor& gy, Wants wants) {
                  return Gradients(wants[0] ? gy : Tensor(),
                                   wants[1] ? index_select(gy, dim, *index).reshape(shape) : Tensor());
                });
}

Tensor Tensor::index_add(std::int64_t dim, const Tensor& index, const Tensor& source) const {
  return xtape::index_add(*this, dim, index, source);
}

Tensor Tensor::index_add_(std::int64_t dim, const Tensor& index, const Tensor& source) const {
  const Tensor added = without_grad([&] { return added_slices("index_add_", *this, dim, index, source); });
  detail::check_unrecorded("index_add_", *this, source);
  return without_grad([&] { return add_(added); });
}

}  // namespace xtape
