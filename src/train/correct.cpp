#include "train/correct.hpp"

#include <limits>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "kernels/extremum.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape::train::detail {

namespace {

using xtape::detail::elements;

std::vector<std::int64_t> largest_of_rows(const Tensor& x) {
  std::vector<std::int64_t> positions(static_cast<std::size_t>(x.size(0)));
  visit_floating(x.dtype(), [&]<class T>() {
    T* no_values = nullptr;
    kernels::extrema(elements<T>(x), no_values, positions.data(), {x.size(0), x.size(1), 1}, kernels::Larger());
  });
  return positions;
}

/// 1 where an element is above the threshold, else 0.
std::vector<std::int64_t> above(const Tensor& x, double threshold) {
  std::vector<std::int64_t> classes(static_cast<std::size_t>(x.numel()));
  visit_arithmetic(x.dtype(), [&]<class T>() {
    const T* from = elements<T>(x);
    for (std::size_t i = 0; i < classes.size(); ++i) classes[i] = static_cast<double>(from[i]) > threshold;
  });
  return classes;
}

std::int64_t ignored_index(const nn::Loss* loss) {
  if (const auto* l = dynamic_cast<const nn::CrossEntropyLoss*>(loss)) return l->ignore_index();
  if (const auto* l = dynamic_cast<const nn::NLLLoss*>(loss)) return l->ignore_index();
  return default_ignore_index;
}

ClassAnswers indexed(const Tensor& output, const Tensor& target, std::int64_t ignore_index) {
  const std::int64_t classes = output.size(1), n = target.numel();
  const Tensor given = target.to(DType::int64);
  const std::int64_t* from = elements<std::int64_t>(given);
  std::vector<std::int64_t> y(static_cast<std::size_t>(n));
  bool outside = false;
  for (std::int64_t i = 0; i < n; ++i) {
    const bool counts = from[i] != ignore_index;
    outside |= counts && (from[i] < 0 || from[i] >= classes);
    y[static_cast<std::size_t>(i)] = counts ? from[i] : ClassAnswers::left_out;
  }
  if (outside) return {};
  return {classes, largest_of_rows(output), std::move(y)};
}

}  // namespace

double Score::accuracy() const noexcept {
  if (counted == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(correct) / static_cast<double>(counted);
}

Score ClassAnswers::score() const noexcept {
  Score score;
  for (std::size_t i = 0; i < target.size(); ++i) {
    score.counted += target[i] != left_out;
    score.correct += target[i] == predicted[i];
  }
  return score;
}

ClassAnswers class_answers(const nn::Loss* loss, const Tensor& output, const Tensor& target) {
  if (!output.defined() || !target.defined() || !is_floating(output.dtype())) return {};
  const Shape &x = output.impl()->shape, &t = target.impl()->shape;
  const bool has_logits = dynamic_cast<const nn::BCEWithLogitsLoss*>(loss) != nullptr;
  if (has_logits || dynamic_cast<const nn::BCELoss*>(loss)) {
    if (x != t) return {};
    return {2, above(output, has_logits ? 0.0 : 0.5), above(target, 0.5)};
  }
  if (x.size() != 2 || x[1] == 0) return {};
  if (is_floating(target.dtype())) {
    if (x != t || !dynamic_cast<const nn::CrossEntropyLoss*>(loss)) return {};
    return {x[1], largest_of_rows(output), largest_of_rows(target)};
  }
  if (t.size() != 1 || t[0] != x[0] || target.dtype() == DType::bool_) return {};
  return indexed(output, target, ignored_index(loss));
}

std::vector<std::int64_t> target_ranks(const ClassAnswers& answers, const Tensor& output) {
  const std::size_t n = answers.target.size();
  std::vector<std::int64_t> ranks(n, ClassAnswers::left_out);
  const bool has_rows = output.numel() == static_cast<std::int64_t>(n) * answers.classes;
  visit_floating(output.dtype(), [&]<class T>() {
    for (std::size_t i = 0; i < n; ++i) {
      const std::int64_t y = answers.target[i];
      if (y == ClassAnswers::left_out) continue;
      if (!has_rows) {  // one output decides between two classes
        ranks[i] = answers.predicted[i] != y;
        continue;
      }
      const T* row = elements<T>(output) + static_cast<std::int64_t>(i) * answers.classes;
      // NaN is larger than every number, as for the prediction.
      const auto beats = [](T u, T v) { return u > v || (u != u && v == v); };
      std::int64_t rank = 0;
      for (std::int64_t c = 0; c < answers.classes; ++c) {
        rank += beats(row[c], row[y]) || (c < y && !beats(row[y], row[c]));
      }
      ranks[i] = rank;
    }
  });
  return ranks;
}

}  // namespace xtape::train::detail
