// += -= *= /=: in place, as in PyTorch, or recorded where nobody can tell the difference. The lines of the tutorials
// stand here as people write them.
#include <gtest/gtest.h>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "xtape/xtape.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::expect_error;

/// The mean square of x w - 1.
Tensor loss_of(const Tensor& w) {
  const Tensor x = tensor({{1.f, 2.f}, {3.f, 4.f}});
  const Tensor e = matmul(x, w) - 1;
  return (e * e).mean();
}

TEST(CompoundAssignment, DescendsByHand) {
  Tensor w = zeros({2}, {.requires_grad = true});
  const Tensor same = w;
  const float before = loss_of(w).item<float>();
  for (int step = 0; step < 50; ++step) {
    loss_of(w).backward();
    NoGradGuard g;
    w -= 0.05 * w.grad();
    w.grad().zero_();
  }
  EXPECT_LT(loss_of(w).item<float>(), before / 10);
  EXPECT_EQ(w.impl(), same.impl());
  EXPECT_TRUE(w.requires_grad());
  EXPECT_TRUE(w.is_leaf());
}

TEST(CompoundAssignment, MovesTheParametersThatAListNames) {
  nn::Sequential model{nn::Linear(3, 4), nn::Tanh(), nn::Linear(4, 1)};
  const StateDict before = clone(model.state_dict());
  model(ones({2, 3})).sum().backward();
  {
    NoGradGuard g;
    for (auto p : model.parameters()) p -= 0.1 * p.grad();
  }
  for (const auto& [name, p] : model.named_parameters()) {
    expect_close(p, (before.at(name) - 0.1 * p.grad()).to(float64).to_vector<double>());
    EXPECT_TRUE(p.requires_grad());
  }
  {
    NoGradGuard g;
    for (const auto& [name, p] : model.named_parameters()) p *= 0;
  }
  expect_close(model(ones({2, 3})), {0, 0});
}

TEST(CompoundAssignment, OfAParameterIsSeenByTheModuleAndTheOptimizer) {
  nn::Linear linear(2, 1, {.bias = false});
  optim::SGD optimizer({linear.weight}, {.lr = 1});
  {
    NoGradGuard g;
    linear.weight *= 0;
    linear.weight += 3;
    linear.weight /= 2;
    linear.weight -= tensor({0.5f, 1.f});
  }
  expect_close(linear.parameters()[0], {1, 0.5});
  linear(ones({1, 2})).sum().backward();
  optimizer.step();
  expect_close(linear.weight, {0, -0.5});
}

TEST(CompoundAssignment, WritesIntoSlicesAndGradients) {
  Tensor w = zeros({3, 2});
  w[0] += 1;
  w[1] -= tensor({1.f, 2.f});
  w[2][1] -= 4;
  narrow(w, 0, 1, 2) *= 2;
  w[-1] /= 4;
  expect_close(w, {1, 1, -2, -4, 0, -2});
  Tensor p = ones({2}, {.requires_grad = true});
  p.sum().backward();
  p.grad() *= 0.5;
  p.grad() += p.grad();
  expect_close(p.grad(), {1, 1});
}

TEST(CompoundAssignment, IsSeenByEveryHandleAndView) {
  Tensor a = ones({2, 2});
  const Tensor same = a, row = a[1], flat = a.reshape({-1});
  (a += 1) *= 3;
  row -= 1;
  for (const Tensor& t : {a, same, flat}) expect_close(t, {6, 6, 5, 5});
}

TEST(CompoundAssignment, OfANumberAddsUpLosses) {
  float sum = 0;
  Tensor loss_sum = zeros({});
  for (int i = 0; i < 3; ++i) {
    const Tensor loss = loss_of(ones({2}, {.requires_grad = true}));
    sum += loss.item<float>();
    loss_sum += loss.item<float>();
    loss_sum += loss.detach();
  }
  EXPECT_FALSE(loss_sum.requires_grad());
  EXPECT_FLOAT_EQ(loss_sum.item<float>(), 2 * sum);
}

// ---- dtypes, shapes, aliases -----------------------------------------------------------------------------------

TEST(CompoundAssignment, KeepsTheDtypeOfTheLeftSide) {
  Tensor x = tensor({1.5f, 2.5f});
  x += tensor({1, 2});
  x += tensor({1.0, 1.0}, {.dtype = float64});
  x *= tensor({true, true}).to(float32) == 1;
  expect_close(x, {3.5, 5.5});
  EXPECT_EQ(x.dtype(), float32);
  Tensor n = tensor({1, 2}, {.dtype = int32});
  n += tensor({1LL << 32, 5LL});  // computed in int64
  n *= 3;
  n += tensor({true, false});
  expect_close(n, {4, 21});
  EXPECT_EQ(n.dtype(), int32);
}

