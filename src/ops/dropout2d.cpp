// y = x s in the channels kept, else 0        dx = gy s there, else 0        s = 1 / (1 - p)
// Never recorded: it is a product with the scale of each channel, s or 0, and mul is recorded. As in PyTorch, a NaN in
// a channel that is dropped stays.
#include "core/fail.hpp"
#include "ops/checks.hpp"
#include "xtape/autograd.hpp"
#include "xtape/creation.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor dropout2d(const Tensor& x, double p, bool training) {
  detail::check_floating("dropout2d", x);
  const Shape& shape = x.impl()->shape;
  if (shape.size() < 2) fail<ShapeError>("dropout2d", "expected (N, C, ...), got {}; use dropout?", shape);
  if (!(p >= 0 && p <= 1)) fail<ValueError>("dropout2d", "p is {}, it must lie in [0, 1]", p);
  if (!training || p == 0) return x;
  Shape channels(shape.begin(), shape.end());
  for (std::int64_t d = 2; d < channels.size(); ++d) channels[d] = 1;
  return x * dropout(ones(channels, {.dtype = x.impl()->dtype}), p, true);
}

}  // namespace xtape
