// y = x, and y[index[j]] = z[j] along one dim        dx = gy without those slices, dz[j] = gy[index[j]]
// Keeps the index. A slice that is written twice keeps the later source, which alone gets its gradient. (PyTorch leaves
// open which one it keeps, and gives the gradient to both.)
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "kernels/index.hpp"
#include "ops/checks.hpp"
#include "ops/dims.hpp"
#include "ops/indexing.hpp"
#include "ops/primitives.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

/// y[at[j]] = source[j].
void write_slices(const detail::Places& places, const Tensor& source, const Tensor& y) {
  const auto [outer, n, inner] = detail::rows_along(detail::at_least_1d(y.impl()->shape), places.dim);
  kernels::put_slices(source.impl()->data, y.impl()->data, detail::elements<std::int64_t>(places.at), outer, n,
                      places.at.impl()->numel, inner * itemsize(y.impl()->dtype));
}

/// gy[at[j]], but zeros where a later j has the same place.
Tensor gradient_of_source(const Tensor& gy, std::int64_t d, const Tensor& at) {
  const Tensor dz = index_select(gy, d, at);
  const Tensor stays = detail::last_writes(at, detail::at_least_1d(gy.shape())[d]);
  if (!stays.defined()) return dz;
  Shape along(dz.shape());
  for (std::int64_t e = 0; e < along.size(); ++e) along[e] = e == d ? -1 : 1;
  return where(stays.reshape(along), dz, 0);
}

}  // namespace

Tensor index_copy(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source) {
  const detail::Places places = detail::checked_slices("index_copy", x, dim, index, source);
  Tensor y = detail::copy_of(x);
  write_slices(places, source, y);
  return record("index_copy", {x, source}, std::move(y),
                [d = places.dim, shape = source.shape(), index = save(places.at)](const Tensor& gy, Wants wants) {
                  const Tensor at = *index;
                  return Gradients(wants[0] ? index_copy(gy, d, at, zeros(shape, {.dtype = gy.dtype()})) : Tensor(),
                                   wants[1] ? gradient_of_source(gy, d, at).reshape(shape) : Tensor());
                });
}

Tensor Tensor::index_copy(std::int64_t dim, const Tensor& index, const Tensor& source) const {
  return xtape::index_copy(*this, dim, index, source);
}

Tensor Tensor::index_copy_(std::int64_t dim, const Tensor& index, const Tensor& source) const {
  detail::Places places = detail::checked_slices("index_copy_", *this, dim, index, source);
  detail::check_unrecorded("index_copy_", *this, source);
  places.at = detail::apart_from(*this, places.at);  // the places have been checked: no write may change them
  write_slices(places, detail::apart_from(*this, source), *this);
  detail::mark_written(*this);
  return *this;
}

}  // namespace xtape
