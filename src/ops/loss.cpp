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
  const char* hint = column                   ? "; squeeze(1) the input, or unsqueeze(1) the target?"
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

double mean_denominator(const Shape& losses, Reduction reduction) {
  if (reduction != Reduction::batchmean) return static_cast<double>(losses.numel());
  return losses.empty() ? 1 : static_cast<double>(losses[0]);
}

LossParts parts_of(const Tensor& losses, Reduction reduction) {
  return {sum(losses), mean_denominator(losses.impl()->shape, reduction)};
}

Tensor apply_reduction(const Tensor& losses, Reduction reduction) {
  if (reduction == Reduction::none) return losses;
  const LossParts parts = parts_of(losses, reduction);
  return reduction == Reduction::sum ? parts.sum : parts.sum / parts.denominator;
}

}  // namespace xtape::detail
