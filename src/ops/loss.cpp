#include "ops/loss.hpp"

#include "autograd/tensor_impl.hpp"
#include "core/broadcast.hpp"
#include "core/fail.hpp"
#include "ops/checks.hpp"
#include "ops/promotion.hpp"
#include "xtape/ops.hpp"

namespace xtape::detail {

void check_reduction(std::string_view op, Reduction reduction) {
  if (reduction == Reduction::batchmean) fail<ValueError>(op, "Reduction::batchmean is for kl_div only; use mean?");
}

LossOperands::LossOperands(std::string_view op, const Tensor& input, const Tensor& target)
    : Operands(op, input, target) {
  check_floating(op, a);
  const Shape &s = a.impl()->shape, &t = b.impl()->shape;
  if (s == t) return;
  const bool column = s.size() == 2 && t.size() == 1 && s[0] == t[0] && s[1] == 1;
  const char* hint = column                   ? "; squeeze(1) the input?"
                     : s.numel() == t.numel() ? "; reshape one of them?"
                                              : "; nothing is broadcast";
  fail<ShapeError>(op, "expected an input and a target of the same shape, got {} and {}{}", s, t, hint);
}

Tensor weighted(std::string_view op, const Tensor& losses, const Tensor& weight, const char* what, const char* input) {
  if (!weight.defined()) return losses;
  if (!broadcasts_to(weight.shape(), losses.shape())) {
    fail<ShapeError>(op, "the {} {} does not broadcast to the {} {}", what, weight.shape(), input, losses.shape());
  }
  return to(losses * weight, losses.dtype());
}

LossParts parts_of(const Tensor& losses, Reduction reduction) {
  const Shape& shape = losses.impl()->shape;
  const bool by_batch = reduction == Reduction::batchmean;
  const std::int64_t n = !by_batch ? shape.numel() : shape.empty() ? 1 : shape[0];
  return {sum(losses), static_cast<double>(n)};
}

Tensor apply_reduction(const Tensor& losses, Reduction reduction) {
  if (reduction == Reduction::none) return losses;
  const LossParts parts = parts_of(losses, reduction);
  return reduction == Reduction::sum ? parts.sum : parts.sum / parts.denominator;
}

}  // namespace xtape::detail
