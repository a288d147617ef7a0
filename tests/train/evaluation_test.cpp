#include "xtape/train/evaluation.hpp"

#include <limits>

#include "support/expect.hpp"
#include "support/misuse.hpp"

namespace xtape::train {
namespace {

using testing::expect_close;
using testing::expect_errors;
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Outputs are the inputs: a test chooses both.
Evaluation evaluate_outputs(const Tensor& outputs, const Tensor& targets, const Criterion auto& criterion,
                            const EvaluateOptions& options = {}) {
  return evaluate(nn::Identity(), criterion, data::TensorDataset(outputs, targets), options);
}
Evaluation evaluate_classes(const Tensor& outputs, const Tensor& targets, const EvaluateOptions& options = {}) {
  return evaluate_outputs(outputs, targets, nn::CrossEntropyLoss(), options);
}

/// Outputs (N, classes) whose largest is at `predicted`.
Tensor outputs_for(const std::vector<std::int64_t>& predicted, std::int64_t classes) {
  return one_hot(tensor(predicted), classes).to(float32);
}

// Confusion, rows true:  5 1 0    precision  5/7 = 0.714286  recall  5/6 = 0.833333  f1  10/13 = 0.769231
//                        2 3 1               3/4 = 0.75              3/6 = 0.5            6/10 = 0.6
//                        0 0 4               4/5 = 0.8               4/4 = 1              8/9  = 0.888889
// macro 0.754762, 0.777778, 0.752707; weighted by 6, 6, 4: 0.749107, 0.75, 0.735684; accuracy 12 / 16.
struct ThreeClasses {
  std::vector<std::int64_t> targets = {0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2};
  std::vector<std::int64_t> predicted = {0, 0, 0, 0, 0, 1, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2};
  Evaluation evaluation(const EvaluateOptions& options = {}) const {
    return evaluate_classes(outputs_for(predicted, 3), tensor(targets), options);
  }
};

void expect_scores(const ClassScores& s, double precision, double recall, double f1, std::int64_t support) {
  EXPECT_NEAR(s.precision, precision, 5e-7);
  EXPECT_NEAR(s.recall, recall, 5e-7);
  EXPECT_NEAR(s.f1, f1, 5e-7);
  EXPECT_EQ(s.support, support);
}

TEST(Evaluation, CountsWhichClassIsTakenForWhich) {
  const Evaluation e = ThreeClasses().evaluation();
  EXPECT_EQ(e.accuracy, 0.75);
  EXPECT_EQ(e.samples, 16);
  EXPECT_EQ(e.classes(), 3);
  EXPECT_EQ(e.confusion().shape(), (Shape{3, 3}));
  EXPECT_EQ(e.confusion().to_vector<std::int64_t>(), (std::vector<std::int64_t>{5, 1, 0, 2, 3, 1, 0, 0, 4}));
}

TEST(Evaluation, ScoresEachClassAndTheirMeans) {
  const Evaluation e = ThreeClasses().evaluation();
  const std::vector<ClassScores> scores = e.class_scores();
  ASSERT_EQ(scores.size(), 3u);
  expect_scores(scores[0], 0.714286, 0.833333, 0.769231, 6);
  expect_scores(scores[1], 0.75, 0.5, 0.6, 6);
  expect_scores(scores[2], 0.8, 1, 0.888889, 4);
  expect_scores(e.macro_average(), 0.754762, 0.777778, 0.752707, 16);
  expect_scores(e.weighted_average(), 0.749107, 0.75, 0.735684, 16);
}

TEST(Evaluation, AClassThatDoesNotOccurScoresZeroAndIsLeftOutOfTheMean) {
  const Evaluation e = evaluate_classes(outputs_for({0, 0, 3}, 4), tensor({0, 1, 0}));
  const std::vector<ClassScores> scores = e.class_scores();
  expect_scores(scores[0], 0.5, 0.5, 0.5, 2);
  expect_scores(scores[1], 0, 0, 0, 1);  // never named
  expect_scores(scores[2], 0, 0, 0, 0);  // neither occurs nor is named
  expect_scores(scores[3], 0, 0, 0, 0);  // named, though it does not occur
  expect_scores(e.macro_average(), 0.5 / 3, 0.5 / 3, 0.5 / 3, 3);
}

TEST(Evaluation, ReportsInTheLayoutOfScikitLearn) {
  EXPECT_EQ(ThreeClasses().evaluation().report(),
            "              precision    recall  f1-score   support\n"
            "\n"
            "           0     0.7143    0.8333    0.7692         6\n"
            "           1     0.7500    0.5000    0.6000         6\n"
            "           2     0.8000    1.0000    0.8889         4\n"
            "\n"
            "    accuracy                         0.7500        16\n"
            "   macro avg     0.7548    0.7778    0.7527        16\n"
            "weighted avg     0.7491    0.7500    0.7357        16\n");
}

TEST(Evaluation, ReportsClassesByName) {
  const std::string report =
      ThreeClasses().evaluation({.classes = {"T-shirt", "Bettwäsche", "ankle boot, left"}}).report();
  EXPECT_NE(report.find("         T-shirt     0.7143"), std::string::npos) << report;
  EXPECT_NE(report.find("      Bettwäsche     0.7500"), std::string::npos) << report;
  EXPECT_NE(report.find("\nankle boot, left     0.8000"), std::string::npos) << report;
}

TEST(Evaluation, TellsItselfInOneLine) {
  // Wilson's interval of 12 / 16: (0.75 + z^2 / 32 +- z sqrt(0.75 0.25 / 16 + z^2 / 1024)) / (1 + z^2 / 16).
  const Evaluation e = ThreeClasses().evaluation();
  EXPECT_NEAR(e.accuracy_interval().low, 0.505017, 5e-6);
  EXPECT_NEAR(e.accuracy_interval().high, 0.898179, 5e-6);
  EXPECT_EQ(e.to_string(), "loss 0.8014, accuracy 0.7500 (0.5050 to 0.8982), 16 samples");
  EXPECT_EQ(evaluate_outputs(ones({1, 2}), zeros({1, 2}), nn::MSELoss()).to_string(), "loss 1, 1 sample");
}

TEST(Evaluation, TopKCountsTheSamplesWhoseClassIsAmongTheKLargest) {
  const Tensor outputs =
      tensor({{4.f, 3.f, 2.f, 1.f}, {4.f, 3.f, 2.f, 1.f}, {4.f, 3.f, 2.f, 1.f}, {1.f, 1.f, 1.f, 1.f}});
  const Evaluation e = evaluate_classes(outputs, tensor({0, 1, 3, 2}));
  EXPECT_EQ(e.top_k(1), 0.25);
  EXPECT_EQ(e.top_k(1), e.accuracy);
  EXPECT_EQ(e.top_k(2), 0.5);
  EXPECT_EQ(e.top_k(3), 0.75) << "of four equal outputs, the one at 2 is the third largest";
  EXPECT_EQ(e.top_k(4), 1);
}

TEST(Evaluation, NaNIsTheLargestOutputAsForArgmax) {
  const Tensor outputs = tensor(std::vector{1.0, not_a_number, 3.0, not_a_number, not_a_number, 2.0, 1.0, 2.0, 0.0},
                                {3, 3}, {.dtype = float32});
  const Tensor targets = tensor({1, 1, 1});
  const Evaluation e = evaluate_classes(outputs, targets);
  EXPECT_EQ(e.accuracy, (outputs.argmax(1) == targets).to(float64).mean().item());
  EXPECT_NEAR(e.accuracy, 2. / 3, 1e-15);
  EXPECT_EQ(e.top_k(2), 1) << "of two that are NaN the second comes second";
  EXPECT_TRUE(std::isnan(e.loss));
}

// ---- means -------------------------------------------------------------------------------------------------------

TEST(Evaluation, MeansDoNotDependOnTheBatches) {
  manual_seed(1);
  const Tensor outputs = randn({103, 5}, float64);
  Tensor targets = randint(5, {103});
  for (std::int64_t i = 60; i < 64; ++i) targets[i] = -100;  // ignored, a whole batch of four
  const nn::CrossEntropyLoss weighted({.weight = tensor({1, 2, 3, 4, 5}).to(float64)});
  const double loss = weighted(outputs, targets).item();
  for (const std::int64_t batch_size : {1, 4, 7, 64, 103, 1000}) {
    const Evaluation e = evaluate_outputs(outputs, targets, weighted, {.batch_size = batch_size});
    EXPECT_NEAR(e.loss, loss, 1e-13) << batch_size;
    EXPECT_EQ(e.samples, 103);
    EXPECT_EQ(e.confusion().sum().item(), 99);
  }
}

TEST(Evaluation, IgnoredTargetsDoNotCount) {
  const nn::CrossEntropyLoss ignores_one({.ignore_index = 1});
  const Evaluation e = evaluate_outputs(outputs_for({0, 1, 2, 2}, 3), tensor({0, 1, 1, 0}), ignores_one);
  EXPECT_EQ(e.accuracy, 0.5);
  EXPECT_EQ(e.samples, 4);
  EXPECT_EQ(e.class_scores()[1].support, 0);
  const Evaluation none = evaluate_outputs(outputs_for({0, 1}, 2), tensor({-100, -100}), nn::CrossEntropyLoss());
  EXPECT_TRUE(std::isnan(none.loss) && std::isnan(none.accuracy) && std::isnan(none.top_k(1)));
}

TEST(Evaluation, ACriterionWithoutPartsIsWeightedByTheSamplesOfItsBatches) {
  const Tensor x = tensor({{1.f}, {2.f}, {3.f}, {4.f}, {8.f}});
  const auto criterion = [](const Tensor& output, const Tensor& target) { return (output - target).abs().mean(); };
  const Evaluation e = evaluate_outputs(x, zeros({5, 1}), criterion, {.batch_size = 2});
  EXPECT_NEAR(e.loss, 18. / 5, 1e-6);
}

TEST(Evaluation, AnyReductionOfALossGivesTheMean) {
  const Tensor x = tensor({{1.f}, {2.f}, {6.f}});
  for (const Reduction r : {Reduction::mean, Reduction::sum, Reduction::none}) {
    EXPECT_EQ(evaluate_outputs(x, zeros({3, 1}), nn::L1Loss({.reduction = r}), {.batch_size = 2}).loss, 3);
  }
}

// ---- classes -----------------------------------------------------------------------------------------------------

TEST(Evaluation, ProbabilitiesAsTargetsNameTheirLargest) {
  const Tensor targets = tensor({{.9f, .1f, 0.f}, {.2f, .2f, .6f}});
  const Evaluation e = evaluate_classes(outputs_for({0, 1}, 3), targets);
  EXPECT_EQ(e.accuracy, 0.5);
  EXPECT_EQ(e.confusion().to_vector<std::int64_t>(), (std::vector<std::int64_t>{1, 0, 0, 0, 0, 0, 0, 1, 0}));
}

TEST(Evaluation, BinaryLossesHaveTwoClasses) {
  const Tensor targets = tensor({{1.f}, {0.f}, {1.f}, {0.f}});
  const Evaluation logits = evaluate_outputs(tensor({{2.f}, {-1.f}, {-.5f}, {0.f}}), targets, nn::BCEWithLogitsLoss());
  EXPECT_EQ(logits.classes(), 2);
  EXPECT_EQ(logits.accuracy, 0.75);
  EXPECT_EQ(logits.confusion().to_vector<std::int64_t>(), (std::vector<std::int64_t>{2, 0, 1, 1}));
  EXPECT_EQ(logits.top_k(1), 0.75);
  EXPECT_EQ(logits.top_k(2), 1);
  EXPECT_EQ(evaluate_outputs(tensor({{.9f}, {.1f}, {.4f}, {.5f}}), targets, nn::BCELoss()).accuracy, 0.75);
}

TEST(Evaluation, ARegressionHasNoAccuracy) {
  const Evaluation e = evaluate_outputs(ones({4, 2}), zeros({4, 2}), nn::MSELoss());
  EXPECT_EQ(e.loss, 1);
  EXPECT_TRUE(std::isnan(e.accuracy));
  EXPECT_EQ(e.classes(), 0);
  // clang-format off
  expect_errors({
      {"ValueError: Evaluation: accuracy_interval needs classes, and these outputs and targets name none; a regression has a loss only",
       [e] { e.accuracy_interval(); }},
      {"ValueError: Evaluation: top_k needs classes, and these outputs and targets name none; a regression has a loss only",
       [e] { e.top_k(1); }},
      {"ValueError: Evaluation: confusion needs classes, and these outputs and targets name none; a regression has a loss only",
       [e] { e.confusion(); }},
      {"ValueError: Evaluation: class_scores needs classes, and these outputs and targets name none; a regression has a loss only",
       [e] { e.class_scores(); }},
      {"ValueError: Evaluation: macro_average needs classes, and these outputs and targets name none; a regression has a loss only",
       [e] { e.macro_average(); }},
      {"ValueError: Evaluation: weighted_average needs classes, and these outputs and targets name none; a regression has a loss only",
       [e] { e.weighted_average(); }},
      {"ValueError: Evaluation: report needs classes, and these outputs and targets name none; a regression has a loss only",
       [e] { e.report(); }},
  });
  // clang-format on
}

TEST(Evaluation, ABatchWithoutClassesLeavesTheWholeWithoutThem) {
  // 7 is neither a class nor ignored, as far as anyone but this criterion knows.
  const auto criterion = [](const Tensor& output, const Tensor& target) {
    return cross_entropy(output, target, {.ignore_index = 7});
  };
  const Evaluation e =
      evaluate_outputs(outputs_for({0, 1, 1, 0}, 2), tensor({0, 1, 7, 0}), criterion, {.batch_size = 2});
  EXPECT_EQ(e.classes(), 0);
  EXPECT_TRUE(std::isnan(e.accuracy));
  EXPECT_EQ(e.samples, 4);
}

// ---- the pass over the data --------------------------------------------------------------------------------------

/// Knows whether it ran in training mode, and can throw.
struct Probe : nn::Module {
  nn::Linear inner = register_module("inner", nn::Linear(2, 2));
  nn::Dropout frozen = register_module("frozen", nn::Dropout(0.5));
  bool throws = false;
  Tensor forward(const Tensor& x) {
    EXPECT_FALSE(is_training() || frozen.is_training());
    EXPECT_FALSE(is_grad_enabled());
    if (throws) throw std::runtime_error("from the model");
    return frozen(inner(x));
  }
};

void expect_modes_kept(Probe& model, const auto& f) {
  model.train();
  model.frozen.eval();
  f();
  EXPECT_TRUE(model.is_training() && model.inner.is_training());
  EXPECT_FALSE(model.frozen.is_training());
  EXPECT_TRUE(is_grad_enabled());
}

TEST(Evaluate, RestoresEveryModeOnEveryWayOut) {
  const data::TensorDataset dataset(ones({4, 2}), zeros({4}, int64));
  Probe model;
  expect_modes_kept(model, [&] { evaluate(model, nn::CrossEntropyLoss(), dataset); });
  model.throws = true;
  expect_modes_kept(model, [&] { EXPECT_THROW(evaluate(model, nn::CrossEntropyLoss(), dataset), std::runtime_error); });
}

TEST(Evaluate, DrawsNothingAndChangesNothing) {
  manual_seed(5);
  nn::Sequential model{nn::Linear(3, 8), nn::BatchNorm1d(8), nn::Dropout(0.5), nn::Linear(8, 2)};
  const StateDict before = clone(model.state_dict());
  const Generator::State state = default_generator().state();
  evaluate(model, nn::CrossEntropyLoss(), data::TensorDataset(ones({10, 3}), zeros({10}, int64)));
  EXPECT_EQ(default_generator().state(), state);
  for (const auto& [name, tensor] : before) EXPECT_TRUE(equal(tensor, model.state_dict().at(name))) << name;
  for (const Tensor& p : model.parameters()) EXPECT_FALSE(p.grad().defined());
}

TEST(Evaluate, UsesALoaderAsItIs) {
  const data::TensorDataset dataset(outputs_for({0, 0, 1}, 2), tensor({0, 0, 0}));
  data::DataLoader loader(dataset, {.batch_size = 2, .drop_last = true});
  const Evaluation e = evaluate(nn::Identity(), nn::CrossEntropyLoss(), loader);
  EXPECT_EQ(e.samples, 2);
  EXPECT_EQ(e.accuracy, 1);
  EXPECT_EQ(loader.epoch(), 1);
}

TEST(Evaluate, RefusesBadInput) {
  const nn::CrossEntropyLoss criterion;
  const data::TensorDataset three(outputs_for({0, 1, 1}, 2), tensor({0, 1, 0}));
  const data::TensorDataset none(zeros({0, 2}), zeros({0}, int64));
  const auto widens = [](const Tensor& x) { return x.size(0) == 2 ? x : ones({x.size(0), 3}); };
  expect_errors({
      {"ValueError: evaluate: there is no data to evaluate on",
       [&] { evaluate(nn::Identity(), criterion, DataSource()); }},
      {"ValueError: evaluate: no batch to evaluate on: the data has 0 samples, the loader 0 batches an epoch",
       [&] { evaluate(nn::Identity(), criterion, none); }},
      {"ValueError: evaluate: no batch to evaluate on: the data has 3 samples, the loader 0 batches an epoch",
       [&] { evaluate(nn::Identity(), criterion, data::DataLoader(three, {.batch_size = 4, .drop_last = true})); }},
      {"ValueError: evaluate: the loader stands at batch 1 of 1, and a whole epoch is measured; call set_epoch(0)",
       [&] {
         data::DataLoader at_the_end(three, {.batch_size = 4});
         at_the_end.set_epoch(0, 1);
         evaluate(nn::Identity(), criterion, at_the_end);
       }},
      {"ValueError: DataLoader: batch_size is 0, it must be at least 1",
       [&] { evaluate(nn::Identity(), criterion, three, {.batch_size = 0}); }},
      {"ValueError: evaluate: 3 names of classes for 2 classes",
       [&] {
         evaluate(nn::Identity(), criterion, three, {.classes = {"a", "b", "c"}});
       }},
      {"ValueError: Evaluation: top_k: k = 0 is outside [1, 2], the number of classes",
       [&] { evaluate(nn::Identity(), criterion, three).top_k(0); }},
      {"ValueError: Evaluation: top_k: k = 3 is outside [1, 2], the number of classes",
       [&] { evaluate(nn::Identity(), criterion, three).top_k(3); }},
      {"ShapeError: evaluate: a batch has 3 classes, those before it had 2",
       [&] { evaluate(nn::Sequential{widens}, criterion, three, {.batch_size = 2}); }},
      {"ShapeError: Trainer: the criterion must return one number, it returned a tensor (3); use Reduction::mean?",
       [&] {
         evaluate(
             nn::Identity(), [](const Tensor& x, const Tensor& y) { return (x.argmax(1) - y).to(float32); }, three);
       }},
  });
}

}  // namespace
}  // namespace xtape::train
