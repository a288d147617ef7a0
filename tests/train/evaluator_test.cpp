#include "train/evaluator.hpp"

#include "support/expect.hpp"

namespace xtape::train {
namespace {

detail::Objective identity(const auto& criterion) { return {nn::Identity(), criterion}; }

TEST(Evaluator, CountsOnlyWhatIsRightIfAskedForNoMore) {
  const detail::Objective objective = identity(nn::CrossEntropyLoss());
  Evaluator evaluator(objective, Evaluator::Measure::accuracy);
  EXPECT_TRUE(std::isnan(evaluator.loss()) && std::isnan(evaluator.majority_share()));
  evaluator.add(tensor({{9.f, 0.f}, {9.f, 0.f}}), tensor({0, 1}));
  evaluator.add(tensor({{0.f, 9.f}, {0.f, 9.f}}), tensor({1, -100}));
  EXPECT_EQ(evaluator.score().correct, 2);
  EXPECT_EQ(evaluator.score().counted, 3);
  EXPECT_EQ(evaluator.samples(), 4);
  EXPECT_EQ(evaluator.classes(), 2);
  EXPECT_EQ(evaluator.majority_share(), 2. / 3);
  EXPECT_TRUE(std::isnan(evaluator.r2()));
}

TEST(Evaluator, DeterminesARegressionColumnByColumn) {
  // The means are 2 and 1001, the squared distances to them 2 and 2; the squared errors 0.25 and 0.75 in all.
  const Tensor targets = tensor(std::vector{1., 1000., 2., 1001., 3., 1002.}, {3, 2}, {.dtype = float64});
  const Tensor outputs =
      tensor(std::vector{1.5, 1000., 2., 1001.5, 3., 1002. + std::sqrt(.5)}, {3, 2}, {.dtype = float64});
  const detail::Objective objective = identity(nn::MSELoss());
  Evaluator evaluator(objective);
  evaluator.add(outputs.narrow(0, 0, 2), targets.narrow(0, 0, 2));
  evaluator.add(outputs.narrow(0, 2, 1), targets.narrow(0, 2, 1));
  EXPECT_NEAR(evaluator.r2(), 0.75, 1e-12);
  EXPECT_NEAR(evaluator.loss(), 1. / 6, 1e-12);
  EXPECT_EQ(evaluator.classes(), 0);
}

TEST(Evaluator, KeepsTheDigitsOfTargetsFarFromZero) {
  const detail::Objective objective = identity(nn::MSELoss());
  Evaluator evaluator(objective);
  evaluator.add(full({3}, 1e9, float64), tensor(std::vector{1e9 - 1, 1e9, 1e9 + 1}, {3}, {.dtype = float64}));
  EXPECT_EQ(evaluator.r2(), 0);
}

TEST(Evaluator, ConstantTargetsDetermineNothing) {
  const detail::Objective objective = identity(nn::MSELoss());
  Evaluator constant(objective), other(objective);
  constant.add(tensor({{1.f}, {2.f}}), ones({2, 1}));
  EXPECT_TRUE(std::isnan(constant.r2()));
  other.add(tensor({{1.f}, {2.f}}), tensor({{1.f}, {3.f}}));
  EXPECT_EQ(other.r2(), 0.5);
}

TEST(Evaluator, CriteriaThatAreNoRegressionDetermineNothing) {
  const detail::Objective function = identity([](const Tensor& x, const Tensor& y) { return (x - y).mean(); });
  const detail::Objective binary = identity(nn::BCEWithLogitsLoss());
  for (const detail::Objective* objective : {&function, &binary}) {
    Evaluator evaluator(*objective);
    evaluator.add(tensor({{1.f}, {2.f}}), tensor({{0.f}, {1.f}}));
    EXPECT_TRUE(std::isnan(evaluator.r2()));
  }
}

}  // namespace
}  // namespace xtape::train