TEST(CompoundAssignment, ComputesInTheLaterDtypeAndRoundsOnce) {
  Tensor x = tensor({16777216.f}), y = tensor({16777216.f});
  x += tensor({1 + 1e-8}, {.dtype = float64});
  y.add_(tensor({1 + 1e-8}, {.dtype = float64}));
  EXPECT_EQ(x.item<float>(), 16777218.f);
  EXPECT_EQ(y.item<float>(), 16777218.f);
}

TEST(CompoundAssignment, RefusesAFloatingResultInIntegers) {
  Tensor n = tensor({1, 2});
  expect_error<DTypeError>([&] { n += 0.5; }, "+=: float32 values cannot be written into a tensor of int64 in place");
  expect_error<DTypeError>([&] { n *= tensor({1.5, 1.5}); }, "*=: float32 values");
  expect_error<DTypeError>([&] { n /= 2; }, "/=: float32 values cannot be written into a tensor of int64");
  expect_error<DTypeError>([&] { n -= ones({2}, {.requires_grad = true}); }, "-=: float32 values");
  expect_close(n, {1, 2});
}

TEST(CompoundAssignment, BroadcastsTheRightSideOnly) {
  Tensor x = ones({2, 3});
  x += tensor({{1.f}, {2.f}});
  x *= tensor({1.f, 2.f, 3.f});
  expect_close(x, {2, 4, 6, 3, 6, 9});
  Tensor y = ones({3}), h = ones({3}, {.requires_grad = true}) * 1;
  expect_error<ShapeError>([&] { y += x; }, "+=: (2, 3) does not broadcast to (3)");
  expect_error<ShapeError>([&] { h += x; }, "+=: (2, 3) does not broadcast to (3)");
}

TEST(CompoundAssignment, OfItselfAndOfItsViewsReadsTheOldElements) {
  Tensor x = arange(6, {.dtype = float32});
  x += x;
  expect_close(x, {0, 2, 4, 6, 8, 10});
  narrow(x, 0, 1, 5) += narrow(x, 0, 0, 5);
  expect_close(x, {0, 2, 6, 10, 14, 18});
  x -= x[1];
  expect_close(x, {-2, 0, 4, 8, 12, 16});
  Tensor rows = ones({2, 2});
  rows *= 2;
  rows += rows[0];
  expect_close(rows, {4, 4, 4, 4});
}

TEST(CompoundAssignment, VoidsWhatTheTapeHasSaved) {
  Tensor x = ones({2}), w = ones({2}, {.requires_grad = true});
  const Tensor y = (w * x).sum();
  x += 1;
  expect_error<GradError>([&] { y.backward(); }, "mul", "modified in place");
}

// ---- recorded --------------------------------------------------------------------------------------------------

TEST(CompoundAssignment, OfALeafThatRequiresGradIsAnError) {
  Tensor w = ones({2}, {.requires_grad = true});
  const std::string message = "in place on a leaf of shape (2) that requires grad; do it under a NoGradGuard";
  expect_error<GradError>([&] { w -= 0.1; }, "-=: " + message);
  expect_error<GradError>([&] { w += w; }, "+=: " + message);
  expect_error<GradError>([&] { w[0] += 1; }, "+=: in place on a recorded result of shape ()");
  nn::Linear linear(1, 1);
  expect_error<GradError>([&] { linear.weight *= 0.5; }, "*=: in place on a leaf of shape (1, 1)");
  for (auto p : linear.parameters()) EXPECT_THROW(p -= 0.1, GradError);
}

TEST(CompoundAssignment, RecordsWhatATotalIsMadeOf) {
  Tensor x = tensor({1.0, 2.0}, {.dtype = float64, .requires_grad = true});
  Tensor total = zeros({}, {.dtype = float64});
  for (int i = 1; i <= 3; ++i) total += (x * x).sum() * i;
  EXPECT_TRUE(total.requires_grad());
  EXPECT_EQ(total.item<double>(), 30);
  total.backward();
  expect_close(x.grad(), {12, 24});
}

TEST(CompoundAssignment, HasTheGradientsOfTheOp) {
  Tensor a = tensor({1.0, -2.0, 3.0}, {.dtype = float64, .requires_grad = true});
  Tensor b = tensor({0.5, 4.0, -1.5}, {.dtype = float64, .requires_grad = true});
  testing::expect_gradients(
      [](const std::vector<Tensor>& x) {
        Tensor h = x[0].tanh();  // kept for its gradient: that is no other handle
        h += x[1];
        h *= x[1];
        h -= x[0] * h;
        h /= x[0];
        h *= 2;
        h += h;
        return h;
      },
      {a, b});
}

