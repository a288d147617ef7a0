// y[(i + shift) mod n] = x[i] along a dim        dx = gy rolled back
// Keeps the shifts. A roll is two blocks in exchanged places: copied as such, where xt::roll goes element by element
// and takes shifts in [0, n) only.
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "kernels/index.hpp"
#include "ops/checks.hpp"
#include "ops/dims.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

/// A copy of x with the slices along dim d moved on by `shift` in [0, n), the last ones to the front.
Tensor rolled(const Tensor& x, std::int64_t d, std::int64_t shift) {
  Tensor y = detail::make_tensor(x.impl()->shape, x.impl()->dtype);
  const auto [outer, n, inner] = detail::rows_along(x.impl()->shape, d);
  const std::int64_t slice = inner * itemsize(x.impl()->dtype);
  const std::int64_t row = n * slice, moved = shift * slice, kept = row - moved;
  kernels::copy_blocks(x.impl()->data, row, y.impl()->data + moved, row, kept, outer);
  kernels::copy_blocks(x.impl()->data + kept, row, y.impl()->data, row, moved, outer);
  return y;
}

}  // namespace

Tensor roll(const Tensor& x, const Shape& shifts, const Shape& dims) {
  detail::check_defined("roll", x);
  const Shape& shape = x.impl()->shape;
  const bool flattened = dims.empty() && shifts.size() == 1;
  if (shifts.empty()) fail<ValueError>("roll", "there is no shift");
  if (!flattened && shifts.size() != dims.size()) {
    fail<ValueError>("roll", "shifts {} and dims {} must be as many", shifts, dims);
  }
  Tensor y = flattened ? detail::make_view(x, {x.impl()->numel}) : x;
  Shape back;
  for (std::int64_t i = 0; i < shifts.size(); ++i) {
    if (!flattened && shape.empty()) fail<IndexError>("roll", "a 0-dim tensor has no dim {}", dims[i]);
    const std::int64_t d = flattened ? 0 : detail::normalize_dim("roll", dims[i], shape.size());
    const std::int64_t n = y.impl()->shape[d], shift = n == 0 ? 0 : (shifts[i] % n + n) % n;
    y = rolled(y, d, shift);
    back.push_back(-shift);
  }
  return record("roll", {x}, detail::make_view(y, shape),
                [back, dims](const Tensor& gy) { return Gradients(roll(gy, back, dims)); });
}

Tensor Tensor::roll(const Shape& shifts, const Shape& dims) const { return xtape::roll(*this, shifts, dims); }

}  // namespace xtape
