// scatter      y = x, and y[i][index[i][j]] = z[i][j] (dim 1)    dx = gy without those, dz[i][j] = gy[i][index[i][j]]
// scatter_add  y = x, and y[i][index[i][j]] += z[i][j]           dx = gy, dz the same
// Keeps the index. scatter_add makes the sums first, as exact as sum(), and adds them to x then; on zeros alone it is
// the gradient of gather, which is its own. Of elements with the same place scatter keeps the last, which alone gets
// its gradient. (PyTorch leaves open which one it keeps, and gives the gradient to each.)
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "ops/add_at_places.hpp"
#include "ops/checks.hpp"
#include "ops/elementwise.hpp"
#include "ops/indexing.hpp"
#include "ops/primitives.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

/// The place of each element of the index, as a position in a tensor of shape `to`.
Tensor positions(const detail::Places& places, const Shape& to) {
  const Tensor at = detail::make_tensor(places.at.impl()->shape, DType::int64);
  detail::for_each_place(
      places, to, [p = detail::elements<std::int64_t>(at)](std::int64_t j, std::int64_t place) { p[j] = place; });
  return at;
}

/// The part of the source that the index covers, in the index's shape; recorded.
Tensor checked_source(const char* op, const Tensor& x, const detail::Places& places, const Tensor& source) {
  detail::check_defined(op, source);
  detail::check_source_dtype(op, x, source);
  const Shape from = detail::at_least_1d(source.impl()->shape);
  const Shape covered = detail::at_least_1d(places.at.impl()->shape);
  bool fits = from.size() == covered.size();
  for (std::int64_t d = 0; fits && d < from.size(); ++d) fits = covered[d] <= from[d];
  if (!fits) {
    fail<ShapeError>(op, "the index {} is larger than the source {}", places.at.impl()->shape, source.impl()->shape);
  }
  Tensor part = source;
  for (std::int64_t d = 0; d < from.size(); ++d) {
    if (covered[d] < from[d]) part = narrow(part, d, 0, covered[d]);
  }
  return part.impl()->shape == places.at.impl()->shape ? part : part.reshape(places.at.impl()->shape);
}

void write_elements(const detail::Places& places, const Tensor& source, const Tensor& y) {
  visit_width(itemsize(y.impl()->dtype), [&]<class T>() {
    detail::for_each_place(places, y.impl()->shape,
                           [in = detail::elements<T>(source), out = detail::elements<T>(y)](
                               std::int64_t j, std::int64_t place) { out[place] = in[j]; });
  });
}

/// The sums alone.
Tensor sums_at(const detail::Places& places, const Tensor& x, const Shape& to) {
  const Shape from = detail::at_least_1d(places.at.impl()->shape);
  if (!is_floating(x.impl()->dtype) || from[places.dim] == 1) {  // no two elements have the same place, as with classes
    Tensor y = zeros(to, {.dtype = x.impl()->dtype});
    visit_arithmetic(x.impl()->dtype, [&]<class T>() {
      using U = typename detail::Wrapping<T>::type;
      detail::for_each_place(
          places, to, [in = detail::elements<U>(x), out = detail::elements<U>(y)](std::int64_t j, std::int64_t place) {
            out[place] += in[j];
          });
    });
    return y;
  }
  Tensor y = detail::make_tensor(to, x.impl()->dtype);
  detail::add_at_places(x, positions(places, to), 1, to.numel(), 1, y);
  return y;
}

}  // namespace

Tensor detail::scatter_add(const Tensor& x, std::int64_t d, const Tensor& index, const Shape& to) {
  return record("scatter_add", {x}, sums_at({d, index}, x, to),
                [d, index = save(index)](const Tensor& gy) { return Gradients(gather(gy, d, *index)); });
}

// ---- scatter_add -------------------------------------------------------------------------------------------------

Tensor scatter_add(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source) {
  const detail::Places places = detail::checked_elements("scatter_add", x, dim, index);
  detail::check_arithmetic("scatter_add", x);
  const Tensor part = checked_source("scatter_add", x, places, source);
  Tensor y = without_grad([&] { return x + sums_at(places, part, x.impl()->shape); });
  return record("scatter_add", {x, part}, std::move(y),
                [d = places.dim, index = save(places.at)](const Tensor& gy, Wants wants) {
                  return Gradients(wants[0] ? gy : Tensor(), wants[1] ? gather(gy, d, *index) : Tensor());
                });
}

Tensor Tensor::scatter_add(std::int64_t dim, const Tensor& index, const Tensor& source) const {
  return xtape::scatter_add(*this, dim, index, source);
}

Tensor Tensor::scatter_add_(std::int64_t dim, const Tensor& index, const Tensor& source) const {
  const detail::Places places = detail::checked_elements("scatter_add_", *this, dim, index);
  detail::check_arithmetic("scatter_add_", *this);
  const Tensor part = checked_source("scatter_add_", *this, places, source);
  detail::check_unrecorded("scatter_add_", *this, source);
  return without_grad([&] { return add_(sums_at(places, part, impl()->shape)); });
}

// ---- scatter -----------------------------------------------------------------------------------------------------

namespace {

/// A source of the index's shape.
Tensor full_source(const char* op, const Tensor& x, const Tensor& index, Scalar value) {
  detail::check_defined(op, x);
  detail::check_defined(op, index);
  return detail::filled(op, index.impl()->shape, value, x.impl()->dtype);
}

}  // namespace

Tensor scatter(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source) {
  const detail::Places places = detail::checked_elements("scatter", x, dim, index);
  const Tensor part = checked_source("scatter", x, places, source);
  Tensor y = detail::copy_of(x);
  write_elements(places, part, y);
  return record("scatter", {x, part}, std::move(y),
                [d = places.dim, index = save(places.at)](const Tensor& gy, Wants wants) {
                  const Tensor at = *index;
                  Tensor dz;
                  if (wants[1]) {
                    dz = gather(gy, d, at);
                    const Tensor stays = detail::last_writes(positions({d, at}, gy.shape()), gy.numel());
                    if (stays.defined()) dz = where(stays, dz, 0);
                  }
                  return Gradients(wants[0] ? scatter(gy, d, at, 0) : Tensor(), dz);
                });
}

Tensor scatter(const Tensor& x, std::int64_t dim, const Tensor& index, Scalar value) {
  return scatter(x, dim, index, full_source("scatter", x, index, value));
}

Tensor Tensor::scatter(std::int64_t dim, const Tensor& index, const Tensor& source) const {
  return xtape::scatter(*this, dim, index, source);
}
Tensor Tensor::scatter(std::int64_t dim, const Tensor& index, Scalar value) const {
  return xtape::scatter(*this, dim, index, value);
}

Tensor Tensor::scatter_(std::int64_t dim, const Tensor& index, const Tensor& source) const {
  detail::Places places = detail::checked_elements("scatter_", *this, dim, index);
  const Tensor part = checked_source("scatter_", *this, places, source);
  detail::check_unrecorded("scatter_", *this, source);
  places.at = detail::apart_from(*this, places.at);  // the places have been checked: no write may change them
  write_elements(places, detail::apart_from(*this, part), *this);
  detail::mark_written(*this);
  return *this;
}
Tensor Tensor::scatter_(std::int64_t dim, const Tensor& index, Scalar value) const {
  return scatter_(dim, index, full_source("scatter_", *this, index, value));
}

}  // namespace xtape
