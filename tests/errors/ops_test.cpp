// Misuses of ops.
#include <gtest/gtest.h>


#include "support/constants.hpp"
#include "support/misuse.hpp"

namespace xtape {
namespace {

using testing::expect_errors;
using testing::nan;

TEST(Errors, OfArithmetic) {
  expect_errors({
      {"ShapeError: add: shapes (2, 3) and (2, 4) do not broadcast: dim -1 is 3 and 4",
       [] { ones({2, 3}) + ones({2, 4}); }},
      {"ShapeError: sub: shapes (2, 3) and (4, 1, 2) do not broadcast: dim -1 is 3 and 2",
       [] { ones({2, 3}) - ones({4, 1, 2}); }},
      {"ValueError: mul: the tensor is undefined", [] { ones({2}) * Tensor(); }},
      {"ValueError: mul: the tensor is undefined", [] { Tensor() * 2; }},
      {"DTypeError: add: bool_ has no arithmetic; convert it with .to(int64) or .to(float32)",
       [] { tensor({1, 2}).to(bool_) + tensor({1, 2}).to(bool_); }},
      {"DTypeError: mul: uint8 has no arithmetic; convert it with .to(int64) or .to(float32)",
       [] { tensor({1, 2}).to(uint8) * tensor({1, 2}).to(uint8); }},
      {"ValueError: add: 1099511627776 does not fit int32; take a wider dtype, or convert with .to(int64)",
       [] { tensor({1, 2}, {.dtype = int32}) + (1LL << 40); }},
      {"ValueError: pow: exponent[1] = -1: integers have no negative powers; convert the base with .to(float32)",
       [] { pow(tensor({2, 3}), tensor({1, -1})); }},
      {"ValueError: clamp: a bound is NaN", [] { clamp(ones({2}), nan, 1); }},
      {"DTypeError: where: the condition is float32, not bool_; compare it with 0?",
       [] { where(ones({2}), ones({2}), ones({2})); }},
      {"ShapeError: where: shapes (3) and (2) do not broadcast: dim -1 is 3 and 2",
       [] { where(ones({2}) > 0, ones({3}), ones({2})); }},
      {"DTypeError: exp: bool_ has no arithmetic; convert it with .to(int64) or .to(float32)",
       [] { exp(tensor({1}).to(bool_)); }},
      {"DTypeError: neg: uint8 has no arithmetic; convert it with .to(int64) or .to(float32)",
       [] { neg(tensor({1}).to(uint8)); }},
      {"ValueError: log: the tensor is undefined", [] { log(Tensor()); }},
      {"ShapeError: eq: shapes (2, 3) and (2, 2) do not broadcast: dim -1 is 3 and 2",
       [] { eq(ones({2, 3}), ones({2, 2})); }},
      {"DTypeError: gelu: uint8 has no arithmetic; convert it with .to(int64) or .to(float32)",
       [] { gelu(tensor({1}).to(uint8)); }},
      {"ValueError: leaky_relu: negative_slope is NaN", [] { leaky_relu(ones({2}), nan); }},
  });
}

TEST(Errors, OfReductions) {
  expect_errors({
      {"IndexError: sum: dim 2 is outside [-2, 2)", [] { ones({2, 3}).sum(2); }},
      {"ValueError: sum: dim 0 is given twice in (0, 0)", [] { ones({2, 3}).sum({0, 0}); }},
      {"DTypeError: mean: expected a floating dtype, got int64; convert it with .to(float32)",
       [] { tensor({1, 2}).mean(); }},
      {"ValueError: max: a tensor of shape (0) has no elements", [] { zeros({0}).max(); }},
      {"ValueError: max: dim 1 of shape (2, 0) has no elements", [] { zeros({2, 0}).max(1); }},
      {"ValueError: argmax: a tensor of shape (0) has no elements", [] { zeros({0}).argmax(); }},
      {"IndexError: argmax: dim -3 is outside [-2, 2)", [] { ones({2, 3}).argmax(-3); }},
      {"IndexError: min: dim 5 is outside [-2, 2)", [] { ones({2, 3}).min(5); }},
      {"IndexError: softmax: dim 2 is outside [-2, 2)", [] { ones({2, 3}).softmax(2); }},
      {"DTypeError: softmax: expected a floating dtype, got int64; convert it with .to(float32)",
       [] { tensor({1, 2}).softmax(0); }},
      {"IndexError: log_softmax: dim -4 is outside [-2, 2)", [] { ones({2, 3}).log_softmax(-4); }},
      {"DTypeError: log_softmax: expected a floating dtype, got int64; convert it with .to(float32)",
       [] { tensor({1, 2}).log_softmax(0); }},
  });
}

TEST(Errors, OfShapes) {
  expect_errors({
      {"ShapeError: reshape: 6 elements of (2, 3) do not fit (4, 2)", [] { ones({2, 3}).reshape({4, 2}); }},
      {"ShapeError: reshape: (-1, -1): at most one extent may be -1, none below",
       [] { ones({2, 3}).reshape({-1, -1}); }},
      {"ShapeError: reshape: 6 elements of (2, 3) do not fit (-1, 4)", [] { ones({2, 3}).reshape({-1, 4}); }},
      {"ShapeError: reshape: (-1, 0): -1 could be anything beside an extent of 0",
       [] { zeros({0}).reshape({-1, 0}); }},
      {"ValueError: flatten: start_dim 1 comes after end_dim 0", [] { ones({2, 3}).flatten(1, 0); }},
      {"IndexError: flatten: dim 2 is outside [-2, 2)", [] { ones({2, 3}).flatten(0, 2); }},
      {"IndexError: squeeze: dim 4 is outside [-2, 2)", [] { ones({2, 3}).squeeze(4); }},
      {"IndexError: unsqueeze: dim 4 is outside [-3, 3)", [] { ones({2, 3}).unsqueeze(4); }},
      {"IndexError: transpose: dim 2 is outside [-2, 2)", [] { ones({2, 3}).transpose(0, 2); }},
      {"ValueError: permute: dim 0 is given twice in (0, 0)", [] { ones({2, 3}).permute({0, 0}); }},
      {"ShapeError: permute: (0) names 1 dims, the tensor of shape (2, 3) has 2", [] { ones({2, 3}).permute({0}); }},
      {"ShapeError: expand: (2, 3) does not broadcast to (2, 4)", [] { ones({2, 3}).expand({2, 4}); }},
      {"ShapeError: expand: (3) has fewer dims than the tensor's (2, 3)", [] { ones({2, 3}).expand({3}); }},
      {"ValueError: cat: there is no tensor in the list", [] { cat({}); }},
      {"ShapeError: cat: tensor 1 has shape (3, 2), tensor 0 has (2, 3): they differ in dim 1, not only in dim 0",
       [] { cat({ones({2, 3}), ones({3, 2})}, 0); }},
      {"ValueError: cat: tensor 1 is undefined", [] { cat({ones({2, 3}), Tensor()}, 0); }},
      {"ShapeError: stack: tensor 1 has shape (3), tensor 0 has (2)", [] { stack({ones({2}), ones({3})}); }},
      {"IndexError: stack: dim 3 is outside [-2, 2)", [] { stack({ones({2})}, 3); }},
      {"IndexError: narrow: start 1 and length 2 reach past dim 0 of (2, 3)", [] { ones({2, 3}).narrow(0, 1, 2); }},
      {"IndexError: narrow: start 4 is outside [-3, 3] in dim 1", [] { ones({2, 3}).narrow(1, 4, 0); }},
      {"ValueError: narrow: length is -1, it must not be negative", [] { ones({2, 3}).narrow(1, 0, -1); }},
      {"IndexError: select: index 3 is outside [-3, 3) in dim 1", [] { select(ones({2, 3}), 1, 3); }},
      {"IndexError: index_select: index[1] = 2 is outside [0, 2)",
       [] { ones({2, 3}).index_select(0, tensor({0, 2})); }},
      {"DTypeError: index_select: expected an integer dtype, got float32",
       [] { ones({2, 3}).index_select(0, ones({2})); }},
      {"ShapeError: index_select: the index must be 1-D, got (1, 1); use gather?",
       [] { ones({2, 3}).index_select(0, tensor({{0}})); }},
      {"IndexError: gather: index[1, 0] = 3 is outside [0, 3)", [] { ones({2, 3}).gather(1, tensor({{0}, {3}})); }},
      {"ShapeError: gather: the index (2) must have as many dims as the tensor (2, 3)",
       [] { ones({2, 3}).gather(1, tensor({0, 1})); }},
  });
}

TEST(Errors, OfMatrices) {
  expect_errors({
      {"ShapeError: matmul: inner dims differ: (2, 3) x (2, 3) has 3 and 2",
       [] { matmul(ones({2, 3}), ones({2, 3})); }},
      {"ShapeError: matmul: inner dims differ: (3) x (2) has 3 and 2", [] { matmul(ones({3}), ones({2})); }},
      {"ShapeError: matmul: a 0-dim tensor is no matrix: () x (2); use *", [] { matmul(tensor(1.0), ones({2})); }},
      {"ShapeError: matmul: the batch dims of (2, 2, 3) and (3, 3, 2) do not broadcast: dim -3 is 2 and 3",
       [] { matmul(ones({2, 2, 3}), ones({3, 3, 2})); }},
      {"DTypeError: matmul: expected a floating dtype, got int64; convert it with .to(float32)",
       [] { matmul(tensor({{1}}), tensor({{1}})); }},
      {"ShapeError: linear (784 -> 256): expected input (N, 784), got (64, 28, 28); flatten it first?",
       [] { linear(ones({64, 28, 28}), ones({256, 784})); }},
      {"ShapeError: linear (4 -> 3): expected input (N, 4), got (2, 5)", [] { linear(ones({2, 5}), ones({3, 4})); }},
      {"ShapeError: linear: expected weight (out, in), got (4)", [] { linear(ones({2, 4}), ones({4})); }},
      {"ShapeError: linear (4 -> 3): expected bias (3), got (4)",
       [] { linear(ones({2, 4}), ones({3, 4}), ones({4})); }},
      {"DTypeError: linear: expected a floating dtype, got int64; convert it with .to(float32)",
       [] { linear(tensor({{1, 2}}), ones({3, 2})); }},
      {"DTypeError: linear: the weight is float32, the input float64; convert one with .to",
       [] { linear(ones({1, 2}, {.dtype = float64}), ones({3, 2})); }},
      {"ValueError: dropout: p is 1.5, it must lie in [0, 1]", [] { dropout(ones({2}), 1.5); }},
      {"DTypeError: dropout: expected a floating dtype, got int64; convert it with .to(float32)",
       [] { dropout(tensor({1, 2})); }},
      {"ShapeError: layer_norm: expected an input that ends in (2), got (2, 3)",
       [] { layer_norm(ones({2, 3}), {2}); }},
      {"ShapeError: layer_norm: expected a weight (3), got (2)", [] { layer_norm(ones({2, 3}), {3}, ones({2})); }},
      {"ValueError: layer_norm: eps is -1, it must not be negative",
       [] { layer_norm(ones({2, 3}), {3}, {}, {}, -1); }},
      {"ValueError: batch_norm: training needs more than one value per channel, got (1, 3)",
       [] { batch_norm(ones({1, 3}), {}, {}, {}, {}, true); }},
      {"ValueError: batch_norm: evaluation needs running_mean and running_var",
       [] { batch_norm(ones({2, 3}), {}, {}); }},
      {"ShapeError: batch_norm: expected a running_mean (3), got (2)",
       [] { batch_norm(ones({2, 3}), zeros({2}), ones({2})); }},
      {"IndexError: embedding: index[1] = 4 is outside [0, 4)", [] { embedding(tensor({0, 4}), ones({4, 2})); }},
      {"DTypeError: embedding: expected an integer dtype, got float32", [] { embedding(ones({2}), ones({4, 2})); }},
      {"IndexError: embedding: padding_idx 4 is outside [-4, 4)", [] { embedding(tensor({0}), ones({4, 2}), 4); }},
  });
}

TEST(Errors, OfLosses) {
  const Tensor x = zeros({4, 10});
  expect_errors({
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
      {"ValueError: cross_entropy: ignore_index 3 with class probabilities, which have no index",
       [&x] { cross_entropy(x, zeros({4, 10}), {.ignore_index = 3}); }},
      {"ValueError: cross_entropy: the tensor is undefined", [&x] { cross_entropy(x, Tensor()); }},
      {"ShapeError: cross_entropy: expected (C), (N, C) or (N, C, d1, ...), got a 0-dim tensor",
       [] { cross_entropy(tensor(1.0), tensor(0)); }},
      {"DTypeError: cross_entropy: expected a floating dtype, got int64; convert it with .to(float32)",
       [] { cross_entropy(tensor({{1, 2}}), tensor({0})); }},
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
      {"IndexError: nll_loss: target[1, 1] = 3 is outside [0, 3)",
       [] { nll_loss(zeros({2, 3, 2}), tensor({{0, 1}, {2, 3}})); }},
      {"DTypeError: nll_loss: the target is float32; class indices are integers: convert them with .to(int64)",
       [] { nll_loss(zeros({2, 3}), zeros({2, 3})); }},
      {"ShapeError: mse_loss: expected an input and a target of one shape, got (4, 1) and (4); squeeze(1) the "
       "input?",
       [] { mse_loss(zeros({4, 1}), zeros({4})); }},
      {"DTypeError: mse_loss: expected a floating dtype, got int64; convert it with .to(float32)",
       [] { mse_loss(tensor({1}), tensor({2})); }},
      {"ShapeError: binary_cross_entropy_with_logits: expected an input and a target of one shape, got (4) and "
       "(3); nothing is broadcast",
       [] { binary_cross_entropy_with_logits(zeros({4}), zeros({3})); }},
      {"ShapeError: binary_cross_entropy_with_logits: the pos_weight (3) does not broadcast to the logits (4)",
       [] { binary_cross_entropy_with_logits(zeros({4}), zeros({4}), {.pos_weight = ones({3})}); }},
      {"ShapeError: kl_div: expected an input and a target of one shape, got (4, 2) and (4); nothing is broadcast",
       [] { kl_div(zeros({4, 2}), zeros({4})); }},
  });
}

}  // namespace
}  // namespace xtape
