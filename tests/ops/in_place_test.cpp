#include <gtest/gtest.h>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "xtape/xtape.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::expect_error;
using testing::nan;

TEST(InPlace, CopyBroadcastsAndCasts) {
  Tensor x = zeros({2, 3});
  x.copy_(tensor({1, 2, 3}));
  expect_close(x, {1, 2, 3, 1, 2, 3});
  x.copy_(tensor({{7.5}, {8.5}}, {.dtype = float64}));
  expect_close(x, {7.5, 7.5, 7.5, 8.5, 8.5, 8.5});
  Tensor n = zeros({2}, {.dtype = int32});
  n.copy_(tensor({1.75, -1.75}));
  expect_close(n, {1, -1});
}

TEST(InPlace, CopyOfAnOverlappingViewReadsTheOldElements) {
  Tensor x = arange(6, {.dtype = float32});
  narrow(x, 0, 1, 5).copy_(narrow(x, 0, 0, 5));
  expect_close(x, {0, 0, 1, 2, 3, 4});
}

TEST(InPlace, FillWritesEveryDtype) {
  for (DType dtype : {bool_, uint8, int32, int64, float32, float64}) {
    Tensor x = zeros({2}, {.dtype = dtype});
    x.fill_(1);
    expect_close(x, {1, 1});
    x.zero_();
    expect_close(x, {0, 0});
  }
}

TEST(InPlace, AddTakesAFactor) {
  Tensor x = ones({2});
  x.add_(tensor({1.f, 2.f})).add_(tensor(4.f), -0.5);
  expect_close(x, {0, 1});
}

TEST(InPlace, MulTakesTensorsAndNumbers) {
  Tensor x = tensor({{1.f, 2.f}, {3.f, 4.f}});
  x.mul_(tensor({{2.f}, {3.f}})).mul_(0.5);
  expect_close(x, {1, 2, 4.5, 6});
  x.mul_(x);
  expect_close(x, {1, 4, 20.25, 36});
}

TEST(InPlace, IntegersWrapAround) {
  Tensor x = tensor({INT64_MAX});
  x.add_(tensor({1})).mul_(tensor({1}));
  EXPECT_EQ(x.item<std::int64_t>(), INT64_MIN);
}

TEST(InPlace, ReturnsTheSameTensor) {
  Tensor x = zeros({2});
  EXPECT_EQ(x.fill_(1).impl(), x.impl());
  EXPECT_EQ(x.add_(x).impl(), x.impl());
}

TEST(InPlace, AssignmentWritesASlice) {
  Tensor weight = zeros({3, 2}), row = tensor({5.f, 6.f});
  weight[0] = 2.0;
  weight[1] = row;
  weight[2][1] = 3.0;
  weight[-1][0] = tensor(4);
  expect_close(weight, {2, 2, 5, 6, 4, 3});
  narrow(weight, 0, 0, 2) = 1;
  expect_close(weight, {1, 1, 1, 1, 4, 3});
}

TEST(InPlace, AssignmentToANamedHandleWritesNothing) {
  Tensor x = zeros({2}), y = x[0];
  y = tensor(5.f);
  expect_close(x, {0, 0});
}

TEST(InPlace, RefusesALeafThatRequiresGrad) {  // SEMANTICS [29]
  Tensor w = zeros({2, 2}, {.requires_grad = true});
  expect_error<GradError>([&] { w.fill_(1); }, "fill_: ", "a leaf", "NoGradGuard");
  expect_error<GradError>([&] { w[0] = 1; }, "fill_: ", "requires grad");
  expect_error<GradError>([&] { w[0] = ones({2}); }, "copy_: ", "requires grad");
  expect_error<GradError>([&] { w.add_(w); }, "add_: ");
  expect_error<GradError>([&] { w.mul_(2); }, "mul_: ");
  expect_error<GradError>([&] { w.zero_(); }, "in place");
  expect_close(w, {0, 0, 0, 0});
}

TEST(InPlace, RefusesWhatSharesStorageWithWhatRequiresGrad) {
  Tensor w = zeros({2}, {.requires_grad = true});
  expect_error<GradError>([&] { w.detach().fill_(1); }, "fill_: ", "shares storage");
  Tensor y = w * 2;
  expect_error<GradError>([&] { y.fill_(1); }, "recorded result");
  expect_error<GradError>([&] { y.detach().fill_(1); }, "shares storage");
  Tensor frozen = w.detach();
  frozen.requires_grad_(false);
  expect_error<GradError>([&] { frozen.fill_(1); }, "shares storage");
}

TEST(InPlace, WritesALeafWithoutGrad) {
  Tensor w = zeros({2, 2}, {.requires_grad = true});
  {
    NoGradGuard no_grad;
    w[1] = 2.0;
    w.add_(ones({2, 2}));
  }
  expect_close(w, {1, 1, 3, 3});
  EXPECT_TRUE(w.is_leaf());
  EXPECT_TRUE(w.requires_grad());
}

