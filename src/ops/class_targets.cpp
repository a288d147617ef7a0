#include "ops/class_targets.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "core/subscript.hpp"
#include "kernels/reduce.hpp"
#include "ops/checks.hpp"
#include "ops/loss.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape::detail {

namespace {

void check_input(std::string_view op, const Tensor& x, const Tensor& target) {
  check_defined(op, x);
  if (is_floating(x.impl()->dtype)) return;
  const bool is_swapped = target.defined() && is_floating(target.impl()->dtype);
  fail<DTypeError>(op, "expected a floating input, which has a number for each class, got {} {}{}", x.impl()->dtype,
                   x.impl()->shape, is_swapped ? "; the input comes first, then the target" : "");
}

/// The dtype decides what a target holds; the shape must match.
void check_target(std::string_view op, const Tensor& target, const Tensor& x, const Shape& positions) {
  check_defined(op, target);
  const Shape &shape = target.impl()->shape, &input = x.impl()->shape;
  const DType dtype = target.impl()->dtype;
  if (is_floating(dtype) && shape == input) return;
  if (dtype == DType::bool_ || (is_floating(dtype) && shape == positions)) {
    fail_no_indices(op, dtype);
  }
  if (is_floating(dtype)) {
    fail<ShapeError>(op,
                     "a {} target holds class probabilities and needs the input's shape {}, got {}; class "
                     "indices are integers",
                     dtype, input, shape);
  }
  if (shape == input) {
    fail<DTypeError>(op,
                     "the target is {} but has the input's shape {}; convert a one-hot target with .to({}), "
                     "or pass class indices of shape {}",
                     dtype, shape, x.impl()->dtype, positions);
  }
  if (shape != positions) {
    const char* hint = shape.numel() == positions.numel() ? "; reshape it?" : "";
    fail<ShapeError>(op, "expected a target of shape {} for an input of {}, got {}{}", positions, input, shape, hint);
  }
}

/// w, shaped to broadcast to the input.
Saved checked_weight(std::string_view op, const Tensor& weight, const ClassTargets& targets) {
  if (!weight.defined()) return Saved();
  const std::int64_t classes = targets.rows().n;
  const DType dtype = targets.dtype;
  if (weight.shape() != Shape{classes}) {
    fail<ShapeError>(op, "expected one weight for each of {} classes, got shape {}", classes, weight.shape());
  }
  if (weight.dtype() != dtype) {
    fail<DTypeError>(op, "the weight is {}, the input {}; they must agree", weight.dtype(), dtype);
  }
  if (is_grad_enabled() && weight.requires_grad()) {
    fail<GradError>(op, "the weight requires grad, but it is a constant of the loss; pass weight.detach()");
  }
  visit_floating(dtype, [&]<class T>() {
    for (std::int64_t c = 0; c < classes; ++c) {
      const T w = elements<T>(weight)[c];
      if (!(w >= 0) || std::isinf(w)) fail<ValueError>(op, "weight[{}] = {} is negative or not finite", c, w);
    }
  });
  Shape shape(targets.shape.begin() + targets.dim(), targets.shape.end());
  std::fill(shape.begin() + 1, shape.end(), 1);
  return save(weight.detach().reshape(shape));
}

/// IndexError for the first class outside the range.
void fail_outside(std::string_view op, const Tensor& target, std::int64_t classes, std::int64_t ignore_index) {
  for (std::int64_t i = 0; i < target.numel(); ++i) {
    const std::int64_t y = elements<std::int64_t>(target)[i];
    if (y == ignore_index || (y >= 0 && y < classes)) continue;
    const std::string hint = y < 0 ? fmt::format("; to ignore such positions pass {{.ignore_index = {}}}", y) : "";
    fail<IndexError>(op, "target{} = {} is outside [0, {}){}", subscript(target.impl()->shape, i), y, classes, hint);
  }
}

/// The sum of the weights of all classes y that are not ignored.
double total_weight(const std::int64_t* y, std::int64_t n, const Tensor& weight) {
  double total = 0;
  visit_floating(weight.impl()->dtype, [&]<class T>() {
    const T* w = elements<T>(weight);
    for (std::int64_t i = 0; i < n; ++i) total += y[i] < 0 ? 0.0 : static_cast<double>(w[y[i]]);
  });
  return total;
}

/// Takes a copy of the indices: the caller may write into the target before the gradient is computed.
void set_indices(ClassTargets& targets, std::string_view op, const Tensor& target, std::int64_t ignore_index) {
  const Tensor given = to(target, DType::int64), classes = make_tensor(given.impl()->shape, DType::int64);
  const std::int64_t n = targets.rows().n, count = given.impl()->numel;
  const std::int64_t* from = elements<std::int64_t>(given);
  std::int64_t *y = elements<std::int64_t>(classes), counted = 0;
  bool outside = false;
  for (std::int64_t i = 0; i < count; ++i) {  // without branches, for the common case
    const bool counts = from[i] != ignore_index;
    outside |= counts & (from[i] < 0 || from[i] >= n);
    counted += counts;
    y[i] = counts ? from[i] : -1;
  }
  if (outside) fail_outside(op, given, n, ignore_index);
  const Tensor weight = *targets.weight;
  targets.denominator = weight.defined() ? total_weight(y, count, weight) : static_cast<double>(counted);
  if (targets.reduction == Reduction::mean && targets.denominator == 0) {
    std::fill_n(y, count, -1);  // no target has weight: the loss is NaN and the gradients are 0, as if all were ignored
  }
  targets.classes = save(classes);
}

void set_probabilities(ClassTargets& targets, std::string_view op, const Tensor& target, std::int64_t ignore_index) {
  if (target.dtype() != targets.dtype) {
    fail<DTypeError>(op, "the target is {}, the input {}; they must agree", target.dtype(), targets.dtype);
  }
  if (ignore_index != default_ignore_index) {
    fail<ValueError>(op, "ignore_index {} needs class indices, but the target holds class probabilities", ignore_index);
  }
  targets.probabilities = save(target);
  targets.denominator = static_cast<double>(targets.rows().count());
}

}  // namespace

void fail_no_indices(std::string_view op, DType dtype) {
  fail<DTypeError>(op, "the target is {}; class indices are integers: convert them with .to(int64)", dtype);
}

ClassTargets::ClassTargets(std::string_view op, const Tensor& x, const Tensor& target,
                           const CrossEntropyOptions& options)
    : smoothing(options.label_smoothing), reduction(options.reduction) {
  check_reduction(op, reduction);
  check_input(op, x, target);
  shape = x.impl()->shape;
  dtype = x.impl()->dtype;
  if (shape.empty()) fail<ShapeError>(op, "expected (C), (N, C) or (N, C, d1, ...), got a 0-dim tensor");
  check_target(op, target, x, positions());
  if (!(smoothing >= 0 && smoothing <= 1)) fail<ValueError>(op, "label_smoothing {} is outside [0, 1]", smoothing);
  weight = checked_weight(op, options.weight, *this);
  if (is_floating(target.impl()->dtype)) {
    set_probabilities(*this, op, target, options.ignore_index);
  } else {
    set_indices(*this, op, target, options.ignore_index);
  }
}

Tensor reduce_positions(const ClassTargets& targets, const Tensor& losses) {
  if (targets.reduction == Reduction::none) return to(losses, targets.dtype);
  double y = kernels::sum(elements<double>(losses), losses.impl()->numel) / targets.divisor();
  if (std::isnan(y)) y = std::numeric_limits<double>::quiet_NaN();  // 0 / 0 would print as -nan
  return full({}, y, {.dtype = targets.dtype});
}

}  // namespace xtape::detail
