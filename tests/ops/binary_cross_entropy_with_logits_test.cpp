#include <cmath>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::constant;
using testing::expect_close;
using testing::gradient;
using testing::Input;
using testing::integers;
using testing::leaf;
using testing::uniform;
using testing::with_each_reduction;

XTAPE_OP_CASES(binary_cross_entropy_with_logits) {
  const std::string op = "binary_cross_entropy_with_logits";
  const Input soft = uniform({4, 3}, 0.1, 0.8), hard = constant({4, 3}, {1, 0, 1, 0, 0, 1, 1, 1, 0, 0, 1, 0});
  const Input weight = constant({3}, {0.2, 0.3, 0.5}), pos_weight = constant({3}, {2, 0.5, 1});
  cases.add(op, "", {any({4, 3}), soft},
            "[F.binary_cross_entropy_with_logits(*x, reduction=r) for r in ('none', 'mean', 'sum')]", [](Args x) {
              return with_each_reduction(
                  [&x](Reduction r) { return binary_cross_entropy_with_logits(x[0], x[1], {.reduction = r}); });
            });
  auto weighted = [](Args x) {
    return with_each_reduction([&x](Reduction r) {
      return binary_cross_entropy_with_logits(x[0], x[1], {.weight = x[2], .reduction = r, .pos_weight = x[3]});
    });
  };
  cases.add(op, "weighted", {any({4, 3}), soft, weight, pos_weight},
            "[F.binary_cross_entropy_with_logits(x[0], x[1], weight=x[2], pos_weight=x[3], reduction=r)"
            " for r in ('none', 'mean', 'sum')]",
            weighted);
  cases.add(op, "hard targets, weighted", {any({4, 3}), hard, weight, pos_weight}, weighted);
  cases
      .add(op, "hard targets", {uniform({9, 20}, -64, 128), integers({9, 20}, 2)},
           "F.binary_cross_entropy_with_logits(x[0], x[1].to(x[0].dtype))",
           [](Args x) { return binary_cross_entropy_with_logits(x[0], x[1].to(x[0].dtype())); })
      .smooth = false;
}

/// PyTorch's results with a weight and a pos_weight for three columns.
struct Logits {
  Tensor x = leaf({0.3, -1.2, 2, 0.7, -0.4, 1.1}, {2, 3}), t = leaf({1, 0, 0.25, 0.5, 1, 0}, {2, 3});
  BCEWithLogitsOptions options(Reduction reduction) const {
    return {.weight = tensor({0.2, 0.3, 0.5}, {.dtype = float64}),
            .reduction = reduction,
            .pos_weight = tensor({2.0, 0.5, 1.0}, {.dtype = float64})};
  }
};
const std::vector<double> ones6(6, 1.0);

TEST(BinaryCrossEntropyWithLogits, HasPyTorchsValueAndGradients) {
  Logits c;
  const Tensor y = binary_cross_entropy_with_logits(c.x, c.t, c.options(Reduction::none));
  expect_close(y,
               {0.22174209778741086, 0.07898474020140935, 0.8134640055214862, 0.19095581466563738, 0.1369522878599929,
                0.6936676625577154},
               1e-12);
  expect_close(gradient(y, c.x, ones6),
               {-0.1702229932753364, 0.06944256495029472, 0.31539853898894116, 0.0004563316504498261,
                -0.0898031490168678, 0.37513005279755884},
               1e-12);
  expect_close(gradient(y, c.t, ones6),
               {0.05087104889370542, 0.1405076298992953, -1, -0.059362790222908426, -0.016952287859992886, -0.55},
               1e-12);
  expect_close(binary_cross_entropy_with_logits(c.x, c.t, c.options(Reduction::sum)), {2.135766608593652}, 1e-12);
  expect_close(binary_cross_entropy_with_logits(c.x, c.t, c.options(Reduction::mean)), {0.3559611014322754}, 1e-12);
}

TEST(BinaryCrossEntropyWithLogits, HasPyTorchsValueAndGradientsWithoutWeights) {
  Logits c;
  const Tensor y = binary_cross_entropy_with_logits(c.x, c.t);
  expect_close(y, {0.9163503915417287}, 1e-12);
  expect_close(gradient(y, c.x, {1}),
               {-0.07092624719805683, 0.03857920275016373, 0.10513284632964705, 0.028031295361361026,
                -0.09978127668540866, 0.12504335093251961},
               1e-12);
  expect_close(gradient(y, c.t, {1}), {-0.05, 0.2, -1.0 / 3, -0.7 / 6, 0.4 / 6, -1.1 / 6}, 1e-12);
}

