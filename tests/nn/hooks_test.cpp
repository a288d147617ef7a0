#include "support/expect.hpp"

namespace xtape::testing {
namespace {

struct Double : nn::Module {
  Tensor forward(const Tensor& x) { return x * 2; }
};

struct Subtract : nn::Module {
  Tensor forward(const Tensor& a) const override { return -a; }
  Tensor forward(const Tensor& a, const Tensor& b) const override { return a - b; }
};

TEST(ForwardHook, SeesModuleInputAndOutput) {
  const nn::Sequential model{Double(), Double()};
  const nn::Module* seen = nullptr;
  model[1].register_forward_hook([&seen](const nn::Module& module, const Tensor& x, const Tensor& y) {
    seen = &module;
    expect_close(x, {2});
    expect_close(y, {4});
  });
  model(tensor({1.0}));
  EXPECT_EQ(seen, &model[1]);
}

TEST(ForwardHook, MayReplaceTheInputAndTheOutputInTheOrderOfRegistration) {
  const Double module;
  module.register_forward_pre_hook([](const nn::Module&, const Tensor& x) { return x + 1; });
  module.register_forward_pre_hook([](const nn::Module&, const Tensor& x) { return x * 10; });
  module.register_forward_hook([](const nn::Module&, const Tensor& x, const Tensor& y) {
    expect_close(x, {20});
    return y + 3;
  });
  module.register_forward_hook([](const nn::Module&, const Tensor&, const Tensor& y) { return y * 2; });
  expect_close(module(tensor({1.0})), {86});
}

TEST(ForwardHook, IsSharedByCopiesAndLeftBehindByClones) {
  const Double module;
  const Double copy = module;
  int calls = 0;
  RemovableHandle handle =
      copy.register_forward_hook([&calls](const nn::Module&, const Tensor&, const Tensor&) { ++calls; });
  module(tensor({1.0}));
  clone(module)(tensor({1.0}));
  EXPECT_EQ(calls, 1);
  handle.remove();
  module(tensor({1.0}));
  EXPECT_EQ(calls, 1);
}

TEST(ForwardHook, ItsErrorNamesTheModule) {
  const nn::Sequential model{Double(), Double()};
  model[1].register_forward_hook([](const nn::Module&, const Tensor&, const Tensor& y) { return y.reshape({7}); });
  expect_error<ShapeError>([&] { model(tensor({1.0})); }, "reshape \"1\"");
}

TEST(ForwardHook, MayReplaceTheModuleThatRuns) {
  struct Holder : nn::Module {
    Double inner = register_module("inner", Double());
    Tensor forward(const Tensor& x) { return inner(x); }
  } outer;
  Holder* handle = &outer;
  outer.inner.register_forward_pre_hook([handle](const nn::Module&, const Tensor& x) {
    *handle = Holder();
    return x.reshape({7});
  });
  expect_error<ShapeError>([&] { outer(tensor({1.0})); }, "reshape \"inner\"");
}

TEST(ForwardHook, RefusesAnEmptyFunction) {
  expect_error<ValueError>(
      [] { Double().register_forward_pre_hook(Callback<Tensor(const nn::Module&, const Tensor&)>()); },
      "register_forward_pre_hook: the hook is empty");
  using Hook = Callback<Tensor(const nn::Module&, const std::vector<Tensor>&, const Tensor&)>;
  expect_error<ValueError>([] { Double().register_forward_hook(Hook()); }, "register_forward_hook: the hook is empty");
}

TEST(ForwardHook, SeesAndReplacesAllInputs) {
  const Subtract module;
  const Tensor a = tensor({1.0}), b = tensor({5.0});
  module.register_forward_pre_hook([](const nn::Module&, const std::vector<Tensor>& inputs) {
    return std::vector{inputs.at(1), inputs.at(0)};
  });
  module.register_forward_pre_hook(
      [](const nn::Module&, const std::vector<Tensor>& inputs) { expect_close(inputs.at(0), {5}); });
  module.register_forward_hook([](const nn::Module&, const std::vector<Tensor>& inputs, const Tensor& y) {
    return y * inputs.at(0) + inputs.at(1);
  });
  expect_close(module(a, b), {(5 - 1) * 5 + 1});
}

TEST(ForwardHook, OfOneTensorSeesAndReplacesTheFirstInput) {
  const Subtract module;
  module.register_forward_pre_hook([](const nn::Module&, const Tensor& a) { return a * 10; });
  module.register_forward_hook([](const nn::Module&, const Tensor& a, const Tensor& y) {
    expect_close(a, {10});
    expect_close(y, {5});
  });
  expect_close(module(tensor({1.0}), tensor({5.0})), {5});
}

TEST(ForwardHook, MayChangeTheNumberOfInputs) {
  const Subtract module;
  RemovableHandle handle = module.register_forward_pre_hook(
      [](const nn::Module&, const std::vector<Tensor>& inputs) { return std::vector{inputs.at(0)}; });
  expect_close(module(tensor({1.0}), tensor({5.0})), {-1});
  handle.remove();
  module.register_forward_pre_hook(
      [](const nn::Module&, const std::vector<Tensor>& inputs) { return std::vector<Tensor>(4, inputs.at(0)); });
  expect_error<ValueError>([&] { module(ones({1}), ones({1})); },
                           "register_forward_pre_hook: a hook returned 4 inputs, a module takes 1 to 3");
}

TEST(ForwardHook, RunsForALossToo) {
  const nn::MSELoss criterion;
  criterion.register_forward_hook([](const nn::Module&, const std::vector<Tensor>& inputs, const Tensor& y) {
    EXPECT_EQ(inputs.size(), 2u);
    return y * 2;
  });
  const nn::Loss& loss = criterion;
  expect_close(loss(tensor({3.0}), tensor({1.0})), {8});
}

TEST(ForwardHook, CatchesActivationsAndTheirGradients) {
  const nn::Sequential model{nn::Linear(2, 2), nn::ReLU()};
  Tensor activation, gradient;
  model[1].register_forward_hook([&](const nn::Module&, const Tensor&, const Tensor& y) {
    activation = y.detach();
    y.register_hook([&gradient](const Tensor& g) { gradient = g; });
  });
  const Tensor y = model(ones({1, 2}));
  (y * y).sum().backward();
  EXPECT_TRUE(equal(gradient, activation * 2));
}

}  // namespace
}  // namespace xtape::testing
