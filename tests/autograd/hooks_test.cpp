#include "support/expect.hpp"

namespace xtape::testing {
namespace {

TEST(TensorHook, SeesTheWholeGradientOnce) {
  Tensor x = leaf({3}, {1});
  Tensor y = x * 2;
  int calls = 0;
  y.register_hook([&calls](const Tensor& g) {
    ++calls;
    expect_close(g, {6 + 1});
  });
  (y * y / 2 + y).sum().backward();  // two ops lead to y: 6 and 1 arrive
  EXPECT_EQ(calls, 1);
  expect_close(x.grad(), {14});
}

TEST(TensorHook, ItsResultReplacesTheGradient) {
  Tensor x = leaf({1, 2}, {2});
  Tensor y = x * 3;
  y.register_hook([](const Tensor& g) { return g * 10; });
  y.register_hook([](const Tensor& g) { return g + 1; });  // after the first
  y.sum().backward();
  expect_close(x.grad(), {33, 33});
}

TEST(TensorHook, OnALeafRunsBeforeAccumulation) {
  Tensor x = leaf({1}, {1});
  x.set_grad(tensor({100.0}, {.dtype = float64}));
  x.register_hook([](const Tensor& g) { return -g; });
  (x * 5).sum().backward();
  expect_close(x.grad(), {95});
}

TEST(TensorHook, RunsInGradCallsToo) {
  Tensor x = leaf({2}, {1});
  Tensor y = x * x;
  y.register_hook([](const Tensor& g) { return g * 2; });
  x.register_hook([](const Tensor& g) { return g + 1; });
  expect_close(grad({y * 3}, {x}, {ones({1}, {.dtype = float64})}, {.retain_graph = true})[0], {25});
  expect_close(grad({y * 3}, {y}, {ones({1}, {.dtype = float64})})[0], {6});
}

TEST(TensorHook, DoesNotRunWhereAGradCallDoesNotNeedIt) {
  Tensor x = leaf({2}, {1}), z = leaf({3}, {1});
  Tensor y = x * x, other = z * z;
  int calls = 0;
  other.register_hook([&calls](const Tensor&) { ++calls; });
  expect_close(grad({y, other}, {x})[0], {4});
  EXPECT_EQ(calls, 0);
}

TEST(TensorHook, IsDifferentiatedWithTheGraph) {
  Tensor x = leaf({2}, {1});
  Tensor y = x * x;
  y.register_hook([x = x.detach().requires_grad_()](const Tensor& g) { return g * g; });
  const Tensor dx = grad({(y * 3).sum()}, {x}, {.create_graph = true})[0];
  expect_close(dx, {9 * 4});
  expect_close(grad({dx.sum()}, {x})[0], {18});
}

TEST(TensorHook, IsGoneOnceRemoved) {
  Tensor x = leaf({1}, {1});
  RemovableHandle handle = x.register_hook([](const Tensor& g) { return g * 10; });
  RemovableHandle copy = handle;
  handle.remove();
  copy.remove();
  (x * 1).sum().backward();
  expect_close(x.grad(), {1});
}

TEST(TensorHook, MayRemoveItselfWhileItRuns) {
  Tensor x = leaf({1}, {1});
  int calls = 0;
  auto handle = std::make_shared<RemovableHandle>();
  *handle = x.register_hook([&calls, handle](const Tensor&) {
    ++calls;
    handle->remove();
  });
  for (int i = 0; i < 3; ++i) (x * 1).sum().backward();
  EXPECT_EQ(calls, 1);
}

TEST(TensorHook, ItsHandleKeepsNoTensorAlive) {
  RemovableHandle handle;
  {
    Tensor x = leaf({1}, {1});
    handle = x.register_hook([](const Tensor&) {});
  }
  handle.remove();
  EXPECT_EQ(autograd::live_nodes(), 0);
}

TEST(TensorHook, IsRefusedWhereNoGradientArrives) {
  Tensor constant = tensor({1.0}), undefined;
  expect_error<GradError>([&] { constant.register_hook([](const Tensor&) {}); },
                          "register_hook: ", "does not require grad");
  expect_error<ValueError>([&] { undefined.register_hook([](const Tensor&) {}); }, "register_hook: ", "undefined");
}

TEST(TensorHook, RefusesAGradientOfAnotherShapeOrDtype) {
  Tensor x = leaf({1, 2}, {2});
  Tensor y = x * 2;
  RemovableHandle handle = y.register_hook([](const Tensor& g) { return g.sum(); });
  expect_error<GradError>([&] { y.sum().backward({.retain_graph = true}); }, "register_hook: a hook on a result of mul",
                          "returned float64 ()", "float64 (2)");
  handle.remove();
  y.register_hook([](const Tensor& g) { return g.to(float32); });
  expect_error<GradError>([&] { y.sum().backward(); }, "returned float32 (2)");
  EXPECT_FALSE(x.grad().defined());
}

TEST(TensorHook, ThatThrowsLeavesNoLeafHalfDone) {
  Tensor x = leaf({1}, {1}), w = leaf({2}, {1});
  Tensor y = x * w;
  RemovableHandle handle = x.register_hook([](const Tensor&) { throw std::runtime_error("mine"); });
  EXPECT_THROW(y.sum().backward(), std::runtime_error);
  handle.remove();
  if (w.grad().defined()) expect_close(w.grad(), {1});
  EXPECT_FALSE(x.grad().defined());
  EXPECT_TRUE(is_grad_enabled());
}

TEST(TensorHook, DoesNotRunForAFrozenLeaf) {
  Tensor x = leaf({1}, {1}), w = leaf({2}, {1});
  Tensor y = (x * w).sum();
  int calls = 0;
  x.register_hook([&calls](const Tensor&) { ++calls; });
  x.requires_grad_(false);
  y.backward();
  EXPECT_EQ(calls, 0);
}

TEST(TensorHook, ThatFreezesItsLeafLeavesItWithoutAGradient) {
  Tensor x = leaf({1}, {1});
  x.register_hook([&x](const Tensor&) { x.requires_grad_(false); });
  (x * 3).sum().backward();
  EXPECT_FALSE(x.grad().defined());  // SEMANTICS [22]
}

TEST(TensorHook, ThatRecordsLeavesNoHistoryInTheGradient) {
  const std::int64_t before = autograd::live_nodes();
  Tensor x = leaf({2}, {1});
  x.register_hook([w = leaf({3}, {1})](const Tensor& g) {
    const EnableGradGuard record;
    return g * w;
  });
  (x * 5).sum().backward();
  expect_close(x.grad(), {15});
  EXPECT_FALSE(x.grad().requires_grad());
  EXPECT_EQ(autograd::live_nodes(), before);
}

TEST(TensorHook, RefusesAnEmptyFunction) {
  Tensor x = leaf({1}, {1});
  expect_error<ValueError>([&] { x.register_hook(Callback<void(const Tensor&)>()); },
                           "register_hook: the hook is empty");
  expect_error<ValueError>([&] { x.register_post_accumulate_grad_hook({}); },
                           "register_post_accumulate_grad_hook: the hook is empty");
}

TEST(PostAccumulateGradHook, RunsLeafByLeafInTheOrderOfTheirCreation) {
  std::string order;
  Tensor a = leaf({1}, {1}), b = leaf({2}, {1}), c = leaf({3}, {1});
  c.register_post_accumulate_grad_hook([&order](const Tensor&) { order += 'c'; });
  a.register_post_accumulate_grad_hook([&order](const Tensor&) { order += 'a'; });
  b.register_post_accumulate_grad_hook([&order](const Tensor&) { return order += 'b'; });  // its result is ignored
  (c * b * a).sum().backward();
  EXPECT_EQ(order, "abc");
}

TEST(PostAccumulateGradHook, ThatConvertsAnotherLeafIsAnError) {
  Tensor a = leaf({1}, {1});
  struct Scale : nn::Module {
    nn::Parameter w = register_parameter("w", ones({1}, {.dtype = float64}));
  } module;
  a.register_post_accumulate_grad_hook([&module](const Tensor&) { module.to(float32); });
  expect_error<GradError>([&] { (a * module.w).sum().backward(); },
                          "backward: a float64 (1) gradient arrived at a leaf", "float32 (1)");
  EXPECT_FALSE(module.w.grad().defined());
}

TEST(PostAccumulateGradHook, RunsAfterAccumulationWithTheLeaf) {
  Tensor x = leaf({1}, {1});
  x.set_grad(tensor({100.0}, {.dtype = float64}));
  int calls = 0;
  x.register_post_accumulate_grad_hook([&calls](const Tensor& t) {
    ++calls;
    expect_close(t.grad(), {105});
    NoGradGuard no_grad;
    t.add_(t.grad(), -1);  // a step inside backward, which then drops the gradient
    t.set_grad({});
  });
  (x * 5).sum().backward();
  EXPECT_EQ(calls, 1);
  expect_close(x, {-104});
  EXPECT_FALSE(x.grad().defined());
}

TEST(PostAccumulateGradHook, DoesNotRunInGradCalls) {
  Tensor x = leaf({1}, {1});
  int calls = 0;
  x.register_post_accumulate_grad_hook([&calls](const Tensor&) { ++calls; });
  static_cast<void>(grad({(x * 5).sum()}, {x}));
  EXPECT_EQ(calls, 0);
}

TEST(PostAccumulateGradHook, DoesNotKeepItsTensor) {
  int calls = 0;
  Tensor y;
  {
    Tensor x = leaf({1}, {1});
    x.register_post_accumulate_grad_hook([&calls](const Tensor&) { ++calls; });
    y = (x * 5).sum();
  }
  y.backward();  // the leaf no longer exists
  EXPECT_EQ(calls, 0);
}

TEST(PostAccumulateGradHook, IsRemovable) {
  Tensor x = leaf({1}, {1});
  int calls = 0;
  RemovableHandle handle = x.register_post_accumulate_grad_hook([&calls](const Tensor&) { ++calls; });
  handle.remove();
  (x * 5).sum().backward();
  EXPECT_EQ(calls, 0);
}

TEST(PostAccumulateGradHook, SurvivesAConversionOfItsTensor) {
  struct Scale : nn::Module {
    nn::Parameter w = register_parameter("w", ones({2}));
  } module;
  DType seen = float32;
  module.w.register_post_accumulate_grad_hook([&seen](const Tensor& t) { seen = t.grad().dtype(); });
  module.to(float64);
  (module.w * 2).sum().backward();
  EXPECT_EQ(seen, float64);
}

TEST(PostAccumulateGradHook, NeedsALeafThatRequiresGrad) {
  Tensor constant = tensor({1.0}), y = leaf({1}, {1}) * 2;
  const auto hook = [](const Tensor&) {};
  expect_error<GradError>([&] { constant.register_post_accumulate_grad_hook(hook); },
                          "register_post_accumulate_grad_hook: only a leaf", "a constant");
  expect_error<GradError>([&] { y.register_post_accumulate_grad_hook(hook); }, "the result of an op", "register_hook");
}

}  // namespace
}  // namespace xtape::testing