TEST(InPlace, WritesAgainOnceNothingRequiresGrad) {
  Tensor w = zeros({2}, {.requires_grad = true});
  w.requires_grad_(false);
  w.fill_(1);
  expect_close(w, {1, 1});
}

TEST(InPlace, InvalidatesSavedValues) {
  Tensor x = ones({2}), w = ones({2}, {.requires_grad = true});
  Tensor y = (w * x).sum();
  x[0] = 5.0;  // through a view, too
  expect_error<GradError>([&] { y.backward(); }, "mul", "modified in place");
}

TEST(InPlace, TakesTheFourOperationsWithTensorsAndNumbers) {
  Tensor x = tensor({1.f, 2.f});
  x.add_(1).sub_(tensor({1.f, 0.f})).div_(0.5).sub_(1).sub_(tensor(1.f), 2).div_(tensor({2.f, 3.f})).mul_(2);
  expect_close(x, {-1, 2});
}

TEST(InPlace, NamesTheCallOfTheUser) {
  expect_error<GradError>([] { ones({2}, {.requires_grad = true}).zero_(); }, "zero_: in place on a leaf");
  expect_error<ValueError>([] { Tensor().zero_(); }, "zero_: the tensor is undefined; has backward run?");
  expect_error<ValueError>([] { Tensor().fill_(0); }, "fill_: the tensor is undefined");
  expect_error<DTypeError>([] { tensor({1}).div_(2); },
                           "div_: float32 values cannot be written into a tensor of int64");
}

// ---- copies where PyTorch has views ----------------------------------------------------------------------------

TEST(InPlace, RefusesACopyWherePyTorchHasAView) {
  const Tensor x = arange(6, {.dtype = float32}).reshape({2, 3});
  auto refused = [](auto write, const std::string& op, const std::string& copied_by) {
    expect_error<ValueError>(write, op + ": in place on the result of " + copied_by + " of shape",
                             "the original would not change", "assign through dim 0 (x[i] = ...)", "index_copy_",
                             "masked_fill_", "where", "clone()");
  };
  refused([&] { x.narrow(1, 0, 1).fill_(0); }, "fill_", "narrow");
  refused([&] { select(x, 1, 0) = 5; }, "fill_", "select");
  refused([&] { select(x, 1, 0) = ones({2}); }, "copy_", "select");
  refused([&] { x.transpose(0, 1)[0] = 5; }, "fill_", "transpose");
  refused([&] { x.transpose(0, 1)[0] += 5; }, "+=", "transpose");
  refused([&] { x.permute({1, 0}).zero_(); }, "zero_", "permute");
  refused([&] { x[0].expand({2, 3}).mul_(2); }, "mul_", "expand");
  Tensor named = x.narrow(1, 0, 2);
  const Tensor same = named;
  refused([&] { named += 1; }, "+=", "narrow");
  refused([&] { named.add_(x.narrow(1, 1, 2)); }, "add_", "narrow");
  refused([&] { same /= 2; }, "/=", "narrow");
  refused([&] { named.detach().reshape({-1})[0] = 1; }, "fill_", "narrow");
  refused([&] { nn::init::zeros_(named); }, "fill_", "narrow");
  refused([&] { without_grad([&] { return named.copy_(named); }); }, "copy_", "narrow");
  expect_close(x, {0, 1, 2, 3, 4, 5});
  expect_close(named, {0, 1, 3, 4});
}

TEST(InPlace, RefusesARecordedCopyToo) {
  Tensor x = ones({2, 2}, {.requires_grad = true}) * 2, h = x.transpose(0, 1);
  expect_error<ValueError>([&] { h += 1; }, "+=: in place on the result of transpose");
  h = h + 1;
  h += 1;
  expect_close(h, {4, 4, 4, 4});
}

TEST(InPlace, TakesAClone) {
  Tensor x = zeros({2, 2}), y = x.transpose(0, 1).clone();
  y[0] += 1;
  x.narrow(1, 0, 1).clone().fill_(3);
  empty({3}).fill_(7);
  (x.transpose(0, 1) * 2).fill_(1);
  expect_close(y, {1, 1, 0, 0});
}

TEST(InPlace, TakesGradientsOfWhateverShapesTheyCameFrom) {
  Tensor w = ones({2, 3}, {.requires_grad = true});
  (w.transpose(0, 1).narrow(1, 0, 2) * arange(6, {.dtype = float32}).reshape({3, 2})).sum().backward();
  w.grad() *= 0.5;
  nn::utils::clip_grad_norm_({w}, 1e-3);
  w.grad().zero_();
  w.register_hook([](const Tensor& g) { return g.transpose(0, 1).transpose(0, 1); });
  w.sum().backward();
  w.grad()[0] = 3;
  expect_close(w.grad(), {3, 3, 3, 1, 1, 1});
  Tensor g = grad({w.transpose(0, 1)}, {w}, {ones({3, 2})})[0];
  g *= 2;
  const Tensor seed = arange(6, {.dtype = float32}).reshape({3, 2}).transpose(0, 1);
  for (const bool create_graph : {false, true}) {
    const Tensor as_seed = grad({w.reshape({2, 3})}, {w}, {seed}, {.create_graph = create_graph})[0];
    as_seed.fill_(7);
    expect_close(seed, {0, 2, 4, 1, 3, 5});
  }
  expect_close(g, {2, 2, 2, 2, 2, 2});
}

