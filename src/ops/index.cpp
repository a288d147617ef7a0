// y[k] = x[p_k], the slices of x that a tensor in brackets selects        dx = gy added at those, zeros elsewhere
// x[mask]: the p are the positions where the mask of leading dims holds. x[index]: its elements, negative ones counted
// from the end. Keeps p. The result is a copy, and says of which kind: an assignment to it would be lost.
#include "kernels/index.hpp"

#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "core/subscript.hpp"
#include "ops/checks.hpp"
#include "ops/indexing.hpp"
#include "ops/primitives.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

/// x's dims from `lead` on.
Shape trailing(const Tensor& x, std::int64_t lead) {
  const Shape& shape = x.impl()->shape;
  return Shape(shape.begin() + lead, shape.end());
}

/// x, whose first `lead` dims count as one of n slices, at the places `at`; y begins with the dims `front` in their
/// stead.
Tensor take(const Tensor& x, std::int64_t lead, std::int64_t n, const Tensor& at, Shape front,
            detail::Subscript subscript) {
  const Shape rest = trailing(x, lead);
  const std::int64_t slice = rest.numel(), count = at.impl()->numel;
  for (std::int64_t extent : rest) front.push_back(extent);
  Tensor y = detail::make_tensor(front, x.impl()->dtype);
  kernels::select_slices(x.impl()->data, y.impl()->data, detail::elements<std::int64_t>(at), 1, n, count,
                         slice * itemsize(x.impl()->dtype));
  y = record("index", {x}, std::move(y), [at = save(at), n, count, slice, from = x.impl()->shape](const Tensor& gy) {
    return Gradients(detail::index_add(gy.reshape({count, slice}), 0, *at, n).reshape(from));
  });
  y.impl()->subscript = subscript;
  return y;
}

Tensor at_mask(const Tensor& x, const Tensor& mask) {
  const Shape &shape = x.impl()->shape, &holds = mask.impl()->shape;
  bool fits = holds.size() <= shape.size();
  for (std::int64_t d = 0; fits && d < holds.size(); ++d) fits = holds[d] == shape[d];
  if (!fits) fail<ShapeError>("index", "the mask {} must have the leading dims of the tensor {}", holds, shape);
  const Tensor at = detail::true_positions(mask);
  return take(x, holds.size(), holds.numel(), at, {at.impl()->numel}, detail::Subscript::mask);
}

Tensor at_index(const Tensor& x, const Tensor& index) {
  const Shape& shape = x.impl()->shape;
  if (shape.empty()) fail<IndexError>("index", "a 0-dim tensor has no dim to select from; use item()");
  if (index.impl()->shape.empty()) return select(x, 0, index.item<std::int64_t>());  // as in PyTorch: a view
  const std::int64_t n = shape[0];
  const Tensor own = detail::copy_of(to(index, DType::int64)), at = detail::make_view(own, {own.impl()->numel});
  std::int64_t* place = detail::elements<std::int64_t>(at);
  for (std::int64_t j = 0; j < at.impl()->numel; ++j) {
    if (place[j] < -n || place[j] >= n) {
      fail<IndexError>("index", "index{} = {} is outside [-{}, {})", subscript(index.impl()->shape, j), place[j], n, n);
    }
    if (place[j] < 0) place[j] += n;
  }
  return take(x, 1, n, at, index.impl()->shape, detail::Subscript::index);
}

}  // namespace

Tensor Tensor::operator[](const Tensor& subscript) const {
  detail::check_defined("index", *this);
  detail::check_defined("index", subscript);
  const DType dtype = subscript.impl()->dtype;
  if (dtype == DType::bool_) return at_mask(*this, subscript);
  if (dtype == DType::uint8) {
    fail<DTypeError>("index",
                     "PyTorch takes uint8 in brackets as a mask; write x[mask.to(bool_)] or x[index.to(int64)]");
  }
  if (is_floating(dtype)) {
    fail<DTypeError>("index", "expected a mask (bool_) or an index (integers) in brackets, got {}", dtype);
  }
  return at_index(*this, subscript);
}

}  // namespace xtape