TEST(CompoundAssignment, InAForwardAddsTheInputAgain) {
  struct Residual : nn::Module {
    nn::Linear fc = register_module("fc", nn::Linear(2, 2));
    Tensor forward(const Tensor& x) {
      Tensor h = relu(fc(x));
      h += x;
      h = gelu(h).reshape({-1});
      h *= 0.5;
      return h.reshape({-1, 2});
    }
  } model;
  const Tensor x = randn({3, 2}), y = model(x);
  expect_close(y, (gelu(relu(model.fc(x)) + x) * 0.5).detach().to(float64).to_vector<double>());
  y.sum().backward();
  EXPECT_TRUE(model.fc.weight.grad().defined());
}

TEST(CompoundAssignment, KeepsTheDtypeWhereItIsRecorded) {
  Tensor x = ones({2}, {.dtype = float64, .requires_grad = true});
  Tensor h = zeros({2});
  h += x * 3;
  EXPECT_EQ(h.dtype(), float32);
  h.sum().backward();
  expect_close(x.grad(), {3, 3});
}

TEST(CompoundAssignment, ThatAnotherHandleOrViewWouldMissIsAnError) {
  Tensor x = ones({2}, {.requires_grad = true});
  Tensor h = x * 2;
  {
    const Tensor other = h;
    expect_error<GradError>([&] { h += x; }, "+=: the result must be recorded, but another handle or view",
                            "write x = x + y, or start from a clone()");
  }
  {
    const Tensor view = h[0];
    expect_error<GradError>([&] { h *= 2; }, "*=: the result must be recorded", "x = x * y");
  }
  {
    const Tensor constant = h.detach();
    EXPECT_THROW(h -= x, GradError);
  }
  expect_close(h, {2, 2});
  h += x;
  expect_close(h, {3, 3});
  Tensor total = zeros({2}), again = total;
  expect_error<GradError>([&] { total += x; }, "another handle");
}

TEST(CompoundAssignment, DoesNotCountWhatTheTapeHasSaved) {
  Tensor x = tensor({0.5f, 2.f}, {.requires_grad = true});
  Tensor h = x * 2;
  const Tensor y = h * h * x.exp();
  h += x;  // y has saved the old h
  EXPECT_EQ(grad({h.sum()}, {x}, {.retain_graph = true})[0].to_vector<float>(), (std::vector<float>{3, 3}));
  y.sum().backward();
  Tensor z = ones({2}, {.requires_grad = true});
  Tensor e = exp(z).reshape({2, 1}).flatten();
  e -= 1;
  EXPECT_NO_THROW(e.sum().backward());
  EXPECT_NEAR(z.grad().to_vector<float>()[0], std::exp(1.f), 1e-6);
}

TEST(CompoundAssignment, CountsASavedTensorThatHasAHandleAgain) {
  Tensor x = tensor({0.5f, 2.f}, {.requires_grad = true}), escaped;
  Tensor h = record("mine", {x}, x.detach() * 2, [](const Tensor& gy) { return Gradients(gy * 2); });
  Tensor z = record("keeping", {x}, x.detach() * 1, [&escaped, h = save(h)](const Tensor& gy) {
    escaped = *h;
    return Gradients(gy);
  });
  h = h.reshape({2, 1});
  h += 1;
  h = h.reshape({2});
  z.sum().backward();  // the old h comes back as `escaped`
  expect_close(escaped, {1, 4});
  Tensor v = escaped.reshape({2, 1});
  EXPECT_THROW(v += x.reshape({2, 1}), GradError);
  escaped = Tensor();
  EXPECT_NO_THROW(v += x.reshape({2, 1}));
}

TEST(CompoundAssignment, OfAConstHandleOrATemporaryIsNeverRecorded) {
  const Tensor x = ones({2}, {.requires_grad = true}), c = zeros({2});
  Tensor rows = zeros({2, 2});
  const std::string message = "an operand of shape (2) requires grad, and this write would not be recorded";
  expect_error<GradError>([&] { c += x; }, "+=: " + message, "x = x + y", "detach()");
  expect_error<GradError>([&] { rows[0] += x; }, "+=: " + message, "stack");
  expect_error<GradError>([&] { rows[0] = x; }, "copy_: " + message);
  expect_error<GradError>([&] { rows.copy_(x); }, "copy_: " + message);
  expect_error<GradError>([&] { rows.add_(x, 2); }, "add_: " + message);
  expect_error<GradError>([&] { rows.mul_(x); }, "mul_: " + message);
  expect_error<GradError>([&] { (x * 2) += 1; }, "+=: in place on a recorded result");
  rows[0] += x.detach();
  NoGradGuard no_grad;
  c += x;
  rows[1] = x;
  expect_close(c, {1, 1});
  expect_close(rows, {1, 1, 1, 1});
}

