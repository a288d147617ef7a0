#include <cmath>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::inf;
using testing::nan;

XTAPE_OP_CASES(dropout) {
  cases.add("dropout", "in evaluation", {any({2, 3})}, "F.dropout(x[0], 0.5, False)",
            [](Args x) { return dropout(x[0], 0.5, false); });
  cases.add("dropout", "of p 0", {any({2, 3})}, "F.dropout(x[0], 0.0, True)",
            [](Args x) { return dropout(x[0], 0.0); });
  cases.add("dropout", "of p 1", {any({2, 3})}, "F.dropout(x[0], 1.0, True)",
            [](Args x) { return dropout(x[0], 1.0); });
  cases.add("dropout", "in training", {any({4, 5})}, [](Args x) {
    manual_seed(3);  // the same mask each time
    return dropout(x[0], 0.4);
  });
}

XTAPE_OP_CASES(dropout2d) {
  cases.add("dropout2d", "in evaluation", {any({2, 3, 2, 2})}, "F.dropout2d(x[0], 0.5, False)",
            [](Args x) { return dropout2d(x[0], 0.5, false); });
  cases.add("dropout2d", "of p 1", {any({2, 3, 2, 2})}, "F.dropout2d(x[0], 1.0, True)",
            [](Args x) { return dropout2d(x[0], 1.0); });
  cases.add("dropout2d", "in training", {any({3, 2, 2, 2})}, [](Args x) {
    manual_seed(3);
    return dropout2d(x[0], 0.4);
  });
}

std::int64_t count_kept(const Tensor& y) {
  std::int64_t kept = 0;
  for (float v : y.to_vector<float>()) kept += v != 0;
  return kept;
}

// SEMANTICS [20] throughout.

TEST(Dropout, KeepsTheRequestedShare) {
  for (std::uint64_t seed : {0, 1, 2, 3, 4}) {
    manual_seed(seed);
    const std::int64_t kept = count_kept(dropout(ones({1000000}), 0.3));
    EXPECT_GE(kept, 697250);
    EXPECT_LE(kept, 702749);
  }
}

TEST(Dropout, KeptValuesAreScaledByAFactorRoundedOnce) {
  for (double p : {0.1, 0.3, 0.5, 0.9}) {
    const float scale = static_cast<float>(1 / (1 - p));
    const Tensor x = arange(1, 1001).to(float32), y = dropout(x, p);
    const std::vector<float> u = x.to_vector<float>(), v = y.to_vector<float>();
    for (std::size_t i = 0; i < u.size(); ++i) {
      EXPECT_TRUE(v[i] == 0 || v[i] == u[i] * scale) << p << " at " << i;
    }
  }
}

TEST(Dropout, InEvaluationOrWithPZeroIsTheInputAndDrawsNothing) {
  manual_seed(1);
  const Tensor x = tensor({-0.0f, NAN, INFINITY, 1.f});
  EXPECT_EQ(dropout(x, 0.5, false).impl(), x.impl());
  EXPECT_EQ(dropout(x, 1.0, false).impl(), x.impl());
  EXPECT_EQ(dropout(x, 0.0).impl(), x.impl());
  EXPECT_EQ(default_generator().state().offset, 0u);
}

TEST(Dropout, OfEverythingGivesExactZerosAndZeroGradients) {
  Tensor x = tensor({1.0, inf, -inf, std::nan("")}, {.requires_grad = true});
  const Tensor y = dropout(x, 1.0);
  testing::expect_close(y, {0, 0, 0, 0});
  y.backward(tensor({1.0, inf, std::nan(""), 2.0}));
  testing::expect_close(x.grad(), {0, 0, 0, 0});
}

TEST(Dropout, DroppedInfinitiesAreZero) {
  const Tensor y = dropout(full({1000}, inf), 0.5);
  std::int64_t zeros = 0;
  for (float v : y.to_vector<float>()) {
    EXPECT_TRUE(v == 0 || v == INFINITY);
    zeros += v == 0;
  }
  EXPECT_NEAR(zeros, 500, 80);
}

