#include "train/evaluator.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "core/fail.hpp"
#include "data/loader_place.hpp"
#include "train/modes.hpp"
#include "train/probabilities.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape::train {

namespace {

/// Of a loss between an output and a target that are values of the same kind.
bool is_of_regression(const nn::Loss* loss) {
  return dynamic_cast<const nn::MSELoss*>(loss) || dynamic_cast<const nn::L1Loss*>(loss) ||
         dynamic_cast<const nn::SmoothL1Loss*>(loss) || dynamic_cast<const nn::HuberLoss*>(loss);
}

/// A copy, since a view would keep all of the batch.
Tensor copy_of_row(const Tensor& x, std::int64_t row, std::int64_t rows) {
  constexpr std::int64_t most_elements = 65'536;
  if (!x.defined() || x.dim() == 0 || x.size(0) != rows || x.numel() / rows > most_elements) return {};
  const NoGradGuard no_grad;
  return x[row].clone();
}

double element(const Tensor& x, std::int64_t i) {
  return x.dtype() == DType::float32 ? static_cast<double>(x.data<float>()[i]) : x.data<double>()[i];
}

}  // namespace

void LossMean::add(const detail::Objective& objective, const Tensor& output, const Tensor& target) {
  if (const nn::Loss* loss = objective.parts()) {
    const LossParts parts = loss->parts(output, target);
    if (!parts.sum.defined() || parts.sum.numel() != 1) {
      fail<ShapeError>("evaluate", "the sum of the loss's parts must be one number, it is {}",
                       parts.sum.defined() ? "a tensor " + parts.sum.shape().to_string() : "undefined");
    }
    if (parts.denominator == 0) return;  // whatever the sum is
    add(parts.sum.item(), parts.denominator);
  } else {
    const double n = target.dim() == 0 ? 1 : static_cast<double>(target.size(0));
    add(n * objective.loss(output, target).item(), n);
  }
}

void Determination::add(const Tensor& output, const Tensor& target) {
  is_defined_ = is_defined_ && output.defined() && is_floating(output.dtype()) && is_floating(target.dtype()) &&
                target.dim() > 0 && output.shape() == target.shape() && target.numel() > 0;
  if (!is_defined_) return;
  const NoGradGuard no_grad;
  const Tensor y = target.to(DType::float64).reshape({target.size(0), -1});
  if (samples_ == 0) {
    first_ = y[0].clone();
    sums_ = zeros_like(first_);
  }
  const Tensor difference = y - first_, error = output.to(DType::float64).reshape(y.shape()) - y;
  sums_ += difference.sum(0);
  squares_ += (difference * difference).sum().item();
  errors_ += (error * error).sum().item();
  samples_ += target.size(0);
}

double Determination::r2() const {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  if (!is_defined_ || samples_ == 0) return nan;
  const double total = squares_ - (sums_ * sums_).sum().item() / static_cast<double>(samples_);
  return total > 0 ? 1 - errors_ / total : nan;
}

void PredictionSample::add(const Tensor& output, const Tensor& target) {
  constexpr std::size_t most = 500;
  if (!output.defined() || output.shape() != target.shape() || !is_floating(output.dtype()) ||
      !is_floating(target.dtype())) {
    return;
  }
  const std::int64_t end = elements_ + target.numel();
  for (std::int64_t at = (elements_ + stride_ - 1) / stride_ * stride_; at < end; at += stride_) {
    kept_.push_back({element(target, at - elements_), element(output, at - elements_)});
    if (kept_.size() <= most) continue;
    for (std::size_t k = 0; 2 * k < kept_.size(); ++k) kept_[k] = kept_[2 * k];
    kept_.resize((kept_.size() + 1) / 2);
    stride_ *= 2;  // of which `at` is a multiple, since `most` is even
  }
  elements_ = end;
}

Evaluator::Evaluator(const detail::Objective& objective, Measure measure, std::int64_t worst)
    : objective_(objective),
      measure_(measure),
      is_regression_(is_of_regression(objective.parts())),
      most_mistakes_(static_cast<std::size_t>(worst)) {}

void Evaluator::add(const Tensor& output, const Tensor& target, const Tensor& input) {
  loss_.add(objective_, output, target);
  const std::int64_t samples = target.dim() == 0 ? 1 : target.size(0);
  if (may_have_classes_) {
    const detail::ClassAnswers answers = detail::class_answers(objective_.parts(), output, target);
    if (answers.defined()) {
      add_classes(answers);
      if (measure_ == Measure::all) add_answers(answers, output, {input, samples});
    } else {
      forget_classes();
    }
  }
  if (is_regression_) determination_.add(output, target);
  if (is_regression_ && measure_ == Measure::all) predictions_.add(output, target);
  samples_ += samples;
}

void Evaluator::add_classes(const detail::ClassAnswers& answers) {
  if (classes_ == 0) {
    classes_ = answers.classes;
    support_.resize(static_cast<std::size_t>(classes_));
    if (measure_ == Measure::all) ranks_.resize(support_.size());
  } else if (classes_ != answers.classes) {
    fail<ShapeError>("evaluate", "a batch has {} classes, those before it had {}", answers.classes, classes_);
  }
  score_ += answers.score();
  for (const std::int64_t y : answers.target) {
    if (y != detail::ClassAnswers::left_out) ++support_[static_cast<std::size_t>(y)];
  }
}

