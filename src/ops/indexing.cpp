#include "ops/indexing.hpp"

#include <vector>

#include "core/fail.hpp"
#include "ops/checks.hpp"

namespace xtape::detail {

void check_mask(std::string_view op, const Tensor& mask, const char* what) {
  check_defined(op, mask);
  if (mask.impl()->dtype == DType::bool_) return;
  fail<DTypeError>(op, "the {} is {}, not bool_; compare it with 0?", what, mask.impl()->dtype);
}

void check_source_dtype(std::string_view op, const Tensor& x, const Tensor& source) {
  const DType from = source.impl()->dtype, to = x.impl()->dtype;
  if (from != to) fail<DTypeError>(op, "the source is {}, the tensor {}; convert one with .to()", from, to);
}

Tensor true_positions(const Tensor& mask) {
  const bool* holds = elements<bool>(mask);
  const std::int64_t n = mask.impl()->numel;
  std::int64_t count = 0;
  for (std::int64_t i = 0; i < n; ++i) count += holds[i];
  Tensor at = make_tensor({count}, DType::int64);
  std::int64_t* next = elements<std::int64_t>(at);
  for (std::int64_t i = 0; i < n; ++i) {
    if (holds[i]) *next++ = i;
  }
  return at;
}

Tensor last_writes(const Tensor& places, std::int64_t n) {
  const std::int64_t *place = elements<std::int64_t>(places), count = places.impl()->numel;
  std::vector<std::int64_t> last(static_cast<std::size_t>(n));
  for (std::int64_t j = 0; j < count; ++j) last[static_cast<std::size_t>(place[j])] = j;
  Tensor is_last = make_tensor(places.impl()->shape, DType::bool_);
  bool all = true;
  for (std::int64_t j = 0; j < count; ++j) {
    const bool stays = last[static_cast<std::size_t>(place[j])] == j;
    elements<bool>(is_last)[j] = stays;
    all = all && stays;
  }
  return all ? Tensor() : is_last;
}

Places checked_slices(std::string_view op, const Tensor& x, std::int64_t dim, const Tensor& index,
                      const Tensor& source) {
  check_defined(op, x);
  check_integer(op, index);
  check_defined(op, source);
  const Shape onto = at_least_1d(x.impl()->shape);
  const std::int64_t d = normalize_dim(op, dim, onto.size());
  if (index.impl()->shape.size() > 1) {
    fail<ShapeError>(op, "the index must be 1-D, got {}; use scatter?", index.impl()->shape);
  }
  Shape expected = onto;
  expected[d] = index.impl()->numel;
  if (at_least_1d(source.impl()->shape) != expected) {
    fail<ShapeError>(op, "an index {} into {} along dim {} takes a source {}, got {}", index.impl()->shape,
                     x.impl()->shape, d, expected, source.impl()->shape);
  }
  check_source_dtype(op, x, source);
  return {d, checked_index(op, index, onto[d])};
}

Places checked_elements(std::string_view op, const Tensor& x, std::int64_t dim, const Tensor& index) {
  check_defined(op, x);
  check_integer(op, index);
  const Shape onto = at_least_1d(x.impl()->shape), from = at_least_1d(index.impl()->shape);
  const std::int64_t d = normalize_dim(op, dim, onto.size());
  if (from.size() != onto.size()) {
    fail<ShapeError>(op, "the index {} must have as many dims as the tensor {}", index.impl()->shape, x.impl()->shape);
  }
  for (std::int64_t e = 0; e < from.size(); ++e) {
    if (e == d || from[e] <= onto[e]) continue;
    fail<ShapeError>(op, "the index {} is larger than the tensor {} in dim {}", from, onto, e);
  }
  return {d, checked_index(op, index, onto[d])};
}

}  // namespace xtape::detail
