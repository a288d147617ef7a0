// What losses share: the check of a reduction and, for losses that compare an input and a target element by element,
// checks and reductions. mean_denominator alone defines what a mean divides by.
#pragma once

#include <string_view>

#include "core/dispatch.hpp"
#include "ops/elementwise.hpp"
#include "ops/promotion.hpp"
#include "xtape/ops.hpp"

namespace xtape::detail {

/// ValueError on Reduction::batchmean.
void check_reduction(std::string_view op, Reduction reduction);
/// Input and target in one floating dtype; ShapeError unless their shapes are equal.
struct LossOperands : Operands {
  LossOperands(std::string_view op, const Tensor& input, const Tensor& target);
};
/// The value f(input, target) of each element.
template <class F>
Tensor zip_losses(const Operands& both, F f) {
  Tensor y = make_tensor(both.a.impl()->shape, both.a.impl()->dtype);
  visit_floating(y.impl()->dtype, [&]<class T>() { zip<T, T>(both.a, both.b, y, f); });
  return y;
}
/// The losses times a weight that broadcasts to them, in their dtype; recorded. An undefined weight is 1. ShapeError
/// says that the weight, `what`, does not broadcast to the input, `input`.
Tensor weighted(std::string_view op, const Tensor& losses, const Tensor& weight, const char* what, const char* input);
/// The first extent for batchmean, else the number of elements.
double mean_denominator(const Shape& losses, Reduction reduction);
/// Recorded.
LossParts parts_of(const Tensor& losses, Reduction reduction);
Tensor apply_reduction(const Tensor& losses, Reduction reduction);

}  // namespace xtape::detail