TEST(BinaryCrossEntropyWithLogits, IsExactForLogitsOfAnySize) {
  Tensor x = leaf({800, -800, 800, -800}, {4});
  const Tensor y = binary_cross_entropy_with_logits(x, tensor({1, 0, 0, 1}), {.reduction = Reduction::none});
  expect_close(y, {0, 0, 800, 800});
  expect_close(gradient(y, x, {1, 1, 1, 1}), {0, 0, 1, -1});
  const Tensor small = binary_cross_entropy_with_logits(tensor({40.0}, {.dtype = float64}), tensor({1}));
  EXPECT_NEAR(small.item<double>() / std::exp(-40.0), 1, 1e-12);
}

TEST(BinaryCrossEntropyWithLogits, ATermWithCoefficientZeroIsZeroAtInfinityToo) {
  Tensor x = leaf({INFINITY, -INFINITY, INFINITY, -INFINITY}, {4});
  const Tensor y = binary_cross_entropy_with_logits(x, tensor({1, 0, 0, 1}), {.reduction = Reduction::none});
  expect_close(y, {0, 0, INFINITY, INFINITY});
  expect_close(gradient(y, x, {1, 1, 1, 1}), {0, 0, 1, -1});
}

TEST(BinaryCrossEntropyWithLogits, IgnoresLogitsWhereTheWeightIsZero) {
  Tensor x = leaf({NAN, 0}, {2}), t = leaf({0.5, 1}, {2});
  const Tensor y = binary_cross_entropy_with_logits(x, t, {.weight = tensor({0.0f, 1.0f})});
  expect_close(y, {std::log(2) / 2}, 1e-15);
  expect_close(gradient(y, x, {1}), {0, -0.25});
  expect_close(gradient(y, t, {1}), {0, 0});
}

TEST(BinaryCrossEntropyWithLogits, BroadcastsItsWeights) {
  const Tensor x = zeros({2, 3}), t = ones({2, 3});
  expect_close(binary_cross_entropy_with_logits(x, t, {.weight = full({2, 1}, 2)}), {2 * std::log(2)}, 1e-6);
}

TEST(BinaryCrossEntropyWithLogits, KeepsTheLogitsDtypeBesideOtherWeights) {
  const Tensor w = ones({3}, {.dtype = float64});
  EXPECT_EQ(binary_cross_entropy_with_logits(zeros({2, 3}), ones({2, 3}), {.weight = w}).dtype(), float32);
}

TEST(BinaryCrossEntropyWithLogits, OfNothingIsNanZeroAndEmpty) {
  const Tensor x = zeros({0});
  expect_close(binary_cross_entropy_with_logits(x, x), {NAN});
  expect_close(binary_cross_entropy_with_logits(x, x, {.reduction = Reduction::sum}), {0});
  expect_close(binary_cross_entropy_with_logits(x, x, {.reduction = Reduction::none}), {});
}

TEST(BinaryCrossEntropyWithLogits, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"ShapeError: binary_cross_entropy_with_logits: expected an input and a target of the same shape, got (4) and "
       "(3); nothing is broadcast",
       [] { binary_cross_entropy_with_logits(zeros({4}), zeros({3})); }},
      {"ShapeError: binary_cross_entropy_with_logits: the pos_weight (3) does not broadcast to the logits (4)",
       [] { binary_cross_entropy_with_logits(zeros({4}), zeros({4}), {.pos_weight = ones({3})}); }},
      {"ShapeError: binary_cross_entropy_with_logits: the weight (2) does not broadcast to the logits (2, 3)",
       [] { binary_cross_entropy_with_logits(zeros({2, 3}), ones({2, 3}), {.weight = ones({2})}); }},
      {"ShapeError: binary_cross_entropy_with_logits: the pos_weight (4, 2, 3) does not broadcast to the logits (2, 3)",
       [] { binary_cross_entropy_with_logits(zeros({2, 3}), ones({2, 3}), {.pos_weight = ones({4, 2, 3})}); }},
      {"ShapeError: binary_cross_entropy_with_logits: expected an input and a target of the same shape, got (2, 1) and "
       "(2); squeeze(1) the input, or unsqueeze(1) the target?",
       [] { binary_cross_entropy_with_logits(ones({2, 1}), ones({2})); }},
      {"DTypeError: binary_cross_entropy_with_logits: expected a floating dtype, got int64; convert it with "
       ".to(float32)",
       [] { binary_cross_entropy_with_logits(tensor({1}), tensor({1})); }},
      {"ValueError: binary_cross_entropy_with_logits: Reduction::batchmean is for kl_div only; use mean?",
       [] { binary_cross_entropy_with_logits(ones({1}), ones({1}), {.reduction = Reduction::batchmean}); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