TEST(Dropout, BothPassesUseOneMask) {
  manual_seed(3);
  Tensor x = ones({1000}, {.requires_grad = true});
  const Tensor y = dropout(x, 0.4);
  rand({100});  // another draw in between
  y.sum().backward();
  EXPECT_TRUE(equal(x.grad(), y.detach()));
}

TEST(Dropout, TheMaskIsNotInferredFromZeros) {
  Tensor x = zeros({1000}, {.requires_grad = true});
  dropout(x, 0.5).sum().backward();
  EXPECT_NEAR(count_kept(x.grad()), 500, 80);
}

TEST(Dropout, TheSameSeedGivesTheSameMask) {
  manual_seed(5);
  const Tensor a = dropout(ones({999}), 0.5), b = dropout(ones({999}), 0.5);
  manual_seed(5);
  EXPECT_TRUE(equal(dropout(ones({999}), 0.5), a));
  EXPECT_FALSE(equal(a, b));
}

TEST(Dropout, TheMaskDoesNotDependOnTheDtype) {
  manual_seed(6);
  const Tensor a = dropout(ones({99}), 0.5);
  manual_seed(6);
  EXPECT_TRUE(equal(dropout(ones({99}, {.dtype = float64}), 0.5).to(float32), a));
}

TEST(Dropout, FusedAndRecordedGradientsAgree) {
  manual_seed(8);
  Tensor x = randn({50}, {.dtype = float64, .requires_grad = true});
  const Tensor y = dropout(x, 0.5), seed = randn({50}, {.dtype = float64});
  const Tensor fused = grad({y}, {x}, {seed}, {.retain_graph = true})[0];
  const Tensor recorded = grad({y}, {x}, {seed}, {.create_graph = true})[0];
  EXPECT_TRUE(equal(fused, recorded.detach()));
}

TEST(Dropout, TakesEmptyAndScalarInputs) {
  EXPECT_EQ(dropout(zeros({0, 3})).shape(), (Shape{0, 3}));
  const float y = dropout(tensor(2.f), 0.5).item<float>();
  EXPECT_TRUE(y == 0 || y == 4);
}

TEST(Dropout2d, KeepsOrDropsWholeChannels) {  // SEMANTICS [77]
  manual_seed(1);
  for (const Shape& shape : {Shape{40, 5, 3, 2}, Shape{40, 5, 6}, Shape{40, 5, 2, 3, 1}, Shape{200, 1}}) {
    const std::vector<float> y = dropout2d(ones(shape), 0.25).to_vector<float>();
    const std::size_t size = y.size() / 200;
    std::int64_t kept = 0;
    for (std::size_t channel = 0; channel < 200; ++channel) {
      kept += y[channel * size] != 0;
      for (std::size_t i = 0; i < size; ++i) {
        EXPECT_EQ(y[channel * size + i], y[channel * size] == 0 ? 0.0f : 1 / 0.75f);
      }
    }
    EXPECT_GE(kept, 120) << shape;
    EXPECT_LE(kept, 175) << shape;
  }
}

TEST(Dropout2d, OfFloat64StaysFloat64) { EXPECT_EQ(dropout2d(ones({2, 3}, {.dtype = float64})).dtype(), float64); }

TEST(Dropout2d, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"ShapeError: dropout2d: expected (N, C, ...), got (3); use dropout?", [] { dropout2d(ones({3})); }},
      {"ValueError: dropout2d: p is -0.5, it must lie in [0, 1]", [] { dropout2d(ones({3, 2}), -0.5); }},
      {"ValueError: Dropout2d: p is 2, it must lie in [0, 1]", [] { nn::Dropout2d(2); }},
  });
  // clang-format on
}

TEST(Dropout, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"ValueError: dropout: p is 1.5, it must lie in [0, 1]", [] { dropout(ones({2}), 1.5); }},
      {"DTypeError: dropout: expected a floating dtype, got int64; convert it with .to(float32)",
       [] { dropout(tensor({1, 2})); }},
      {"ValueError: dropout: p is -0.1, it must lie in [0, 1]", [] { dropout(ones({2}), -0.1); }},
      {"ValueError: dropout: p is nan, it must lie in [0, 1]", [] { dropout(ones({2}), nan); }},
      {"ValueError: dropout: p is 2, it must lie in [0, 1]", [] { dropout(ones({2}), 2, false); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
