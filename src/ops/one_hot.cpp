// y[i..., c] = 1 where x[i...] = c, else 0. Never recorded.
#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "kernels/extremum.hpp"
#include "ops/checks.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor one_hot(const Tensor& x, std::int64_t num_classes) {
  detail::check_integer("one_hot", x);
  Tensor classes = to(x, DType::int64);
  const std::int64_t count = x.impl()->numel;
  std::int64_t c = num_classes;
  if (c == -1) {
    if (count == 0) fail<ValueError>("one_hot", "{} has no elements; pass num_classes", x.impl()->shape);
    const std::int64_t largest = kernels::largest(detail::elements<std::int64_t>(classes), {1, count, 1});
    c = largest < 0 ? 1 : largest == INT64_MAX ? largest : largest + 1;
  } else if (c < 1) {
    fail<ValueError>("one_hot", "num_classes is {}, it must be positive, or -1: as many as the largest class needs", c);
  }
  classes = detail::checked_index("one_hot", classes, c);
  const std::int64_t* p = detail::elements<std::int64_t>(classes);
  Shape to = x.impl()->shape;
  to.push_back(c);
  const Tensor y = zeros(to, {.dtype = DType::int64});
  for (std::int64_t i = 0; i < count; ++i) detail::elements<std::int64_t>(y)[i * c + p[i]] = 1;
  return y;
}

}  // namespace xtape
