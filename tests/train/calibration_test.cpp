// What an Evaluation tells of probabilities: calibration and the worst mistakes.
#include <cmath>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "xtape/xtape.hpp"

namespace xtape::train {
namespace {

using testing::expect_errors;

/// The outputs are the inputs, so that a test chooses both.
Evaluation measured(const Tensor& outputs, const Tensor& targets, const Criterion auto& criterion,
                    const EvaluateOptions& options = {}) {
  return evaluate(nn::Identity(), criterion, data::TensorDataset(outputs, targets), options);
}

/// Float64 rows of two classes whose softmax is (1 - p, p) for each p.
Tensor logits_of(const std::vector<double>& ps) {
  std::vector<double> rows;
  for (const double p : ps) rows.insert(rows.end(), {0.0, std::log(p / (1 - p))});
  return tensor(rows, {static_cast<std::int64_t>(ps.size()), 2}, {.dtype = float64});
}

struct Expected {
  std::int64_t sample, target, predicted;
  double target_probability, predicted_probability;
};
void expect_mistakes(const std::vector<Mistake>& mistakes, const std::vector<Expected>& expected) {
  ASSERT_EQ(mistakes.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(mistakes[i].sample, expected[i].sample) << i;
    EXPECT_EQ(mistakes[i].target, expected[i].target) << i;
    EXPECT_EQ(mistakes[i].predicted, expected[i].predicted) << i;
    EXPECT_NEAR(mistakes[i].target_probability, expected[i].target_probability, 1e-12) << i;
    EXPECT_NEAR(mistakes[i].predicted_probability, expected[i].predicted_probability, 1e-12) << i;
  }
}

std::vector<std::int64_t> samples_of(const std::vector<Mistake>& mistakes) {
  std::vector<std::int64_t> samples;
  for (const Mistake& m : mistakes) samples.push_back(m.sample);
  return samples;
}

// ---- probabilities -------------------------------------------------------------------------------------------------

TEST(Probabilities, OfCrossEntropyAreTheSoftmax) {
  const Tensor logits = logits_of({0.75, 0.9, 0.2});
  const std::vector<Expected> expected = {{1, 0, 1, 0.1, 0.9}, {2, 1, 0, 0.2, 0.8}};
  expect_mistakes(measured(logits, tensor({1, 0, 1}), nn::CrossEntropyLoss()).worst_mistakes(), expected);
  expect_mistakes(measured(logits + 1000, tensor({1, 0, 1}), nn::CrossEntropyLoss()).worst_mistakes(),
                  {{1, 0, 1, 0.1, 0.9}, {2, 1, 0, 0.2, 0.8}});
  const Tensor soft = tensor({{.1, .9}, {.7, .3}, {0., 1.}}).to(float64);
  const Evaluation of_soft = measured(logits, soft, nn::CrossEntropyLoss({.label_smoothing = 0.3}));
  expect_mistakes(of_soft.worst_mistakes(), expected);
}

TEST(Probabilities, OfNLLAreTheExponentials) {
  const Tensor p = tensor(std::vector{0.25, 0.75, 0.9, 0.1}, {2, 2}, {.dtype = float64});
  const Evaluation e = measured(log(p), tensor({0, 0}), nn::NLLLoss());
  expect_mistakes(e.worst_mistakes(), {{0, 0, 1, 0.25, 0.75}});
}

TEST(Probabilities, OfBinaryLossesAreThoseOfTwoClasses) {
  const Tensor p = tensor(std::vector{0.75, 0.2, 0.5, 0.9}, {4, 1}, {.dtype = float64});
  const Tensor targets = tensor(std::vector{0.0, 1.0, 1.0, 1.0}, {4, 1}, {.dtype = float64});
  const std::vector<Expected> expected = {{1, 1, 0, 0.2, 0.8}, {0, 0, 1, 0.25, 0.75}, {2, 1, 0, 0.5, 0.5}};
  expect_mistakes(measured(p, targets, nn::BCELoss()).worst_mistakes(), expected);
  expect_mistakes(measured(log(p / (1 - p)), targets, nn::BCEWithLogitsLoss()).worst_mistakes(), expected);
}

TEST(Probabilities, KeepTheDigitsOfSmallOnes) {
  const Tensor logits = tensor({{0.f, 200.f}, {0.f, 300.f}});
  const std::vector<Mistake> mistakes = measured(logits, tensor({0, 0}), nn::CrossEntropyLoss()).worst_mistakes();
  EXPECT_EQ(samples_of(mistakes), (std::vector<std::int64_t>{1, 0}));
  EXPECT_NEAR(std::log(mistakes[1].target_probability), -200, 1e-9);
  const Evaluation binary = measured(tensor({{50.f}}), tensor({{0.f}}), nn::BCEWithLogitsLoss());
  EXPECT_NEAR(std::log(binary.worst_mistakes()[0].target_probability), -50, 1e-9);
}

TEST(Probabilities, OfOtherCriteriaAreNotKnown) {
  const Tensor outputs = logits_of({0.75, 0.25}), targets = tensor({0, 1});
  const auto own = [](const Tensor& x, const Tensor& y) { return cross_entropy(x, y); };
  EXPECT_TRUE(measured(outputs, targets, nn::CrossEntropyLoss()).has_probabilities());
  EXPECT_FALSE(measured(outputs, targets, own).has_probabilities());
  EXPECT_FALSE(measured(outputs, outputs, nn::MSELoss()).has_probabilities());
  EXPECT_FALSE(measured(zeros({2, 3, 4}), zeros({2, 4}, int64), nn::CrossEntropyLoss()).has_probabilities());
  EXPECT_FALSE(Evaluation().has_probabilities());
  // clang-format off
  const Evaluation none = measured(outputs, targets, own);
  expect_errors({
      {"ValueError: Evaluation: calibration needs probabilities of classes, which outputs give under CrossEntropyLoss, "
       "NLLLoss (of log-probabilities), BCEWithLogitsLoss and BCELoss", [none] { none.calibration(); }},
      {"ValueError: Evaluation: calibration_error needs probabilities of classes, which outputs give under "
       "CrossEntropyLoss, NLLLoss (of log-probabilities), BCEWithLogitsLoss and BCELoss",
       [none] { none.calibration_error(0); }},
      {"ValueError: Evaluation: worst_mistakes needs probabilities of classes, which outputs give under "
       "CrossEntropyLoss, NLLLoss (of log-probabilities), BCEWithLogitsLoss and BCELoss", [none] { none.worst_mistakes(); }},
  });
  // clang-format on
}

TEST(Probabilities, AreNotTheExponentialsOfLogits) {
  const Tensor targets = tensor({0, 0});
  EXPECT_FALSE(
      measured(tensor({{0.f, -9.f}, {2.f, 1.f}}), targets, nn::NLLLoss(), {.batch_size = 1}).has_probabilities());
  EXPECT_FALSE(
      measured(tensor({{2.f, 1.f}, {0.f, -9.f}}), targets, nn::NLLLoss(), {.batch_size = 1}).has_probabilities());
  const Evaluation rounded = measured(tensor({{1e-6f, -9.f}}), tensor({0}), nn::NLLLoss());
  EXPECT_EQ(rounded.calibration(1)[0].confidence, 1);
}

// ---- calibration ---------------------------------------------------------------------------------------------------

// Confidences 0.75 (right), 0.9 (wrong), 0.8 (wrong), 0.6 (right), 0.95 (right). Of four bins the third has 0.75 and
// 0.6: accuracy 1, confidence 0.675; the fourth 0.9, 0.8 and 0.95: accuracy 1/3, confidence 2.65/3.
// ECE = 2/5 |1 - 0.675| + 3/5 |1/3 - 2.65/3| = 0.13 + 0.33 = 0.46.
struct FiveAnswers {
  Tensor outputs = logits_of({0.75, 0.9, 0.2, 0.4, 0.95});
  Tensor targets = tensor({1, 0, 1, 0, 1});
  Evaluation evaluation() const { return measured(outputs, targets, nn::CrossEntropyLoss()); }
};

TEST(Calibration, ComparesConfidenceAndAccuracyInBins) {
  const std::vector<CalibrationBin> bins = FiveAnswers().evaluation().calibration(4);
  ASSERT_EQ(bins.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(bins[i].low, static_cast<double>(i) / 4);
    EXPECT_EQ(bins[i].high, static_cast<double>(i + 1) / 4);
  }
  for (const std::size_t i : {0, 1}) {
    EXPECT_EQ(bins[i].samples, 0);
    EXPECT_TRUE(std::isnan(bins[i].confidence) && std::isnan(bins[i].accuracy));
  }
  EXPECT_EQ(bins[2].samples, 2);
  EXPECT_NEAR(bins[2].confidence, 0.675, 1e-7);
  EXPECT_EQ(bins[2].accuracy, 1);
  EXPECT_EQ(bins[3].samples, 3);
  EXPECT_NEAR(bins[3].confidence, 2.65 / 3, 1e-7);
  EXPECT_EQ(bins[3].accuracy, 1. / 3);
}

TEST(Calibration, ErrorIsTheMeanDistanceOfTheBins) {
  const Evaluation e = FiveAnswers().evaluation();
  EXPECT_NEAR(e.calibration_error(4), 0.46, 1e-7);
  EXPECT_NEAR(e.calibration_error(1), 0.8 - 0.6, 1e-7);
  EXPECT_EQ(e.calibration_error(), e.calibration_error(15));
}

/// By the definition, bin after bin.
double error_by_definition(const Tensor& probabilities, const Tensor& targets, int bins) {
  const auto p = probabilities.to_vector<double>();
  const auto y = targets.to_vector<std::int64_t>();
  const std::size_t n = y.size(), classes = p.size() / n;
  double error = 0;
  for (int b = 0; b < bins; ++b) {
    double samples = 0, right = 0, confidence = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const auto row = p.begin() + static_cast<std::ptrdiff_t>(i * classes);
      const auto best = std::max_element(row, row + static_cast<std::ptrdiff_t>(classes));
      if (*best <= double(b) / bins || *best > double(b + 1) / bins) continue;
      samples += 1;
      confidence += *best;
      right += best - row == y[i];
    }
    if (samples > 0) error += samples / static_cast<double>(n) * std::abs(right / samples - confidence / samples);
  }
  return error;
}

TEST(Calibration, ErrorIsThatOfTheDefinition) {
  manual_seed(3);
  for (const DType dtype : {float32, float64}) {
    const Tensor logits = 2 * randn({500, 7}, {.dtype = dtype}), targets = randint(7, {500});
    const Tensor probabilities = softmax(logits.to(float64), 1);
    for (const int bins : {1, 2, 10, 15, 1000}) {
      const double expected = error_by_definition(probabilities, targets, bins);
      for (const std::int64_t batch_size : {1, 64, 500}) {
        const Evaluation e = measured(logits, targets, nn::CrossEntropyLoss(), {.batch_size = batch_size});
        EXPECT_NEAR(e.calibration_error(bins), expected, 1e-7) << bins << " bins, batches of " << batch_size;
      }
    }
  }
}

TEST(Calibration, AConfidenceAtABoundIsInTheLowerBin) {
  for (const DType dtype : {float32, float64}) {
    for (const int bins : {5, 10}) {
      const Tensor p = tensor({{.6}, {.8}, {1.}}).to(dtype);
      const std::vector<CalibrationBin> b = measured(p, ones_like(p), nn::BCELoss()).calibration(bins);
      for (const double bound : {.6, .8, 1.}) {
        const CalibrationBin& bin = b[static_cast<std::size_t>(std::lround(bound * bins) - 1)];
        EXPECT_EQ(bin.high, bound);
        EXPECT_EQ(bin.samples, 1) << bound << " of " << bins;
      }
    }
  }
}

TEST(Calibration, LeavesOutIgnoredTargets) {
  const Tensor outputs = logits_of({0.75, 0.9}).to(float32);
  const Evaluation e = measured(outputs, tensor({1, -100}), nn::CrossEntropyLoss());
  EXPECT_NEAR(e.calibration_error(), 0.25, 1e-7);
  EXPECT_TRUE(e.worst_mistakes().empty());
  const Evaluation none = measured(outputs, tensor({-100, -100}), nn::CrossEntropyLoss());
  EXPECT_TRUE(none.has_probabilities());
  EXPECT_TRUE(std::isnan(none.calibration_error()));
  EXPECT_EQ(none.calibration(3)[2].samples, 0);
  // A padded row may hold anything.
  const Tensor logs = cat({log(tensor({{.25, .75}})), full({1, 2}, 7.0).to(float32)}, 0);
  EXPECT_TRUE(measured(logs, tensor({1, -100}), nn::NLLLoss()).has_probabilities());
}

TEST(Calibration, OfAPerfectModelHasNoError) {
  const Tensor targets = tensor({2, 0, 1, 1});
  const Evaluation e = measured(100 * one_hot(targets, 3).to(float32), targets, nn::CrossEntropyLoss());
  EXPECT_EQ(e.calibration_error(), 0);
  EXPECT_EQ(e.calibration(10)[9].samples, 4);
  EXPECT_TRUE(e.worst_mistakes().empty());
}

TEST(Calibration, OfEqualOutputsIsThatOfTheFirst) {
  const Evaluation e = measured(zeros({4, 4}, float64), tensor({0, 1, 2, 3}), nn::CrossEntropyLoss());
  EXPECT_EQ(e.calibration(2)[0].confidence, 0.25);
  EXPECT_EQ(e.calibration_error(), 0);
  expect_mistakes(e.worst_mistakes(), {{1, 1, 0, .25, .25}, {2, 2, 0, .25, .25}, {3, 3, 0, .25, .25}});
}

TEST(Calibration, OfOutputsThatAreNaNIsNaN) {
  const Tensor outputs = logits_of({0.75, 0.9, 0.9});
  outputs[1][0] = testing::nan;
  const Evaluation e = measured(outputs, tensor({1, 1, 0}), nn::CrossEntropyLoss());
  const std::vector<CalibrationBin> bins = e.calibration(1);
  EXPECT_EQ(bins[0].samples, 2);
  EXPECT_NEAR(bins[0].confidence, 0.825, 1e-7);
  EXPECT_TRUE(std::isnan(e.calibration_error()));
  const std::vector<Mistake> mistakes = e.worst_mistakes();
  EXPECT_EQ(samples_of(mistakes), (std::vector<std::int64_t>{1, 2}));
  EXPECT_TRUE(std::isnan(mistakes[0].target_probability));
  EXPECT_FALSE(std::isnan(mistakes[1].target_probability));
  const Evaluation infinite = measured(tensor({{testing::inf, 0.}}), tensor({1}), nn::CrossEntropyLoss());
  EXPECT_EQ(infinite.calibration(1)[0].samples, 0);
}

TEST(Calibration, RefusesANumberOfBinsOutsideItsRange) {
  const Evaluation e = FiveAnswers().evaluation();
  EXPECT_EQ(e.calibration(1000).size(), 1000u);
  expect_errors({
      {"ValueError: Evaluation: calibration: bins = 0 is outside [1, 1000]", [e] { e.calibration(0); }},
      {"ValueError: Evaluation: calibration: bins = 1001 is outside [1, 1000]", [e] { e.calibration(1001); }},
      {"ValueError: Evaluation: calibration_error: bins = -1 is outside [1, 1000]", [e] { e.calibration_error(-1); }},
  });
}

// ---- the worst mistakes --------------------------------------------------------------------------------------------

TEST(WorstMistakes, AreTheLowestProbabilitiesWhateverTheBatches) {
  manual_seed(4);
  const Tensor logits = randn({200, 5}), targets = randint(5, {200});
  const Evaluation all = measured(logits, targets, nn::CrossEntropyLoss(), {.max_mistakes = 1000});
  const std::vector<Mistake> mistakes = all.worst_mistakes();
  EXPECT_EQ(static_cast<double>(mistakes.size()), std::round(200 * (1 - all.accuracy)));
  EXPECT_TRUE(std::is_sorted(mistakes.begin(), mistakes.end(), [](const Mistake& a, const Mistake& b) {
    return a.target_probability < b.target_probability;
  }));
  const std::vector<std::int64_t> samples = samples_of(mistakes);
  for (const std::int64_t batch_size : {1, 7, 200}) {
    for (const std::int64_t worst : {0, 1, 24}) {
      const Evaluation e =
          measured(logits, targets, nn::CrossEntropyLoss(), {.batch_size = batch_size, .max_mistakes = worst});
      EXPECT_EQ(samples_of(e.worst_mistakes()), std::vector(samples.begin(), samples.begin() + worst)) << batch_size;
    }
  }
}

TEST(WorstMistakes, OfEqualsAreTheFirst) {
  const Evaluation e =
      measured(zeros({6, 2}), ones({6}, int64), nn::CrossEntropyLoss(), {.batch_size = 2, .max_mistakes = 3});
  EXPECT_EQ(samples_of(e.worst_mistakes()), (std::vector<std::int64_t>{0, 1, 2}));
}

TEST(WorstMistakes, HaveTheirInputs) {
  const Tensor x = arange(24).to(float32).reshape({4, 2, 3});
  const nn::Sequential model{nn::Flatten(), [](const Tensor& flat) { return flat.narrow(1, 0, 2); }};
  const Evaluation e =
      evaluate(model, nn::CrossEntropyLoss(), data::TensorDataset(x, tensor({1, 0, 1, 0})), {.batch_size = 3});
  for (const Mistake& m : e.worst_mistakes()) {
    EXPECT_EQ(m.input.shape(), (Shape{2, 3}));
    EXPECT_TRUE(equal(m.input, x[m.sample]));
    EXPECT_FALSE(m.input.requires_grad());
  }
  EXPECT_EQ(samples_of(e.worst_mistakes()), (std::vector<std::int64_t>{1, 3}));
}

TEST(WorstMistakes, HaveNoInputAboveTheLimit) {
  const auto has_input = [](std::int64_t elements) {
    const nn::Sequential model{[](const Tensor& x) { return x.narrow(1, 0, 2); }};
    const data::TensorDataset samples(zeros({2, elements}), ones({2}, int64));
    const Evaluation e = evaluate(model, nn::CrossEntropyLoss(), samples);
    EXPECT_EQ(e.worst_mistakes().size(), 2u);
    return e.worst_mistakes()[1].input.defined();
  };
  EXPECT_TRUE(has_input(65'536));
  EXPECT_FALSE(has_input(65'537));
}

TEST(WorstMistakes, OfBinaryLossesAreElements) {
  const Tensor outputs = tensor({{3.f, -1.f}, {2.f, 2.f}}), targets = tensor({{0.f, 1.f}, {1.f, 0.f}});
  const Evaluation e = measured(outputs, targets, nn::BCEWithLogitsLoss(), {.batch_size = 1});
  EXPECT_EQ(samples_of(e.worst_mistakes()), (std::vector<std::int64_t>{0, 1, 0}));
  EXPECT_TRUE(equal(e.worst_mistakes()[2].input, outputs[0]));
}

TEST(WorstMistakes, RefuseANegativeNumber) {
  expect_errors({{"ValueError: evaluate: max_mistakes = -1; expected at least 0",
                  [] { measured(logits_of({.5}), tensor({0}), nn::CrossEntropyLoss(), {.max_mistakes = -1}); }}});
}

TEST(Evaluation, NamesItsClasses) {
  const Tensor outputs = logits_of({.75}), targets = tensor({0});
  const Evaluation named = measured(outputs, targets, nn::CrossEntropyLoss(), {.classes = {"shirt", "shoe"}});
  EXPECT_EQ(named.class_names(), (std::vector<std::string>{"shirt", "shoe"}));
  EXPECT_EQ(measured(outputs, targets, nn::CrossEntropyLoss()).class_names(), (std::vector<std::string>{"0", "1"}));
  EXPECT_TRUE(measured(outputs, outputs, nn::MSELoss()).class_names().empty());
}

}  // namespace
}  // namespace xtape::train
