// Unusual combinations of features: errors in the middle of a backward, many threads, odd shapes and dtypes.
#include <array>
#include <stdexcept>
#include <thread>

#include "support/expect.hpp"

namespace xtape {
namespace {

using testing::expect_close;

TEST(Awkward, Uint8LabelsWorkAtSeveralPositionsPerSample) {
  manual_seed(1);
  const Tensor x = randn({4, 3, 5}, {.dtype = float64, .requires_grad = true});
  const Tensor y = randint(0, 3, {4, 5});
  const Tensor wide = cross_entropy(x, y), narrow = cross_entropy(x, y.to(uint8));
  EXPECT_TRUE(equal(wide, narrow));
  EXPECT_TRUE(equal(grad({wide}, {x})[0], grad({narrow}, {x})[0]));
}

TEST(Awkward, AColumnBroadcastsOverNothing) {
  const Tensor a = ones({3, 1}, {.requires_grad = true}), b = ones({1, 0}, {.requires_grad = true});
  for (const Tensor& y : {a + b, a * b, maximum(a, b), where(b > 0, a, b)}) {
    EXPECT_EQ(y.shape(), (Shape{3, 0}));
    const std::vector<Tensor> g = grad({y}, {a, b}, {zeros({3, 0})});
    EXPECT_TRUE(equal(g[0], zeros({3, 1})));
    EXPECT_EQ(g[1].shape(), (Shape{1, 0}));
  }
}

TEST(Awkward, ALinearLayerGivesTheSameOnThreeDimsAndOnTheirRows) {
  manual_seed(1);
  const nn::Linear layer(4, 3);
  const Tensor x = randn({2, 5, 4}, {.requires_grad = true});
  const Tensor y = layer(x), rows = layer(x.reshape({10, 4}));
  EXPECT_EQ(y.shape(), (Shape{2, 5, 3}));
  EXPECT_TRUE(equal(y.reshape({10, 3}), rows));
  const Tensor gy = randn({2, 5, 3});
  EXPECT_TRUE(equal(grad({y}, {layer.weight}, {gy})[0], grad({rows}, {layer.weight}, {gy.reshape({10, 3})})[0]));
}

/// A training step that keeps every intermediate tensor.
struct Step {
  std::vector<Tensor> tensors;
  Step(const nn::Linear& fc1, const nn::Linear& fc2, const Tensor& x, const Tensor& y) {
    tensors.push_back(fc1(x));
    tensors.push_back(tensors.back() * 2);
    tensors.push_back(relu(tensors.back()) + tensors.front());  // two paths lead to the first
    tensors.push_back(fc2(tensors.back()));
    tensors.push_back(cross_entropy(tensors.back(), y));
  }
  Tensor loss() const { return tensors.back(); }
};

TEST(Awkward, ABackwardThatThrowsAtAnyNodeSpoilsNoLaterStep) {
  const Tensor x = (manual_seed(2), randn({6, 4}));
  const Tensor y = randint(0, 3, {6});
  auto weights_after_a_step = [&x, &y](int thrower) {
    manual_seed(3);
    const nn::Linear fc1(4, 5), fc2(5, 3);
    std::vector<Tensor> parameters = fc1.parameters();
    for (const Tensor& p : fc2.parameters()) parameters.push_back(p);
    optim::SGD optimizer(parameters, {.lr = 0.1, .momentum = 0.9});
    if (thrower >= 0) {
      const Step step(fc1, fc2, x, y);
      const auto i = static_cast<std::size_t>(thrower);
      const bool at_a_leaf = i >= step.tensors.size();
      const Tensor& t = at_a_leaf ? parameters[i - step.tensors.size()] : step.tensors[i];
      RemovableHandle handle = t.register_hook([](const Tensor&) { throw std::runtime_error("hook"); });
      EXPECT_THROW(step.loss().backward(), std::runtime_error);
      EXPECT_TRUE(is_grad_enabled());
      handle.remove();
      EXPECT_THROW(step.loss().backward(), GradError) << "the graph was released";
      if (!at_a_leaf) {
        for (const Tensor& p : parameters) EXPECT_FALSE(p.grad().defined());
      }
    }
    EXPECT_EQ(autograd::live_nodes(), 0);
    optimizer.zero_grad();
    Step(fc1, fc2, x, y).loss().backward();
    optimizer.step();
    return parameters;
  };
  const std::vector<Tensor> undisturbed = weights_after_a_step(-1);
  for (int thrower = 0; thrower < 5 + 4; ++thrower) {
    const std::vector<Tensor> disturbed = weights_after_a_step(thrower);
    for (std::size_t i = 0; i < undisturbed.size(); ++i) EXPECT_TRUE(equal(disturbed[i], undisturbed[i])) << thrower;
  }
}

TEST(Awkward, EightThreadsEvaluateOneModel) {
  manual_seed(4);
  const nn::Sequential model{nn::Linear(8, 16), nn::ReLU(), nn::Dropout(0.5), nn::Linear(16, 3), nn::LogSoftmax(1)};
  model.eval();
  const Tensor x = randn({7, 8});
  const Tensor expected = without_grad([&] { return model(x); });
  std::array<bool, 8> same{};
  std::vector<std::thread> threads;
  for (bool& result : same) {
    threads.emplace_back([&model, &x, &expected, &result] {
      NoGradGuard no_grad;
      result = true;
      for (int i = 0; i < 20; ++i) result = result && equal(model(x), expected);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (bool result : same) EXPECT_TRUE(result);
}

TEST(Awkward, ThreadsThatRecordOverSharedParametersTakeTheirOwnGradients) {
  manual_seed(5);
  const nn::Linear layer(4, 2);
  const Tensor x = randn({3, 4});
  const Tensor expected = grad({layer(x).sum()}, {layer.weight})[0];
  std::array<Tensor, 8> gradients;
  std::vector<std::thread> threads;
  for (Tensor& g : gradients) {
    threads.emplace_back([&layer, &x, &g] {
      for (int i = 0; i < 20; ++i) g = grad({layer(x).sum()}, {layer.weight})[0];
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Tensor& g : gradients) EXPECT_TRUE(equal(g, expected));
}

TEST(Awkward, AGraphRecordedHalfOnAnotherThreadRunsBackward) {
  Tensor x = testing::leaf({0.5, -1, 2}, {3});
  Tensor y;
  std::thread([&x, &y] { y = exp(x) * x; }).join();
  const Tensor z = (y * y).sum();
  std::thread([&z] { z.backward(); }).join();
  // z = x^2 e^2x: dz/dx = 2 x (1 + x) e^2x
  std::vector<double> expected;
  for (double v : {0.5, -1.0, 2.0}) expected.push_back(2 * v * (1 + v) * std::exp(2 * v));
  expect_close(x.grad(), expected, 1e-14);
}

TEST(Awkward, OpsThatKeepTheirOutputMakeNoCycle) {
  const std::int64_t before = autograd::live_nodes();
  const std::vector<std::pair<const char*, autograd::GradcheckFunction>> ops{
      {"exp", [](const std::vector<Tensor>& x) { return exp(x[0]); }},
      {"tanh", [](const std::vector<Tensor>& x) { return tanh(x[0]); }},
      {"sigmoid", [](const std::vector<Tensor>& x) { return sigmoid(x[0]); }},
      {"sqrt", [](const std::vector<Tensor>& x) { return sqrt(x[0]); }},
      {"softmax", [](const std::vector<Tensor>& x) { return softmax(x[0], 1); }},
      {"log_softmax", [](const std::vector<Tensor>& x) { return log_softmax(x[0], 1); }}};
  for (const auto& [name, op] : ops) {
    const Tensor x = testing::leaf({0.5, 1.5, 2.5, 0.75, 0.3, 1}, {2, 3});
    EXPECT_NO_THROW(autograd::gradgradcheck(op, {x})) << name;
    EXPECT_EQ(autograd::live_nodes(), before) << name;
    Tensor y = op({x});
    Tensor g = grad({y.sum()}, {x}, {.create_graph = true})[0];
    EXPECT_GT(autograd::live_nodes(), before) << name;
    y = g = Tensor();
    EXPECT_EQ(autograd::live_nodes(), before) << name;
  }
}

}  // namespace
}  // namespace xtape
