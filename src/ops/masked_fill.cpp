// y = v where the mask holds, else x        dx = 0 where the mask holds, else gy; dv = the sum of gy where it holds
// Keeps the mask. masked_fill_ writes into x.
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/broadcast.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "ops/checks.hpp"
#include "ops/elementwise.hpp"
#include "ops/indexing.hpp"
#include "ops/primitives.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

/// The value in the dtype of x; recorded.
Tensor checked_value(const char* op, const Tensor& x, const Tensor& mask, const Tensor& value) {
  detail::check_defined(op, x);
  detail::check_mask(op, mask);
  detail::check_defined(op, value);
  if (!value.impl()->shape.empty()) {
    fail<ShapeError>(op, "the value must be 0-dim, got {}; use where(mask, value, x)", value.impl()->shape);
  }
  if (!is_floating(value.impl()->dtype)) {  // as a number would: to() wraps integers around
    visit_dtype(value.impl()->dtype,
                [&]<class T>() { detail::check_fits(op, *detail::elements<T>(value), x.impl()->dtype); });
  }
  return to(value, x.impl()->dtype);
}

Tensor number(const char* op, const Tensor& x, Scalar value) {
  detail::check_defined(op, x);
  return detail::filled(op, {}, value, x.impl()->dtype);
}

}  // namespace

Tensor masked_fill(const Tensor& x, const Tensor& mask, const Tensor& value) {
  const Tensor v = checked_value("masked_fill", x, mask, value);
  Tensor y = detail::make_broadcast("masked_fill", x, mask, x.impl()->dtype);
  detail::write_where(mask, v, x, y);
  return record("masked_fill", {x, v}, std::move(y), [mask = save(mask)](const Tensor& gy, Wants wants) {
    return Gradients(wants[0] ? masked_fill(gy, *mask, 0) : Tensor(), wants[1] ? where(*mask, gy, 0) : Tensor());
  });
}

Tensor masked_fill(const Tensor& x, const Tensor& mask, Scalar value) {
  return masked_fill(x, mask, number("masked_fill", x, value));
}

Tensor Tensor::masked_fill(const Tensor& mask, const Tensor& value) const {
  return xtape::masked_fill(*this, mask, value);
}
Tensor Tensor::masked_fill(const Tensor& mask, Scalar value) const { return xtape::masked_fill(*this, mask, value); }

Tensor Tensor::masked_fill_(const Tensor& mask, const Tensor& value) const {
  const Tensor v = checked_value("masked_fill_", *this, mask, value);
  if (!detail::broadcasts_to(mask.impl()->shape, impl()->shape)) {
    fail<ShapeError>("masked_fill_", "the mask {} does not broadcast to {}", mask.impl()->shape, impl()->shape);
  }
  detail::check_unrecorded("masked_fill_", *this, value);
  Tensor y = *this;
  detail::write_where(detail::apart_from(y, mask), detail::apart_from(y, v), y, y);
  detail::mark_written(y);
  return y;
}
Tensor Tensor::masked_fill_(const Tensor& mask, Scalar value) const {
  return masked_fill_(mask, number("masked_fill_", *this, value));
}

}  // namespace xtape
