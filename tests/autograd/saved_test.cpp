// Saved values: versions, outputs without cycles, and custom ops by record.
#include <cmath>

#include "support/expect.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::expect_error;
using testing::expect_gradients;
using testing::leaf;

Tensor cube(const Tensor& x) {  // y = x^3,  dx = 3 x^2 gy
  Tensor y = without_grad([&] { return x * x * x; });
  return record("cube", {x}, y, [x = save(x)](const Tensor& gy) { return Gradients{3 * *x * *x * gy}; });
}

Tensor exponential(const Tensor& x) {  // y = e^x,  dx = y gy
  Tensor y = without_grad([&] { return exp(x); });
  return record("exponential", {x}, y, [y = save_output(y)](const Tensor& gy) { return Gradients{*y * gy}; });
}

/// Like exponential, but its output is saved as if it were a constant.
Tensor exponential_by_save(const Tensor& x) {
  Tensor y = without_grad([&] { return exp(x); });
  return record("exponential", {x}, y, [y = save(y)](const Tensor& gy) { return Gradients{*y * gy}; });
}

TEST(Record, GivesACustomOpDerivativesAndAnEntryOnTheTape) {
  Tensor x = leaf({0.5, -1.5, 2}, {3});
  expect_gradients([](const std::vector<Tensor>& in) { return cube(in[0]); }, {x});
  EXPECT_EQ(Tape::of(cube(x)).entries().back().op, "cube");
}

TEST(Record, ASavedOutputIsDifferentiable) {
  Tensor x = leaf({0.5, -1.5, 2}, {3});
  expect_gradients([](const std::vector<Tensor>& in) { return exponential(in[0]); }, {x});
}

TEST(Record, ASavedOutputMakesNoCycle) {
  {
    Tensor x = leaf({1}, {1});
    Tensor y = exponential(x);
  }
  EXPECT_EQ(autograd::live_nodes(), 0);
}

TEST(Record, AnOutputThatIsTheInputItselfMakesNoCycle) {  // y = x,  dx = y gy
  {
    Tensor x = leaf({3}, {1}), y = without_grad([&x] { return x.to(float64); });
    Tensor z = record("same", {x}, y, [y = save_output(y)](const Tensor& gy) { return Gradients{*y * gy}; });
    Tensor g = grad({z}, {x}, {.create_graph = true})[0];
    expect_close(g, {3});
    expect_close(grad({g}, {x})[0], {3});
  }
  EXPECT_EQ(autograd::live_nodes(), 0);
}

TEST(Record, ThirdDerivativesWork) {
  Tensor x = leaf({2}, {1});
  Tensor g = grad({cube(x)}, {x}, {.create_graph = true})[0];
  Tensor h = grad({g}, {x}, {.create_graph = true})[0];
  expect_close(h, {12});
  expect_close(grad({h}, {x})[0], {6});
}

TEST(Record, OutsideGradModeGivesAnUnrecordedValue) {
  Tensor x = leaf({2}, {1});
  NoGradGuard no_grad;
  Tensor y = cube(x);
  EXPECT_FALSE(y.requires_grad());
  EXPECT_EQ(autograd::live_nodes(), 0);
}

TEST(Record, RefusesAnIntegerValue) {
  Tensor x = leaf({2}, {1});
  expect_error<GradError>(
      [&] { record("round", {x}, x.detach().to(int64), [](const Tensor& gy) { return Gradients{gy}; }); },
      "round: record: only floating values have gradients, this one is int64");
}

TEST(Record, RefusesGradientsThatDoNotFit) {
  Tensor x = leaf({2, 3}, {2});
  auto wrong = [&](auto gradient) {
    record("wrong", {x}, x.detach().clone(), gradient).backward(ones_like(x.detach()));
  };
  expect_error<GradError>([&] { wrong([](const Tensor& gy) {
                                  return Gradients{gy, gy};
                                }); },
                          "wrong: its gradient function returned 2 gradients for 1 inputs");
  expect_error<GradError>([&] { wrong([](const Tensor& gy) { return Gradients{gy.sum()}; }); },
                          "wrong: its gradient for input 0 is float64 (), but the input is float64 (2)");
  expect_error<GradError>([&] { wrong([](const Tensor& gy) { return Gradients{gy.to(float32)}; }); },
                          "its gradient for input 0 is float32 (2)");
  EXPECT_EQ(autograd::live_nodes(), 0);
}