TEST(CompoundAssignment, OfABufferNeverRecords) {
  nn::BatchNorm1d layer(2);
  const Tensor x = ones({2}, {.requires_grad = true});
  expect_error<GradError>([&] { layer.running_mean += x; }, "+=: an operand of shape (2) requires grad");
  layer.running_mean += 1;
  layer.num_batches_tracked += 1;
  expect_close(layer.buffers()[0], {1, 1});
  expect_close(layer.state_dict().at("num_batches_tracked"), {1});
}

TEST(CompoundAssignment, OfALongLoopIsFreedWithoutRecursion) {
  const std::int64_t nodes = autograd::live_nodes();
  {
    Tensor x = tensor({1e-3f}, {.requires_grad = true}), total = zeros({1});
    for (int i = 0; i < 100000; ++i) total += x * x;
    total.sum().backward();
    EXPECT_NEAR(x.grad().item<float>(), 200, 1);
    Tensor h = x * 1;
    for (int i = 0; i < 100000; ++i) h *= 1;
  }
  EXPECT_EQ(autograd::live_nodes(), nodes);
}

TEST(CompoundAssignment, NamesTheSideThatIsUndefined) {
  Tensor total, w = ones({1}, {.requires_grad = true});
  expect_error<ValueError>([&] { total += 1; }, "+=: the left side is undefined; begin with zeros(...)");
  expect_error<ValueError>([&] { w.grad() *= 0.5; }, "*=: the left side is undefined", "run backward first");
  expect_error<ValueError>([&] { w -= w.grad(); }, "-=: the right side is undefined; has backward run?");
  expect_error<ValueError>([&] { w.grad().zero_(); }, "zero_: the tensor is undefined; has backward run?");
}

TEST(CompoundAssignment, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"GradError: -=: in place on a leaf of shape (2) that requires grad; do it under a NoGradGuard, or on a clone()",
       [] { Tensor w = ones({2}, {.requires_grad = true}); w -= 0.1; }},
      {"GradError: +=: in place on a recorded result of shape () that requires grad; do it under a NoGradGuard, or on "
       "a clone()",
       [] { Tensor w = ones({2}, {.requires_grad = true}); w[0] += 1; }},
      {"GradError: *=: the result must be recorded, but another handle or view of this tensor of shape (2) would keep "
       "the old elements; write x = x * y, or start from a clone()",
       [] { Tensor h = ones({2}, {.requires_grad = true}) * 2; const Tensor row = h[0]; h *= 2; }},
      {"GradError: +=: an operand of shape (2) requires grad, and this write would not be recorded; make a new tensor "
       "instead (x = x + y, cat, stack, where), or pass its detach()",
       [] { Tensor rows = zeros({2, 2}); rows[0] += ones({2}, {.requires_grad = true}); }},
      {"GradError: copy_: an operand of shape (2) requires grad, and this write would not be recorded; make a new "
       "tensor instead (x = x + y, cat, stack, where), or pass its detach()",
       [] { Tensor rows = zeros({2, 2}); rows[0] = ones({2}, {.requires_grad = true}); }},
      {"DTypeError: +=: float32 values cannot be written into a tensor of int64 in place; convert it with .to(float32)",
       [] { Tensor n = tensor({1, 2}); n += 0.5; }},
      {"DTypeError: /=: float32 values cannot be written into a tensor of int64 in place; convert it with .to(float32)",
       [] { Tensor n = tensor({1, 2}); n /= 2; }},
      {"ValueError: +=: 4294967296 does not fit int32; take a wider dtype, or convert with .to(int64)",
       [] { Tensor n = zeros({1}, {.dtype = int32}); n += 1LL << 32; }},
      {"ShapeError: +=: (3) does not broadcast to ()", [] { Tensor total = zeros({}); total += ones({3}); }},
      {"ValueError: +=: the left side is undefined; begin with zeros(...) or, for a gradient, run backward first",
       [] { Tensor total; total += 1; }},
      {"ValueError: *=: the left side is undefined; begin with zeros(...) or, for a gradient, run backward first",
       [] { ones({1}, {.requires_grad = true}).grad() *= 0.5; }},
      {"ValueError: -=: the right side is undefined; has backward run?",
       [] { Tensor w = ones({1}); w -= w.grad(); }},
      {"ValueError: zero_: the tensor is undefined; has backward run?",
       [] { ones({1}, {.requires_grad = true}).grad().zero_(); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
