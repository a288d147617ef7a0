// backward and grad: which gradients arrive where, and the errors. SEMANTICS [28] to [31].
#include <cmath>
#include <thread>

#include "support/expect.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::expect_error;
using testing::leaf;

TEST(Backward, AddsBothContributionsOfASharedTensor) {  // SEMANTICS [28]
  Tensor x = leaf({3}, {});
  Tensor y = x * x;
  Tensor z = y * y + y;
  z.backward();
  expect_close(x.grad(), {114});
}

TEST(Backward, WalksALadderInLinearTime) {  // SEMANTICS [28]
  Tensor x = leaf({1}, {});
  Tensor y = x;
  for (int i = 0; i < 60; ++i) y = y + y;
  y.backward();
  expect_close(x.grad(), {0x1p60});
}

TEST(Backward, AccumulatesAcrossCalls) {  // SEMANTICS [30]
  Tensor x = leaf({1, 2}, {2});
  (x * 3).sum().backward();
  (x * x).sum().backward();
  expect_close(x.grad(), {5, 7});
}

TEST(Backward, TakesASeed) {
  Tensor x = leaf({1, 2}, {2});
  (x * 3).backward(tensor({10.0, 100.0}, {.dtype = float64}));
  expect_close(x.grad(), {30, 300});
}

TEST(Backward, OfALeafGivesTheSeed) {
  Tensor x = leaf({1}, {1});
  x.backward();
  expect_close(x.grad(), {1});
}

TEST(Backward, LeavesTheSeedAndOtherGradientsAlone) {
  Tensor a = leaf({1, 2}, {2}), b = leaf({3, 4}, {2});
  Tensor seed = tensor({5.0, 6.0}, {.dtype = float64});
  (a + b).backward(seed);
  without_grad([&] { return a.grad().mul_(10); });
  expect_close(a.grad(), {50, 60});
  expect_close(b.grad(), {5, 6});
  expect_close(seed, {5, 6});
}

TEST(Backward, ReducesAGradientToABroadcastInput) {
  Tensor a = leaf({1, 2, 3}, {3, 1}), b = leaf({1, 1}, {1, 2}), c = leaf({2}, {});
  (a * b * c).sum().backward();
  expect_close(a.grad(), {4, 4, 4});
  expect_close(b.grad(), {12, 12});
  expect_close(c.grad(), {12});
}

TEST(Backward, ReducesOverABroadcastOfNothing) {
  Tensor a = leaf({1, 2, 3}, {3, 1}), b = leaf({}, {1, 0});
  Tensor y = a + b;
  EXPECT_EQ(y.shape(), (Shape{3, 0}));
  y.sum().backward();
  expect_close(a.grad(), {0, 0, 0});
  EXPECT_EQ(b.grad().shape(), (Shape{1, 0}));
}

TEST(Backward, ASecondOneNeedsRetainGraph) {  // SEMANTICS [29]
  Tensor x = leaf({2}, {1});
  Tensor y = x * x;
  y.backward({.retain_graph = true});
  y.backward();
  expect_close(x.grad(), {8});
  expect_error<GradError>([&] { y.backward(); }, "mul: its saved values were released", "retain_graph = true");
}

TEST(Backward, ASecondOneThatNeedsNothingSavedWorks) {
  Tensor x = leaf({2}, {1});
  Tensor y = x + x;
  y.backward();
  y.backward();
  expect_close(x.grad(), {4});
}