TEST(InPlace, OfNothingDoesNothing) {
  Tensor x = zeros({0, 2});
  x.fill_(1).add_(ones({2})).copy_(tensor(1.f));
  x.transpose(0, 1).fill_(1);
  EXPECT_EQ(x.numel(), 0);
}

TEST(InPlace, ScalesByAlphaInTheDtypeOfTheSum) {
  EXPECT_EQ(zeros({1}, {.dtype = int64}).add_(full({1}, 1 << 30, {.dtype = int32}), 4).item<std::int64_t>(), 1LL << 32);
  EXPECT_EQ(zeros({1}, {.dtype = float64}).add_(full({1}, 1e38f), 100).item<double>(), 100.0 * 1e38f);
  EXPECT_EQ(zeros({1}, {.dtype = float64}).add_(ones({1}), 0.1).item<double>(), 0.1);
  EXPECT_EQ(zeros({1}, {.dtype = int64}).sub_(ones({1}, {.dtype = int32}), std::int64_t{1} << 33).item<std::int64_t>(),
            -(std::int64_t{1} << 33));
}

TEST(InPlace, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"GradError: zero_: in place on a leaf of shape (2) that requires grad; do it under a NoGradGuard, or on a "
       "clone()",
       [] { ones({2}, {.requires_grad = true}).zero_(); }},
      {"GradError: fill_: in place on a recorded result of shape (2) that requires grad; do it under a "
       "NoGradGuard, or on a clone()",
       [] { Tensor x = ones({2}, {.requires_grad = true}); (x * 2).fill_(1); }},
      {"GradError: fill_: in place on a tensor of shape (2) that shares storage with one that requires grad; do "
       "it under a NoGradGuard, or on a clone()",
       [] { Tensor x = ones({2, 2}, {.requires_grad = true}); x.detach()[0] = 3; }},
      {"ShapeError: copy_: (3) does not broadcast to (2)", [] { ones({2}).copy_(ones({3})); }},
      {"ValueError: copy_: the tensor is undefined; has backward run?", [] { ones({2}).copy_(Tensor()); }},
      {"DTypeError: add_: float32 values cannot be written into a tensor of int64 in place; convert it with "
       ".to(float32)",
       [] { zeros({2}, {.dtype = int64}).add_(tensor({0.5, 1.0})); }},
      {"ShapeError: add_: (4, 2, 3) does not broadcast to (2, 3)", [] { zeros({2, 3}).add_(zeros({4, 2, 3})); }},
      {"ValueError: add_: the tensor is undefined; has backward run?", [] { zeros({1}).add_(Tensor()); }},
      {"DTypeError: add_: float32 values cannot be written into a tensor of int64 in place; convert it with "
       ".to(float32)",
       [] { zeros({1}, {.dtype = int64}).add_(tensor({1}), 0.5); }},
      {"ValueError: sub_: -1 does not fit uint8; take a wider dtype, or convert with .to(int64)",
       [] { zeros({1}, uint8).sub_(zeros({1}, uint8), -1); }},
      {"ValueError: fill_: -1 does not fit uint8; take a wider dtype, or convert with .to(int64)",
       [] { zeros({2}, {.dtype = uint8}).fill_(-1); }},
      {"ValueError: fill_: 256 does not fit uint8; take a wider dtype, or convert with .to(int64)",
       [] { zeros({1}, {.dtype = uint8}).fill_(256); }},
      {"ValueError: fill_: nan does not fit int64", [] { zeros({1}, {.dtype = int64}).fill_(nan); }},
      {"ValueError: fill_: the tensor is undefined; has backward run?", [] { Tensor().fill_(1); }},
      {"DTypeError: mul_: int64 values cannot be written into a tensor of bool_ in place; convert it with .to(int64)",
       [] { zeros({2}, {.dtype = bool_}).mul_(2); }},
      {"DTypeError: mul_: float32 values cannot be written into a tensor of int64 in place; convert it with "
       ".to(float32)",
       [] { zeros({1}, {.dtype = int64}).mul_(1.5); }},
      {"ValueError: mul_: the tensor is undefined; has backward run?", [] { Tensor().mul_(2); }},
      {"IndexError: select: index 4 is outside [-4, 4) in dim 0", [] { Tensor w = zeros({4, 2}); w[4] = 1.0; }},
      {"ShapeError: copy_: (3) does not broadcast to (2)", [] { Tensor w = zeros({4, 2}); w[0] = ones({3}); }},
      {"ShapeError: copy_: (2) does not broadcast to (2, 3)", [] { zeros({2, 3}).copy_(zeros({2})); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
