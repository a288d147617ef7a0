#include "train/correct.hpp"

#include <cmath>
#include <limits>

#include "support/expect.hpp"

namespace xtape::train::detail {
namespace {

using Values = std::vector<std::int64_t>;

const nn::CrossEntropyLoss cross_entropy_loss;
const Tensor three_rows = tensor({{1.0, 3.0, 2.0}, {5.0, 5.0, 1.0}, {0.0, -1.0, 7.0}});

TEST(ClassAnswers, OfIndicesAreTheLargestOutputs) {
  for (const DType dtype : {int64, int32, uint8}) {
    const ClassAnswers a = class_answers(&cross_entropy_loss, three_rows, tensor({1, 1, 2}).to(dtype));
    EXPECT_EQ(a.classes, 3);
    EXPECT_EQ(a.predicted, (Values{1, 0, 2}));  // the first of equals
    EXPECT_EQ(a.target, (Values{1, 1, 2}));
    EXPECT_EQ(a.score().correct, 2);
    EXPECT_EQ(a.score().counted, 3);
    EXPECT_EQ(a.score().accuracy(), 2.0 / 3);
  }
}

TEST(ClassAnswers, LeaveOutTheLosssIgnoreIndex) {
  const nn::CrossEntropyLoss ignores_two({.ignore_index = 2});
  const nn::NLLLoss ignores_minus_one({.ignore_index = -1});
  const ClassAnswers a = class_answers(&ignores_two, three_rows, tensor({1, 1, 2}));
  EXPECT_EQ(a.target, (Values{1, 1, ClassAnswers::left_out}));
  EXPECT_EQ(a.score().counted, 2);
  EXPECT_EQ(class_answers(&ignores_minus_one, three_rows, tensor({-1, -1, 2})).score().accuracy(), 1);
  const Score none = class_answers(&cross_entropy_loss, three_rows, tensor({-100, -100, -100})).score();
  EXPECT_EQ(none.counted, 0);
  EXPECT_TRUE(std::isnan(none.accuracy()));
}

TEST(ClassAnswers, AnyCriterionMayHaveIndices) {
  const ClassAnswers a = class_answers(nullptr, three_rows, tensor({1, -100, 2}));
  EXPECT_EQ(a.target, (Values{1, ClassAnswers::left_out, 2}));
  // Labels of what is no classification, as a loss of distances takes them.
  EXPECT_FALSE(class_answers(nullptr, three_rows, tensor({1, 3, 2})).defined());
  EXPECT_FALSE(class_answers(nullptr, three_rows, tensor({1, -1, 2})).defined());
}

TEST(ClassAnswers, OfProbabilitiesAreTheLargestOfBoth) {
  const Tensor target = tensor({{0.2, 0.5, 0.3}, {0.1, 0.8, 0.1}, {0.0, 0.0, 1.0}});
  const ClassAnswers a = class_answers(&cross_entropy_loss, three_rows, target);
  EXPECT_EQ(a.target, (Values{1, 1, 2}));
  EXPECT_EQ(a.score().correct, 2);
  EXPECT_FALSE(class_answers(nullptr, three_rows, target).defined());
}

TEST(ClassAnswers, OfTheBinaryLossesAreElements) {
  const Tensor x = tensor({{-1.0, 0.25}, {0.75, 0.0}}), y = tensor({{0.0, 1.0}, {0.0, 0.5}});
  const nn::BCEWithLogitsLoss of_logits;
  const nn::BCELoss of_shares;
  const ClassAnswers logits = class_answers(&of_logits, x, y);
  EXPECT_EQ(logits.classes, 2);
  EXPECT_EQ(logits.predicted, (Values{0, 1, 1, 0}));
  EXPECT_EQ(logits.target, (Values{0, 1, 0, 0}));
  EXPECT_EQ(logits.score().accuracy(), 0.75);
  const ClassAnswers shares = class_answers(&of_shares, x, y);
  EXPECT_EQ(shares.predicted, (Values{0, 0, 1, 0}));
}

TEST(ClassAnswers, ThereAreNoneInARegression) {
  const nn::MSELoss mse;
  EXPECT_FALSE(class_answers(&mse, three_rows, three_rows).defined());
  EXPECT_FALSE(class_answers(nullptr, tensor({1.0, 2.0}), tensor({1, 0})).defined());
  EXPECT_FALSE(class_answers(&cross_entropy_loss, zeros({2, 3, 4}), zeros({2, 4}, int64)).defined());
  EXPECT_FALSE(class_answers(nullptr, three_rows, zeros({3, 2}, int64)).defined());
  EXPECT_FALSE(class_answers(nullptr, three_rows, tensor({true, false, true})).defined());
  EXPECT_FALSE(class_answers(nullptr, three_rows, Tensor()).defined());
  EXPECT_TRUE(class_answers(&mse, three_rows, three_rows).predicted.empty());
}

TEST(ClassAnswers, RankTheTargetAmongTheOutputs) {
  const Tensor x = tensor({{1.0, 3.0, 2.0}, {1.0, 3.0, 2.0}, {5.0, 5.0, 5.0}, {5.0, 5.0, 5.0}, {1.0, 3.0, 2.0}});
  const ClassAnswers a = class_answers(&cross_entropy_loss, x, tensor({1, 0, 0, 2, -100}));
  EXPECT_EQ(target_ranks(a, x), (Values{0, 2, 0, 2, ClassAnswers::left_out}));
  const Tensor logits = tensor({-1.0, 0.5});
  const nn::BCEWithLogitsLoss binary;
  EXPECT_EQ(target_ranks(class_answers(&binary, logits, tensor({0.0, 0.0})), logits), (Values{0, 1}));
}

TEST(ClassAnswers, ARankIsZeroJustWhereTheAnswerIsRight) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor x = tensor({{1.0, nan, 2.0}, {nan, nan, 0.0}, {1.0, 1.0, 0.0}});
  for (std::int64_t c = 0; c < 3; ++c) {
    const ClassAnswers a = class_answers(&cross_entropy_loss, x, full({3}, c, {.dtype = int64}));
    const Values ranks = target_ranks(a, x);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(ranks[i] == 0, a.predicted[i] == c) << i << " " << c;
  }
}

}  // namespace
}  // namespace xtape::train::detail
