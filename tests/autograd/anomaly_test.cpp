#include <limits>

#include "support/expect.hpp"

namespace xtape::testing {
namespace {

TEST(Anomaly, NamesTheOpWhoseForwardMadeTheFirstNaN) {
  Tensor x = leaf({4, -1, 9, 16}, {2, 2});
  const autograd::DetectAnomalyGuard guard;
  const Tensor y = x * 2;
  expect_error<GradError>([&] { sqrt(y) + 1; }, "sqrt: anomaly: the value is NaN at element [0, 1], and no input is");
}

TEST(Anomaly, SaysWhenAnInputWasAlreadyNaN) {
  Tensor x = leaf({1, nan}, {2});
  const autograd::DetectAnomalyGuard guard;
  expect_error<GradError>([&] { 1 + x; }, "add: anomaly: ", "input 1 is NaN already at element [1]");
}

TEST(Anomaly, NamesTheOpWhoseGradientIsTheFirstNaN) {
  Tensor x = leaf({0, 4}, {2});
  const autograd::DetectAnomalyGuard guard;
  const Tensor y = sqrt(x * 1) * tensor({0.0, 1.0});  // 0 * inf at x = 0
  expect_error<GradError>(
      [&] { y.sum().backward(); },
      "sqrt: anomaly in backward: the gradient for input 0 is NaN at element [0], the gradient that "
      "arrived is not");
  EXPECT_FALSE(x.grad().defined());
}

TEST(Anomaly, SaysWhenTheSeedIsNaN) {
  Tensor x = leaf({1}, {1});
  const autograd::DetectAnomalyGuard guard;
  expect_error<GradError>([&] { (x * 2).backward(tensor({nan}, {.dtype = float64})); },
                          "mul: anomaly in backward: ", "as is the gradient that arrived");
}

struct Inner : nn::Module {
  nn::Parameter w = register_parameter("w", full({2}, -1.0));
  bool root = true;
  explicit Inner(bool with_root) : root(with_root) {}
  Tensor forward(const Tensor& x) { return root ? sqrt(x * w) : sqrt(x * 0 * w) * 0; }
};
struct Outer : nn::Module {
  Inner inner;
  explicit Outer(bool root) : inner(register_module("inner", Inner(root))) {}
  Tensor forward(const Tensor& x) { return inner(x) + 1; }
};

TEST(Anomaly, NamesTheModuleOfAForward) {
  const Outer model(true);
  const nn::Sequential net{model};
  const autograd::DetectAnomalyGuard guard;
  expect_error<GradError>([&] { net(ones({2})); }, "sqrt \"0.inner\": anomaly: the value is NaN at element [0]");
}

TEST(Anomaly, NamesTheModuleOfABackwardLongAfterItsForward) {
  const Outer model(false);
  const nn::Sequential net{model};
  const autograd::DetectAnomalyGuard guard;
  const Tensor y = net(ones({2}));
  expect_error<GradError>([&] { y.sum().backward(); }, "sqrt \"0.inner\": anomaly in backward: ");
}

TEST(Anomaly, AcceptsNaNInAnIgnoredRowAndInfiniteLogits) {
  const autograd::DetectAnomalyGuard guard;
  Tensor x = leaf({nan, 1, 2, 3}, {2, 2});
  const Tensor target = tensor({-100, 1});
  const Tensor loss = cross_entropy(x, target);  // NaN only in an ignored row: SEMANTICS [11]
  EXPECT_NO_THROW(loss.backward());
  Tensor z = leaf({-std::numeric_limits<double>::infinity(), 0}, {1, 2});
  EXPECT_NO_THROW(log_softmax(z, 1).sum());
}

TEST(Anomaly, CoversGradientsOfGradients) {
  Tensor x = leaf({0}, {1});
  const autograd::DetectAnomalyGuard guard;
  const Tensor dx = grad({pow(x, 1.5).sum()}, {x}, {.create_graph = true})[0];  // 1.5 sqrt(x), whose slope at 0 is inf
  EXPECT_THROW(static_cast<void>(grad({(dx * 0).sum()}, {x})), GradError);
}

TEST(Anomaly, ChecksOnlyRecordedValuesInItsScope) {
  Tensor x = leaf({-1}, {1});
  {
    const autograd::DetectAnomalyGuard outer;
    { const autograd::DetectAnomalyGuard inner; }
    EXPECT_THROW(sqrt(x), GradError);
    EXPECT_NO_THROW(without_grad([&x] { return sqrt(x); }));  // nothing recorded
    EXPECT_NO_THROW((x * 2).sum().backward());
  }
  EXPECT_NO_THROW(sqrt(x).sum().backward());
}

}  // namespace
}  // namespace xtape::testing
