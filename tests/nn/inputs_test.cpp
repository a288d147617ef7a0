// Modules with several inputs: forward(x, y) and forward(x, y, z) can do everything that forward(x) can.
#include "support/expect.hpp"
#include "xtape/nn/nn.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::expect_error;

struct Bilinear : nn::Module {
  nn::Linear left = register_module("left", nn::Linear(2, 2, {.bias = false}));
  nn::Linear right = register_module("right", nn::Linear(3, 2, {.bias = false}));
  Tensor forward(const Tensor& x, const Tensor& y) { return (left(x) * right(y)).sum(1); }
};

struct Gate : nn::Module {
  nn::Parameter scale = register_parameter("scale", full({1}, 2.0));
  nn::Dropout drop = register_module("drop", nn::Dropout(1.0));
  Tensor forward(const Tensor& x, const Tensor& y, const Tensor& z) const { return drop(x * scale) + y * z; }
};

struct Pair : nn::Module {
  Bilinear score = register_module("score", Bilinear());
  nn::Sequential head = register_module("head", nn::Sequential{nn::Identity()});
  Tensor forward(const Tensor& x, const Tensor& y) const { return head(score(x, y)); }
};

/// The number of inputs chooses the forward.
struct OneOrTwo : nn::Module {
  Tensor forward(const Tensor& x) { return x; }
  Tensor forward(const Tensor& x, const Tensor& y) const { return x + y; }
};

TEST(Inputs, ForwardsOfTwoAndThreeRunConstOrNot) {
  Bilinear bilinear;
  without_grad([&bilinear] {
    bilinear.left.weight.fill_(1);
    return bilinear.right.weight.fill_(2);
  });
  expect_close(bilinear(ones({1, 2}), ones({1, 3})), {2 * 6 * 2});
  Gate gate;
  gate.eval();
  expect_close(gate(tensor({1.0}), tensor({3.0}), tensor({4.0})), {1 * 2 + 3 * 4});
}

TEST(Inputs, OneModuleMayTakeOneOrTwo) {
  const OneOrTwo module;
  expect_close(module(tensor({1.0})), {1});
  expect_close(module(tensor({1.0}), tensor({2.0})), {3});
}

TEST(Inputs, AModuleIsCalledThroughItsBase) {
  const OneOrTwo derived;
  const nn::Module& module = derived;
  expect_close(module(tensor({1.0}), tensor({2.0})), {3});
}

TEST(Inputs, GradientsReachEveryInput) {
  Bilinear model;
  const Tensor x = ones({4, 2}, {.requires_grad = true}), y = ones({4, 3}, {.requires_grad = true});
  model(x, y).sum().backward();
  EXPECT_TRUE(x.grad().defined() && y.grad().defined());
  EXPECT_TRUE(model.left.weight.grad().defined() && model.right.weight.grad().defined());
}

TEST(Inputs, TrainingModeReachesTheChildren) {
  Gate gate;
  expect_close(gate(tensor({1.0}), tensor({3.0}), tensor({4.0})), {12});  // dropout drops everything
  gate.eval();
  expect_close(gate(tensor({1.0}), tensor({3.0}), tensor({4.0})), {14});
}

TEST(Inputs, ACloneUsesItsOwnTensors) {
  Gate model;
  model.eval();
  const Gate copy = clone(model);
  without_grad([&model] { return model.scale.fill_(0); });
  expect_close(copy(tensor({1.0}), tensor({3.0}), tensor({4.0})), {14});
}

TEST(Inputs, AnErrorNamesTheModule) {
  Pair pair;
  expect_error<ShapeError>([&] { pair(ones({1, 2}), ones({1, 5})); }, "linear \"score.right\" (3 -> 2)");
}

struct Misguided : nn::Module {
  Bilinear score = register_module("score", Bilinear());
  Tensor forward(const Tensor& x, const Tensor&) { return score(x); }
  Tensor forward(const Tensor& x, const Tensor&, const Tensor&) { return score(x, x, x); }
};

TEST(Inputs, ACallWithoutAForwardNamesModuleAndForward) {
  const Tensor x = ones({1, 2});
  struct Empty : nn::Module {};
  expect_error<ValueError>([&] { Empty()(x); }, "Empty: called with 1 input, but it has no forward(const Tensor& x)");
  expect_error<ValueError>([&] { Misguided()(x, x); },
                           "Bilinear \"score\": called with 1 input, but it has no forward(const Tensor& x)");
  expect_error<ValueError>([&] { Misguided()(x, x, x); },
                           "Bilinear \"score\": called with 3 inputs, but it has no forward(const Tensor& x, const "
                           "Tensor& y, const Tensor& z)");
  expect_error<ValueError>([&] { nn::Linear(2, 2)(x, x); },
                           "Linear: called with 2 inputs, but it has no forward(const Tensor& x, const Tensor& y)");
}

struct Four : nn::Module {
  nn::Linear layer = register_module("layer", nn::Linear(1, 1));
  Tensor operator()(const Tensor& a, const Tensor& b, const Tensor& c, const Tensor& d) const { return a + b + c + d; }
};

TEST(Inputs, ACustomCallOperatorMayTakeOtherInputs) {
  struct Outer : nn::Module {
    Four four = register_module("four", Four());
    Tensor forward(const Tensor& x) { return four(x, x, x, x); }
  };
  expect_close(Outer()(tensor({2.0})), {8});
  EXPECT_EQ(Outer().parameters().size(), 2u);
}

}  // namespace
}  // namespace xtape