TEST(Backward, EveryMisuseHasItsOwnError) {  // SEMANTICS [29]; the first two are above and in saved_test.cpp
  Tensor x = leaf({1, 2}, {2});
  expect_error<GradError>([&] { x.fill_(0); }, "fill_: in place on a leaf of shape (2) that requires grad",
                          "NoGradGuard");
  expect_error<GradError>([&] { (x * 2).backward(); }, "backward: a tensor of shape (2) is not a scalar",
                          "sum() or mean()");
  expect_error<ShapeError>([&] { (x * 2).backward(ones({3}, {.dtype = float64})); },
                           "backward: the seed has shape (3), the tensor (2)");
  expect_error<DTypeError>([&] { (x * 2).backward(ones({2})); }, "backward: the seed is float32, the tensor float64");
  expect_error<GradError>([&] { ones({1}).backward(); }, "backward: nothing on the tape leads to this float32 tensor");
  Tensor y = x * 2;
  expect_error<GradError>([&] { y.requires_grad_(false); }, "requires_grad_: the tensor is the result of mul",
                          "detach()");
  expect_error<ValueError>([] { Tensor().backward(); }, "backward: the tensor is undefined");
}

TEST(Backward, InPlaceOnWhatSharesStorageWithHistoryIsRefused) {
  Tensor x = leaf({1, 2}, {2});
  Tensor y = x * 2;
  expect_error<GradError>([&] { y.add_(x.detach()); }, "add_: in place on a recorded result");
  expect_error<GradError>([&] { x.detach().fill_(0); }, "fill_: in place on a tensor of shape (2) that shares storage");
  expect_error<GradError>([&] { x[0] = 3.0; }, "fill_: in place on");
  x.requires_grad_(false);
  EXPECT_NO_THROW(x[0] = 3.0);
}

TEST(Backward, AFrozenAliasCannotBeWrittenWhileAnotherRequiresGrad) {
  Tensor w = leaf({1, 2}, {2});
  Tensor alias = w.detach();
  alias.requires_grad_();
  alias.requires_grad_(false);
  expect_error<GradError>([&] { alias.fill_(0); }, "shares storage with one that requires grad");
  Tensor y = w.reshape({2, 1});
  w.requires_grad_(false);
  expect_error<GradError>([&] { w.fill_(0); }, "shares storage with one that requires grad");
  y = Tensor();
  EXPECT_NO_THROW(w.fill_(0));
}

TEST(Backward, AThrowLeavesLeavesUntouchedAndReleasesTheGraph) {
  Tensor x = leaf({2}, {1}), w = leaf({3}, {1});
  Tensor bad =
      record("bad", {x}, x.detach().clone(), [](const Tensor&) -> Gradients { throw ValueError("bad", "no"); });
  Tensor loss = bad * w + w * w;
  expect_error<ValueError>([&] { loss.backward(); }, "bad: no");
  EXPECT_FALSE(w.grad().defined());
  EXPECT_FALSE(x.grad().defined());
  EXPECT_TRUE(is_grad_enabled());
  expect_error<GradError>([&] { loss.backward(); }, "released by an earlier backward");
  loss = bad = Tensor();
  EXPECT_EQ(autograd::live_nodes(), 0);
  (x * w).backward();
  expect_close(x.grad(), {3});
}

