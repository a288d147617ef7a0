#include "ops/class_targets.hpp"

#include <cmath>
#include <limits>
#include <utility>

#include "core/subscript.hpp"
#include "kernels/reduce.hpp"

namespace xtape::detail {

namespace {

/// The dtype decides what a target holds; the shape must agree.
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
    fail<ShapeError>(op, "expected a target of shape {} for an input of {}, got {}{}", positions, input,
                     shape, hint);
  }
}

}  // namespace

void fail_no_indices(std::string_view op, DType dtype) {
  fail<DTypeError>(op, "the target is {}; class indices are integers: convert them with .to(int64)", dtype);
}

ClassTargets::ClassTargets(std::string_view op, const Tensor& x, const Tensor& target,
                           const CrossEntropyOptions& options)
    : smoothing_(options.label_smoothing), reduction_(options.reduction) {
  check_reduction(op, reduction_);
  check_floating(op, x);
  shape_ = x.impl()->shape;
  dtype_ = x.impl()->dtype;
  if (shape_.empty()) fail<ShapeError>(op, "expected (C), (N, C) or (N, C, d1, ...), got a 0-dim tensor");
  dim_ = shape_.size() == 1 ? 0 : 1;
  rows_ = rows_along(shape_, dim_);
  positions_ = shape_;
  positions_.erase(dim_);

  check_target(op, target, x, positions_);
  if (!(smoothing_ >= 0 && smoothing_ <= 1)) {
    fail<ValueError>(op, "label_smoothing {} is outside [0, 1]", smoothing_);
  }
  if (options.weight.defined()) take_weight(op, options.weight);
  if (is_floating(target.impl()->dtype)) {
    take_probabilities(op, target, options.ignore_index);
  } else {
    take_indices(op, target, options.ignore_index);
  }
}

void ClassTargets::take_weight(std::string_view op, const Tensor& weight) {
  if (weight.shape() != Shape{rows_.n}) {
    fail<ShapeError>(op, "expected one weight for each of {} classes, got shape {}", rows_.n, weight.shape());
  }
  if (weight.dtype() != dtype_) {
    fail<DTypeError>(op, "the weight is {}, the input {}; they must agree", weight.dtype(), dtype_);
  }
  if (is_grad_enabled() && weight.requires_grad()) {
    fail<GradError>(op, "the weight requires grad, but it is a constant of the loss; pass weight.detach()");
  }
  visit_floating(dtype_, [&]<class T>() {
    for (std::int64_t c = 0; c < rows_.n; ++c) {
      const T w = elements<T>(weight)[c];
      if (!(w >= 0) || std::isinf(w)) fail<ValueError>(op, "weight[{}] = {} is negative or not finite", c, w);
    }
  });
  weight_ = save(weight.detach());
}

// The indices become our own: what the caller does with the target afterwards is no concern of the gradient.
void ClassTargets::take_indices(std::string_view op, const Tensor& target, std::int64_t ignore_index) {
  const Tensor given = to(target, DType::int64), classes = make_tensor(positions_, DType::int64);
  const std::int64_t* from = elements<std::int64_t>(given);
  std::int64_t *y = elements<std::int64_t>(classes), counted = 0;
  bool outside = false;
  for (std::int64_t i = 0; i < rows_.count(); ++i) {  // without branches, for the common case
    const bool counts = from[i] != ignore_index;
    outside |= counts & (from[i] < 0 || from[i] >= rows_.n);
    counted += counts;
    y[i] = counts ? from[i] : -1;
  }
  if (outside) fail_outside(op, from, ignore_index);
  classes_ = save(classes);
  denominator_ = static_cast<double>(counted);
  if (const Tensor weight = *weight_; weight.defined()) {
    denominator_ = 0;
    visit_floating(dtype_, [&]<class T>() {
      const T* w = elements<T>(weight);
      for (std::int64_t i = 0; i < rows_.count(); ++i) denominator_ += y[i] < 0 ? 0.0 : static_cast<double>(w[y[i]]);
    });
  }
  if (reduction_ == Reduction::mean && denominator_ == 0) {
    // Nothing weighs anything: NaN with gradients of 0, as when all is ignored.
    std::fill_n(y, rows_.count(), -1);
  }
}

void ClassTargets::fail_outside(std::string_view op, const std::int64_t* classes, std::int64_t ignore_index) const {
  for (std::int64_t i = 0; i < rows_.count(); ++i) {
    const std::int64_t y = classes[i];
    if (y == ignore_index || (y >= 0 && y < rows_.n)) continue;
    const std::string hint = y < 0 ? fmt::format("; to ignore such positions pass {{.ignore_index = {}}}", y) : "";
    fail<IndexError>(op, "target{} = {} is outside [0, {}){}", subscript(positions_, i), y, rows_.n, hint);
  }
}