void Evaluator::add_answers(const detail::ClassAnswers& answers, const Tensor& output, const Inputs& inputs) {
  const auto p = detail::answer_probabilities(objective_.parts(), answers, output);
  if (!p) forget_probabilities();
  const auto answers_of_sample =
      static_cast<std::int64_t>(answers.target.size()) / std::max<std::int64_t>(inputs.samples, 1);
  const std::vector<std::int64_t> ranks = detail::target_ranks(answers, output);
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    if (ranks[i] == detail::ClassAnswers::left_out) continue;
    ++ranks_[static_cast<std::size_t>(ranks[i])];
    const std::int64_t target = answers.target[i], predicted = answers.predicted[i];
    answers_.push_back({static_cast<std::int32_t>(target), static_cast<std::int32_t>(predicted),
                        has_probabilities_ ? static_cast<float>(p->predicted[i]) : 0.0F});
    if (!has_probabilities_ || target == predicted) continue;
    keep_if_worst({.sample = static_cast<std::int64_t>(i) / answers_of_sample,
                   .target = target,
                   .predicted = predicted,
                   .target_probability = p->target[i],
                   .predicted_probability = p->predicted[i]},
                  inputs);
  }
}

bool Evaluator::WorseFirst::operator()(const Mistake& a, const Mistake& b) const noexcept {
  const double p = a.target_probability, q = b.target_probability;
  return p < q || (std::isnan(p) && !std::isnan(q));
}

/// Its sample is numbered within the batch.
void Evaluator::keep_if_worst(Mistake mistake, const Inputs& inputs) {
  if (most_mistakes_ == 0) return;
  const bool is_full = worst_.size() == most_mistakes_;
  if (is_full && !WorseFirst()(mistake, *worst_.rbegin())) return;
  mistake.input = copy_of_row(inputs.tensor, mistake.sample, inputs.samples);
  mistake.sample += samples_;
  if (is_full) worst_.erase(std::prev(worst_.end()));
  worst_.insert(std::move(mistake));
}

void Evaluator::forget_probabilities() {
  has_probabilities_ = false;
  worst_.clear();
}

void Evaluator::forget_classes() {
  may_have_classes_ = false;
  classes_ = 0;
  score_ = {};
  support_.clear();
  ranks_.clear();
  answers_.clear();
  forget_probabilities();
}

void check_stands_at_start(const char* function, const data::DataLoader& loader) {
  const data::LoaderPlace place = data::LoaderPlace::next_of(loader);
  if (place.batch() == 0) return;
  fail<ValueError>(function, "the loader stands at batch {} of {}, and a whole epoch is measured; call set_epoch({})",
                   place.batch(), loader.size(), place.epoch());
}

void Evaluator::add_all(const data::DataLoader& loader) {
  check_stands_at_start("evaluate", loader);
  const ModeGuard modes(objective_.module());
  const NoGradGuard no_grad;
  objective_.module().eval();
  for (const data::Batch& batch : loader) add(objective_.output(batch.x), batch.y, batch.x);
}

double Evaluator::majority_share() const noexcept {
  if (score_.counted == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(*std::max_element(support_.begin(), support_.end())) / static_cast<double>(score_.counted);
}

Evaluation Evaluator::result(std::vector<std::string> names) const {
  assert(measure_ == Measure::all);
  if (!names.empty() && static_cast<std::int64_t>(names.size()) != classes_) {
    fail<ValueError>("evaluate", "{} names of classes for {} classes", names.size(), classes_);
  }
  Evaluation e;
  e.loss = loss();
  e.accuracy = score_.accuracy();
  e.samples = samples_;
  e.classes_ = classes_;
  e.answers_ = answers_;
  e.ranks_ = ranks_;
  e.worst_.assign(worst_.begin(), worst_.end());
  e.predictions_ = predictions_.all();
  e.has_probabilities_ = has_probabilities_ && classes_ != 0;
  e.names_ = std::move(names);
  return e;
}

void Evaluator::number_mistakes(const data::Dataset& dataset) {
  std::multiset<Mistake, WorseFirst> numbered;
  for (Mistake m : worst_) {
    m.index = dataset.index_in_whole(m.sample);
    numbered.insert(numbered.end(), std::move(m));
  }
  worst_ = std::move(numbered);
}

namespace detail {

Evaluation evaluate(const Objective& objective, const DataSource& source, const EvaluateOptions& options) {
  if (!source.defined()) fail<ValueError>("evaluate", "there is no data to evaluate on");
  if (options.max_mistakes < 0)
    fail<ValueError>("evaluate", "max_mistakes = {}; expected at least 0", options.max_mistakes);
  const data::DataLoader loader = source.evaluation_loader(options.batch_size);
  Evaluator evaluator(objective, Evaluator::Measure::all, options.max_mistakes);
  evaluator.add_all(loader);
  if (evaluator.samples() == 0) {
    fail<ValueError>("evaluate", "no batch to evaluate on: the data has {} samples, the loader {} batches an epoch",
                     loader.dataset().size(), loader.size());
  }
  const data::DataLoaderOptions order = loader.options();
  if (!order.shuffle && !order.sampler.defined()) evaluator.number_mistakes(loader.dataset());
  return evaluator.result(options.classes);
}

}  // namespace detail
}  // namespace xtape::train