TEST(Record, AsksOnlyForTheGradientsThatAreNeeded) {
  Tensor x = leaf({2}, {1}), c = tensor({3.0}, {.dtype = float64});
  bool asked_x = false, asked_c = true;
  Tensor y = record("both", {x, c}, x.detach() * c, [&asked_x, &asked_c](const Tensor& gy, Wants wants) {
    asked_x = wants[0];
    asked_c = wants[1];
    return Gradients{gy, Tensor()};
  });
  y.backward();
  EXPECT_TRUE(asked_x);
  EXPECT_FALSE(asked_c);
}

TEST(Saved, AConstantThatViewsTheOutputsElementsStaysAConstant) {  // y = c,  dx = c gy
  Tensor x = leaf({2}, {1}), c = tensor({3.0}, {.dtype = float64});
  Tensor y = record("constant", {x}, c.detach(), [c = save(c)](const Tensor& gy) { return Gradients{*c * gy}; });
  Tensor g = grad({y}, {x}, {.create_graph = true})[0];
  expect_close(g, {3});
  EXPECT_FALSE(g.requires_grad());
}

TEST(Saved, AnOutputKeptBySaveIsAnErrorOnlyWithCreateGraph) {
  {
    Tensor x = leaf({0}, {1});
    expect_close(grad({exponential_by_save(x)}, {x})[0], {1});
    expect_error<GradError>([&] { grad({exponential_by_save(x)}, {x}, {.create_graph = true}); },
                            "exponential: its gradient function keeps the op's output by save(y)",
                            "use save_output(y)");
  }
  EXPECT_EQ(autograd::live_nodes(), 0);
}

TEST(Saved, SaveOutputRefusesAnyOtherTensor) {
  Tensor x = leaf({2}, {1});
  const auto square = [&x](const Tensor& kept) {
    Tensor y = x.detach() * x.detach();
    return record("square", {x}, y, [y = save_output(kept)](const Tensor& gy) { return Gradients{*y * gy}; });
  };
  expect_error<GradError>([&] { square(tensor({4.0}, {.dtype = float64})).backward(); },
                          "square: save_output: the tensor of shape (1) is not the output");
  expect_error<GradError>([&] { *save_output(x); }, "save_output: the tensor of shape (1) is not the output");
  expect_error<ValueError>([] { save_output(Tensor()); }, "save_output: the tensor is undefined");
  EXPECT_NO_THROW(save_output(Tensor(), false));
}

TEST(Saved, AnOutputModifiedInPlaceIsAnError) {
  Tensor x = leaf({2}, {1}), y = exponential(x);
  without_grad([&y] { return y.zero_(); });
  expect_error<GradError>([&] { y.backward(); }, "exponential: a saved value of shape (1) was modified in place");
}

TEST(Saved, AValueModifiedInPlaceIsAnError) {  // SEMANTICS [29]
  Tensor x = leaf({2}, {1}), c = tensor({3.0}, {.dtype = float64});
  Tensor y = x * c;
  c.fill_(4);
  expect_error<GradError>([&] { y.backward(); },
                          "mul: a saved value of shape (1) was modified in place (version 1, saved at 0)");
}

TEST(Saved, AnInPlaceUpdateOfAWeightInvalidatesTheOldGraph) {
  Tensor w = leaf({2}, {1}), x = leaf({5}, {1});
  Tensor y = w * x;
  without_grad([&] { return w.add_(ones_like(w)); });
  expect_error<GradError>([&] { y.backward(); }, "modified in place");
}

TEST(Saved, AValueThatNoGradientNeedsMayChange) {
  Tensor x = leaf({2}, {1}), c = tensor({3.0}, {.dtype = float64});
  Tensor y = x + c;
  c.fill_(4);
  EXPECT_NO_THROW(y.backward());
}

TEST(Saved, AViewSharesTheVersion) {
  Tensor x = leaf({2, 2}, {2}), c = tensor({3.0, 3.0}, {.dtype = float64});
  Tensor y = x * c;
  c[1] = 5.0;
  expect_error<GradError>([&] { y.backward(ones_like(c)); }, "modified in place");
}

}  // namespace
}  // namespace xtape