void ClassTargets::take_probabilities(std::string_view op, const Tensor& target, std::int64_t ignore_index) {
  if (target.dtype() != dtype_) {
    fail<DTypeError>(op, "the target is {}, the input {}; they must agree", target.dtype(), dtype_);
  }
  if (ignore_index != default_ignore_index) {
    fail<ValueError>(op, "ignore_index {} with class probabilities, which have no index", ignore_index);
  }
  probabilities_ = save(target);
  denominator_ = static_cast<double>(rows_.count());
}

template <class F>
void ClassTargets::visit_terms(F f) const {
  const Tensor classes = *classes_, t = *probabilities_, weight = *weight_;
  visit_floating(dtype_, [&]<class T>() {
    const T* w = weight.defined() ? elements<T>(weight) : nullptr;
    if (classes.defined()) {
      f.template operator()<T>(kernels::IndexTerms<T>{elements<std::int64_t>(classes), w, smoothing_});
    } else {
      f.template operator()<T>(kernels::ProbabilityTerms<T>{elements<T>(t), w, smoothing_});
    }
  });
}

template <class T>
kernels::Upstream<T> ClassTargets::divided(const Tensor& gy) const {
  const T* g = elements<T>(gy);
  if (reduction_ == Reduction::none) return {.each = g};
  return {.all = static_cast<double>(*g) / divisor()};
}

Tensor ClassTargets::loss(const Tensor& lp) const {
  Tensor losses = make_tensor(positions_, DType::float64);
  visit_terms([&]<class T>(const auto& terms) {
    kernels::row_losses(terms, rows_, 0, rows_.count(), kernels::LogProbabilities<T>{elements<T>(lp)},
                        elements<double>(losses));
  });
  return reduced(losses);
}

Tensor ClassTargets::logit_loss(const Tensor& x, Tensor& logs) const {
  logs = make_tensor({2, rows_.count()}, dtype_);
  Tensor losses = make_tensor(positions_, DType::float64);
  visit_terms([&]<class T>(const auto& terms) {
    T* m = elements<T>(logs);
    kernels::logit_losses(terms, rows_, elements<T>(x), m, m + rows_.count(), elements<double>(losses));
  });
  return reduced(losses);
}

Tensor ClassTargets::reduced(const Tensor& losses) const {
  if (reduction_ == Reduction::none) return to(losses, dtype_);
  double y = kernels::sum(elements<double>(losses), rows_.count()) / divisor();
  if (std::isnan(y)) y = std::numeric_limits<double>::quiet_NaN();  // 0 / 0 would print as -nan
  return full({}, y, {.dtype = dtype_});
}

Tensor ClassTargets::log_probability_gradient(const Tensor& gy) const {
  Tensor dlp = make_tensor(shape_, dtype_);
  visit_terms([&]<class T>(const auto& terms) {
    kernels::log_probability_gradient(terms, rows_, divided<T>(gy), elements<T>(dlp));
  });
  return dlp;
}

Tensor ClassTargets::logit_gradient(const Tensor& x, const Tensor& logs, const Tensor& gy) const {
  Tensor dx = make_tensor(x.impl()->shape, dtype_);
  visit_terms([&]<class T>(const auto& terms) {
    const T* m = elements<T>(logs);
    kernels::logit_gradient(terms, rows_, kernels::Logits<T>{elements<T>(x), m, m + rows_.count()}, divided<T>(gy),
                            elements<T>(dx));
  });
  return dx;
}

Tensor ClassTargets::rows_with_terms() const {
  Shape shape = shape_;
  shape[dim_] = 1;
  Tensor any = make_tensor(shape, DType::bool_);
  visit_terms([&]<class T>(const auto& terms) {
    kernels::rows_with_terms(terms, rows_, elements<bool>(any));
  });
  return any;
}

Tensor ClassTargets::upstream(const Tensor& gy) const {
  if (reduction_ == Reduction::sum) return gy;
  if (reduction_ == Reduction::mean) return gy / denominator_;
  Shape shape = shape_;
  shape[dim_] = 1;
  return gy.reshape(shape);
}

Tensor ClassTargets::weight_on_dim() const {
  const Tensor weight = *weight_;
  if (!weight.defined()) return ones({}, {.dtype = dtype_});
  Shape shape(shape_.begin() + dim_, shape_.end());
  std::fill(shape.begin() + 1, shape.end(), 1);
  return weight.reshape(shape);
}

Tensor ClassTargets::coefficients(const Tensor& t) const {
  return weight_on_dim() * (t * (1 - smoothing_) + smoothing_ / static_cast<double>(rows_.n));
}

Tensor ClassTargets::coefficient_slope() const { return weight_on_dim() * (1 - smoothing_); }

}  // namespace xtape::detail