TEST(Backward, OnIndependentGraphsRunsInParallel) {  // SEMANTICS [31]
  std::vector<std::thread> threads;
  std::vector<double> results(4);
  for (std::size_t i = 0; i < results.size(); ++i) {
    threads.emplace_back([&results, i] {
      Tensor x = leaf({static_cast<double>(i)}, {1});
      Tensor y = x;
      for (int k = 0; k < 1000; ++k) y = y + x * x;
      y.backward();
      results[i] = x.grad().item<double>();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(results, (std::vector<double>{1, 2001, 4001, 6001}));
  EXPECT_EQ(autograd::live_nodes(), 0);
}

TEST(Backward, AReentrantCallLeavesTheOuterOneAlone) {
  Tensor x = leaf({3}, {1});
  Tensor inner = x * x;
  Tensor y = record("outer", {inner}, inner.detach().clone(), [inner, x](const Tensor& gy) {
    return Gradients{gy * grad({inner}, {x}, {.retain_graph = true})[0]};  // 2 x
  });
  (y + inner).backward();
  expect_close(x.grad(), {(6 + 1) * 6});
}

TEST(Backward, ThroughTheRunningNodeKeepsItsFunctionAlive) {
  Tensor x = leaf({2}, {1}), z;
  bool inside = false;
  Tensor y =
      record("again", {x}, x.detach().clone(), [&z, &inside, v = std::vector<double>(1000, 3.0)](const Tensor& gy) {
        if (!std::exchange(inside, true)) z.backward();
        return Gradients{gy * v[500]};
      });
  z = y * 2;
  y.backward();
  expect_close(x.grad(), {9});
}

TEST(Backward, AnOldGraphReachesALeafThatIsUnfrozenAgain) {
  Tensor x = leaf({1, 2}, {2});
  Tensor y = (x * x).sum();
  x.requires_grad_(false);
  x.requires_grad_();
  y.backward();
  expect_close(x.grad(), {2, 4});
}

TEST(Backward, AFrozenLeafGetsNothing) {
  Tensor x = leaf({1, 2}, {2});
  Tensor y = (x * x).sum();
  x.requires_grad_(false);
  y.backward();
  EXPECT_FALSE(x.grad().defined());
}

TEST(Grad, LeavesTheLeavesAlone) {
  Tensor x = leaf({2}, {1}), w = leaf({5}, {1});
  std::vector<Tensor> g = grad({x * w}, {x, w});
  expect_close(g[0], {5});
  expect_close(g[1], {2});
  EXPECT_FALSE(x.grad().defined());
}

TEST(Grad, ReachesTensorsInTheMiddle) {
  Tensor x = leaf({2}, {1});
  Tensor y = x * x;
  expect_close(grad({y * y * y}, {y}, {.retain_graph = true})[0], {48});
}

TEST(Grad, RunsOnlyWhatLeadsToTheInputs) {
  Tensor x = leaf({2}, {1}), w = leaf({3}, {1});
  Tensor bad =
      record("bad", {w}, w.detach().clone(), [](const Tensor&) -> Gradients { throw ValueError("bad", "no"); });
  expect_close(grad({x * bad}, {x})[0], {3});
}

TEST(Grad, OfATensorInTheMiddleKeepsTheGraphBelowIt) {
  Tensor x = leaf({3}, {1});
  Tensor h = x * x, y = h * h;
  expect_close(grad({y.sum()}, {h})[0], {18});
  h.sum().backward();  // h's own op has not run, and still has its saved values
  expect_close(x.grad(), {6});
}

TEST(Grad, OfSeveralOutputsIsTheirSum) {
  Tensor x = leaf({2, 3}, {2});
  Tensor s = ones({2}, {.dtype = float64});
  expect_close(grad({x * x, x * 10}, {x}, {s, s})[0], {14, 16});
}

TEST(Grad, WithoutSeedsStartsFromOne) {
  Tensor x = tensor(3.0, {.dtype = float64, .requires_grad = true});
  const auto y = [&x] { return x * x * x; };
  expect_close(grad({y()}, {x}, {})[0], {27});
  expect_close(grad({y()}, {x}, {}, {})[0], {27});
  expect_close(grad({y()}, {x}, std::vector<Tensor>())[0], {27});
  const Tensor first = grad({y()}, {x}, {}, {.create_graph = true})[0];
  expect_close(grad({first}, {x}, {})[0], {18});
  expect_error<GradError>([&] { grad({x * ones({2})}, {x}, {}); }, "grad: a tensor of shape (2) is not a scalar");
  y().backward({});
  expect_close(x.grad(), {27});
  const Tensor z = y();
  z.backward({}, {.retain_graph = true});
  z.backward({});
  expect_close(x.grad(), {81});
}

TEST(Grad, AnUnusedInputIsAnErrorUnlessAllowed) {
  Tensor x = leaf({2}, {1}), u = leaf({2}, {1});
  expect_error<GradError>([&] { grad({x * x}, {u}); }, "grad: no output depends on inputs[0]", "allow_unused");
  EXPECT_FALSE(grad({x * x}, {u}, {.allow_unused = true})[0].defined());
  expect_error<GradError>([&] { grad({x * x}, {ones({1})}); }, "grad: inputs[0] does not require grad");
  expect_error<ValueError>([&] { grad({x * x}, {x}, std::vector<Tensor>(2)); }, "2 seeds for 1 outputs");
}

TEST(Grad, WithCreateGraphHasTheSameFirstDerivatives) {
  Tensor x = leaf({0.5, -2, 3}, {1, 3});
  auto first = [&](bool create_graph) {
    return grad({log_softmax(exp(x) / (x * x + 1), 1)}, {x}, {tensor({{1.0, -2.0, 0.5}}, {.dtype = float64})},
                {.create_graph = create_graph})[0];
  };
  expect_close(first(true), first(false).to_vector<double>(), 1e-12);
}

TEST(GradMode, IsRestoredByExceptions) {  // SEMANTICS [30]
  EXPECT_THROW(without_grad([]() -> int { throw std::runtime_error("x"); }), std::runtime_error);
  EXPECT_TRUE(is_grad_enabled());
}

TEST(GradMode, NestsAndBelongsToItsThread) {
  NoGradGuard no_grad;
  EXPECT_FALSE(is_grad_enabled());
  {
    EnableGradGuard enable;
    EXPECT_TRUE(is_grad_enabled());
  }
  bool elsewhere = false;
  std::thread([&] { elsewhere = is_grad_enabled(); }).join();
  EXPECT_TRUE(elsewhere);
  EXPECT_FALSE(is_grad_enabled());
}

TEST(Gradcheck, FindsAWrongGradient) {
  auto wrong = [](const std::vector<Tensor>& in) {
    return record("wrong", {in[0]}, without_grad([&] { return in[0] * in[0]; }),
                  [x = save(in[0])](const Tensor& gy) { return Gradients{*x * gy}; });
  };
  Tensor x = leaf({1, 2}, {2});
  expect_error<GradError>([&] { autograd::gradcheck(wrong, {x}); }, "gradcheck: input 0, element 0: the gradient is");
  EXPECT_FALSE(autograd::gradcheck(wrong, {x}, {.raise_exception = false}));
}

TEST(Gradcheck, FindsAWrongSecondDerivative) {
  auto wrong = [](const std::vector<Tensor>& in) {  // the gradient is right, but it hides its dependence on x
    return record("wrong", {in[0]}, without_grad([&] { return in[0] * in[0]; }),
                  [x = in[0].detach()](const Tensor& gy) { return Gradients{2 * x * gy}; });
  };
  Tensor x = leaf({1, 2}, {2});
  EXPECT_TRUE(autograd::gradcheck(wrong, {x}));
  EXPECT_FALSE(autograd::gradgradcheck(wrong, {x}, {.raise_exception = false}));
}

TEST(Gradcheck, RequiresAFloat64Result) {
  auto f = [](const std::vector<Tensor>& in) { return in[0].to(float32); };
  Tensor x = leaf(std::vector<double>(100, 1.5), {100});
  expect_error<ValueError>([&] { autograd::gradcheck(f, {x}); },
                           "gradcheck: the function returns float32, not float64");
  expect_error<ValueError>([&] { autograd::gradgradcheck(f, {x}); }, "gradgradcheck: the function returns float32");
}

TEST(Gradcheck, RequiresFloat64Leaves) {
  auto f = [](const std::vector<Tensor>& in) { return in[0] * in[0]; };
  expect_error<ValueError>([&] { autograd::gradcheck(f, {ones({1}, {.requires_grad = true})}); },
                           "gradcheck: inputs[0] must be a float64 leaf");
}

}  // namespace
}  // namespace xtape
