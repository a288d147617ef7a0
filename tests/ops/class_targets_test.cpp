// What cross_entropy says of targets, weights and options that it cannot take. (nll_loss checks with the same
// functions; its errors are in its own test.)
#include <cstdint>

#include "support/expect.hpp"
#include "support/misuse.hpp"

namespace xtape {
namespace {

using testing::inf;
using testing::nan;

TEST(ClassTargets, ThrowsOneClearLine) {  // SEMANTICS [5], [9], [13], [16], [17]
  const Tensor x = zeros({4, 10}), x64 = ones({2, 3}, {.dtype = float64});
  // clang-format off
  testing::expect_errors({
      {"IndexError: cross_entropy: target[3] = 12 is outside [0, 10)",
       [&x] { cross_entropy(x, tensor({1, 2, 3, 12})); }},
      {"IndexError: cross_entropy: target[1] = -1 is outside [0, 10); to ignore such positions pass "
       "{.ignore_index = -1}",
       [&x] { cross_entropy(x, tensor({1, -1, 3, 2})); }},
      {"ShapeError: cross_entropy: expected a target of shape (4) for an input of (4, 10), got (3)",
       [&x] { cross_entropy(x, tensor({1, 2, 3})); }},
      {"ShapeError: cross_entropy: expected a target of shape (4) for an input of (4, 10), got (4, 1); reshape it?",
       [&x] { cross_entropy(x, tensor({{1}, {2}, {3}, {4}})); }},
      {"DTypeError: cross_entropy: the target is float32; class indices are integers: convert them with .to(int64)",
       [&x] { cross_entropy(x, zeros({4})); }},
      {"DTypeError: cross_entropy: the target is int64 but has the input's shape (4, 10); convert a one-hot "
       "target with .to(float32), or pass class indices of shape (4)",
       [&x] { cross_entropy(x, zeros({4, 10}, {.dtype = int64})); }},
      {"ShapeError: cross_entropy: a float32 target holds class probabilities and needs the input's shape (4, "
       "10), got (4, 9); class indices are integers",
       [&x] { cross_entropy(x, zeros({4, 9})); }},
      {"DTypeError: cross_entropy: the target is float64, the input float32; they must agree",
       [&x] { cross_entropy(x, zeros({4, 10}, {.dtype = float64})); }},
      {"ValueError: cross_entropy: ignore_index 3 needs class indices, but the target holds class probabilities",
       [&x] { cross_entropy(x, zeros({4, 10}), {.ignore_index = 3}); }},
      {"ValueError: cross_entropy: the tensor is undefined; has backward run?", [&x] { cross_entropy(x, Tensor()); }},
      {"ShapeError: cross_entropy: expected (C), (N, C) or (N, C, d1, ...), got a 0-dim tensor",
       [] { cross_entropy(tensor(1.0), tensor(0)); }},
      {"DTypeError: cross_entropy: expected a floating input, which has a number for each class, got int64 (1, 2)",
       [] { cross_entropy(tensor({{1, 2}}), tensor({0})); }},
      {"DTypeError: cross_entropy: expected a floating input, which has a number for each class, got int64 (4); the input "
       "comes first, then the target",
       [&x] { cross_entropy(tensor({1, 2, 3, 4}), x); }},
      {"ShapeError: cross_entropy: expected one weight for each of 10 classes, got shape (3)",
       [&x] { cross_entropy(x, tensor({1, 2, 3, 4}), {.weight = ones({3})}); }},
      {"DTypeError: cross_entropy: the weight is float64, the input float32; they must agree",
       [&x] { cross_entropy(x, tensor({1, 2, 3, 4}), {.weight = ones({10}, {.dtype = float64})}); }},
      {"ValueError: cross_entropy: weight[0] = -1 is negative or not finite",
       [&x] { cross_entropy(x, tensor({1, 2, 3, 4}), {.weight = full({10}, -1.0)}); }},
      {"GradError: cross_entropy: the weight requires grad, but it is a constant of the loss; pass weight.detach()",
       [&x] { cross_entropy(x, tensor({1, 2, 3, 4}), {.weight = ones({10}, {.requires_grad = true})}); }},
      {"ValueError: cross_entropy: label_smoothing 1.5 is outside [0, 1]",
       [&x] { cross_entropy(x, tensor({1, 2, 3, 4}), {.label_smoothing = 1.5}); }},
      {"ValueError: cross_entropy: Reduction::batchmean is for kl_div only; use mean?",
       [&x] { cross_entropy(x, tensor({1, 2, 3, 4}), {.reduction = Reduction::batchmean}); }},
      {"IndexError: cross_entropy: target[0] = 255 is outside [0, 3)",
       [&x64] { cross_entropy(x64, tensor({255, 0}, {.dtype = uint8})); }},
      {"IndexError: cross_entropy: target[1] = -7 is outside [0, 3); to ignore such positions pass {.ignore_index = "
       "-7}",
       [&x64] { cross_entropy(x64, tensor({0, -7}, {.dtype = int32})); }},
      {"DTypeError: cross_entropy: the target is bool_; class indices are integers: convert them with .to(int64)",
       [&x64] { cross_entropy(x64, tensor({true, false})); }},
      {"DTypeError: cross_entropy: the target is float32, the input float64; they must agree",
       [&x64] { cross_entropy(x64, ones({2, 3})); }},
      {"DTypeError: cross_entropy: the target is int64 but has the input's shape (2, 3); convert a one-hot target "
       "with .to(float64), or pass class indices of shape (2)",
       [&x64] { cross_entropy(x64, ones({2, 3}, {.dtype = int64})); }},
      {"ShapeError: cross_entropy: expected a target of shape () for an input of (3), got (1); reshape it?",
       [] { cross_entropy(zeros({3}), tensor({0})); }},
      {"ValueError: cross_entropy: label_smoothing -0.1 is outside [0, 1]",
       [&x64] { cross_entropy(x64, tensor({0, 1}), {.label_smoothing = -0.1}); }},
      {"ValueError: cross_entropy: label_smoothing nan is outside [0, 1]",
       [&x64] { cross_entropy(x64, tensor({0, 1}), {.label_smoothing = nan}); }},
      {"ValueError: cross_entropy: label_smoothing inf is outside [0, 1]",
       [&x64] { cross_entropy(x64, tensor({0, 1}), {.label_smoothing = inf}); }},
      {"ShapeError: cross_entropy: expected one weight for each of 3 classes, got shape (1, 3)",
       [&x64] { cross_entropy(x64, tensor({0, 1}), {.weight = tensor({{1, 2, 3}}, {.dtype = float64})}); }},
      {"DTypeError: cross_entropy: the weight is float32, the input float64; they must agree",
       [&x64] { cross_entropy(x64, tensor({0, 1}), {.weight = ones({3})}); }},
      {"ValueError: cross_entropy: weight[2] = nan is negative or not finite",
       [&x64] { cross_entropy(x64, tensor({0, 1}), {.weight = tensor({1.0, 1.0, nan}, {.dtype = float64})}); }},
      {"ValueError: cross_entropy: weight[0] = inf is negative or not finite",
       [&x64] { cross_entropy(x64, tensor({0, 1}), {.weight = tensor({inf, 1.0, 3.0}, {.dtype = float64})}); }},
      {"ValueError: cross_entropy: the tensor is undefined; has backward run?",
       [] { cross_entropy(Tensor(), tensor(0)); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
