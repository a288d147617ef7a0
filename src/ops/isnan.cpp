// y = (x is NaN): bool_, false for integers
// Never recorded: bool_ has no gradient.
#include "ops/checks.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor isnan(const Tensor& x) {
  detail::check_defined("isnan", x);
  return ne(x, x);
}

}  // namespace xtape
