// y = a - b        da = gy, db = -gy
// Keeps nothing.
#include "ops/common.hpp"

namespace xtape {

Tensor sub(const Tensor& a, const Tensor& b) {
  auto [p, q] = detail::promote_operands("sub", a, b);
  Tensor y = detail::zip_arithmetic("sub", p, q, [](auto u, auto v) { return u - v; });
  return record("sub", {p, q}, std::move(y), [](const Tensor& gy, Wants wants) {
    return Gradients(gy, wants[1] ? -gy : Tensor());
  });
}

}  // namespace xtape
