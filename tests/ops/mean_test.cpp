#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::gradient;
using testing::leaf;

XTAPE_OP_CASES(mean) { cases.add_reduction("mean", "torch.mean", mean); }

TEST(Mean, AveragesEverythingOrAlongDims) {
  const Tensor x = leaf({1, 2, 3, 4, 5, 9}, {2, 3});
  expect_close(mean(x), {4});
  expect_close(mean(x, 0), {2.5, 3.5, 6});
  expect_close(mean(x, -1), {2, 6});
  expect_close(mean(x, {0, 1}), {4});
  EXPECT_EQ(mean(x, 1, true).shape(), (Shape{2, 1}));
}

TEST(Mean, DoesNotDriftOverManyFloat32) {  // SEMANTICS [14]
  EXPECT_EQ(mean(full({10'000'000}, 0.1f)).item<float>(), 0.1f);
  expect_close(mean(full({1'000'000, 2}, 0.1f), 0), {0.1f, 0.1f});
}

TEST(Mean, OfNothingHasTheSecondDerivativeZero) {
  const Tensor x = leaf({}, {3, 0}), gy = leaf({1, 2, 3}, {3});
  const Tensor g = grad({x.mean(1)}, {x}, {gy}, {.create_graph = true})[0];
  expect_close(grad({g.sum()}, {gy})[0], {0, 0, 0});
}

TEST(Mean, OfNothingIsNaN) {  // SEMANTICS [21]
  expect_close(mean(zeros({0})), {NAN});
  expect_close(mean(zeros({2, 0}), 1), {NAN, NAN});
  EXPECT_EQ(mean(zeros({2, 0}), 0).shape(), (Shape{0}));
}

TEST(Mean, SpreadsTheGradientEvenly) {
  Tensor x = leaf({1, 2, 3, 4}, {4});
  expect_close(gradient(mean(x), x, {1}), {0.25, 0.25, 0.25, 0.25});
}

TEST(Mean, IsOneEntryOnTheTape) {
  const Tape tape = Tape::of(mean(leaf({1, 2}, {2})));
  ASSERT_EQ(tape.size(), 1u);
  EXPECT_EQ(tape.entries()[0].op, "mean");
}

TEST(Mean, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"DTypeError: mean: expected a floating dtype, got int64; convert it with .to(float32)",
       [] { tensor({1, 2}).mean(); }},
      {"IndexError: mean: dim 1 is outside [-1, 1)", [] { mean(ones({2}), 1); }},
      {"ValueError: mean: dim 0 is given twice in (0, 0)", [] { mean(ones({2, 2}), {0, 0}); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
