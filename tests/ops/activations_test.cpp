// The smooth and the bounded kin of relu: silu, mish, elu, selu, softplus, logsigmoid, hardtanh, relu6.
#include <cmath>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::Args;
using testing::expect_close;
using testing::gradient;
using testing::inf;
using testing::Input;
using testing::leaf;
using testing::nan;

/// Shapes, extreme and wide numbers, integers (PyTorch's function takes none), and the module. `torch` is PyTorch's
/// call of x[0]; `extremes` are the numbers at which it is right.
template <class F>
void add_activation(testing::OpCases& cases, const std::string& op, const std::string& torch, const Input& extremes,
                    F f) {
  auto run = [f](Args x) { return f(x[0]); };
  cases.add(op, "", {testing::away({2, 3, 4})}, torch, run);
  cases.add(op, "0-dim", {testing::away({})}, torch, run);
  cases.add(op, "empty", {testing::away({0, 3})}, torch, run);
  cases.add(op, "extremes", {extremes}, torch, run).smooth = false;
  cases.add(op, "wide", {testing::uniform({200}, -64, 128)}, torch, run).smooth = false;
}

/// Not the infinities, where PyTorch multiplies one by 0.
const Input finite_extremes =
    testing::given({14}, {0, -0.0, 1, -1, 0.5, -2.5, 3, nan, 1e-40, 1e30, -1e30, 88.5, -745, 0x1p53});
/// Not NaN, where PyTorch's gradient is NaN or 1: that depends on the position in the tensor.
const Input real_extremes =
    testing::given({15}, {0, -0.0, 1, -1, 0.5, -2.5, 3, inf, -inf, 1e-40, 1e30, -1e30, 88.5, -745, 0x1p53});

XTAPE_OP_CASES(silu) {
  add_activation(cases, "silu", "F.silu(x[0])", finite_extremes, silu);
  cases.add("silu", "integers", {testing::integers({5}, 9)}, "F.silu((x[0] - 3).float())",
            [](Args x) { return silu(x[0] - 3); });
  cases.add("SiLU", "", {testing::any({4, 3})}, "nn.SiLU()(x[0])", [](Args x) { return nn::SiLU()(x[0]); });
}

XTAPE_OP_CASES(mish) {
  add_activation(cases, "mish", "F.mish(x[0])", finite_extremes, mish);
  cases.add("Mish", "", {testing::any({4, 3})}, "nn.Mish()(x[0])", [](Args x) { return nn::Mish()(x[0]); });
}

XTAPE_OP_CASES(elu) {
  for (const char* alpha : {"1.0", "0.3", "-2.0", "0.0"}) {
    const double a = std::stod(alpha);
    const std::string name = std::string("alpha ") + alpha, torch = std::string("F.elu(x[0], ") + alpha + ")";
    cases.add("elu", name, {testing::away({2, 3, 4})}, torch, [a](Args x) { return elu(x[0], a); });
    cases.add("elu", name + ", special", {real_extremes}, torch, [a](Args x) { return elu(x[0], a); }).smooth = false;
  }
  add_activation(cases, "elu", "F.elu(x[0])", real_extremes, [](const Tensor& x) { return elu(x); });
  add_activation(cases, "selu", "F.selu(x[0])", real_extremes, selu);
  cases.add("elu", "integers", {testing::integers({5}, 9)}, "F.elu((x[0] - 3).float())",
            [](Args x) { return elu(x[0] - 3); });
  cases.add("ELU", "", {testing::any({4, 3})}, "[nn.ELU()(x[0]), nn.ELU(0.5)(x[0])]", [](Args x) {
    return std::vector<Tensor>{nn::ELU()(x[0]), nn::ELU(0.5)(x[0])};
  });
  cases.add("SELU", "", {testing::any({4, 3})}, "nn.SELU()(x[0])", [](Args x) { return nn::SELU()(x[0]); });
}

XTAPE_OP_CASES(softplus) {
  add_activation(cases, "softplus", "F.softplus(x[0])", testing::special({20}),
                 [](const Tensor& x) { return softplus(x); });
  const std::vector<std::pair<double, double>> options = {{2, 3}, {0.25, 0.5}, {-1, 1}, {3, -1}};
  for (const auto& [b, t] : options) {
    const double beta = b, threshold = t;
    const std::string call = std::to_string(beta) + ", " + std::to_string(threshold);
    cases.add("softplus", "by " + call, {testing::away({2, 3, 4})}, "F.softplus(x[0], " + call + ")",
              [beta, threshold](Args x) { return softplus(x[0], beta, threshold); });
    cases
        .add("softplus", "by " + call + ", special", {testing::special({20})}, "F.softplus(x[0], " + call + ")",
             [beta, threshold](Args x) { return softplus(x[0], beta, threshold); })
        .smooth = false;
  }
  cases
      .add("softplus", "at the threshold", {testing::given({3}, {20, 20.00001, 19.99999})}, "F.softplus(x[0])",
           [](Args x) { return softplus(x[0]); })
      .smooth = false;
  cases.add("Softplus", "", {testing::any({4, 3})}, "[nn.Softplus()(x[0]), nn.Softplus(0.5, 0.3)(x[0])]", [](Args x) {
    return std::vector<Tensor>{nn::Softplus()(x[0]), nn::Softplus(0.5, 0.3)(x[0])};
  });
}

XTAPE_OP_CASES(logsigmoid) {
  add_activation(cases, "logsigmoid", "F.logsigmoid(x[0])", testing::special({20}), logsigmoid);
  cases.add("LogSigmoid", "", {testing::any({4, 3})}, "nn.LogSigmoid()(x[0])",
            [](Args x) { return nn::LogSigmoid()(x[0]); });
}

XTAPE_OP_CASES(hardtanh) {
  add_activation(cases, "hardtanh", "F.hardtanh(x[0])", testing::special({20}),
                 [](const Tensor& x) { return hardtanh(x); });
  add_activation(cases, "relu6", "F.relu6(x[0])", testing::special({20}), relu6);
  const Input bounds = testing::given({7}, {-2, -1, 0, 0.5, 1.5, 6, 7});
  for (const char* range : {"-2.0, 1.5", "0.5, 0.5", "-1.0, inf"}) {
    const std::string text = range;
    const double lo = std::stod(text), hi = std::stod(text.substr(text.find(',') + 1));
    cases
        .add("hardtanh", "from " + text, {bounds}, "F.hardtanh(x[0], " + text + ")",
             [lo, hi](Args x) { return hardtanh(x[0], lo, hi); })
        .smooth = false;
  }
  cases.add("relu6", "at the bounds", {bounds}, "F.relu6(x[0])", [](Args x) { return relu6(x[0]); }).smooth = false;
  cases.add("hardtanh", "integers", {testing::integers({9}, 9)},
            "[F.hardtanh(x[0] - 3), F.relu6(x[0] - 3), F.hardtanh((x[0] - 3).int(), -2, 4)]", [](Args x) {
              return std::vector<Tensor>{hardtanh(x[0] - 3), relu6(x[0] - 3), hardtanh((x[0] - 3).to(int32), -2, 4)};
            });
  cases.add("Hardtanh", "", {testing::away({4, 3})}, "[nn.Hardtanh()(x[0]), nn.Hardtanh(-0.5, 2)(x[0])]", [](Args x) {
    return std::vector<Tensor>{nn::Hardtanh()(x[0]), nn::Hardtanh(-0.5, 2)(x[0])};
  });
  cases.add("ReLU6", "", {testing::away({4, 3})}, "nn.ReLU6()(x[0])", [](Args x) { return nn::ReLU6()(x[0]); });
}

/// Expects value, gradient and second derivative at one point, in both floating dtypes.
void expect_activation_at(double at, Tensor (*f)(const Tensor&), double value, double slope, double curvature) {
  SCOPED_TRACE(at);
  for (DType dtype : {float64, float32}) {
    const Tensor x = tensor({at}, {.dtype = dtype, .requires_grad = true}), y = f(x);
    const double tolerance = dtype == float64 ? 1e-15 : 1e-6;
    expect_close(y, {value}, tolerance);
    const Tensor dx = grad({y.sum()}, {x}, {}, {.create_graph = true})[0];
    expect_close(dx, {slope}, tolerance);
    expect_close(dx.requires_grad() ? grad({dx.sum()}, {x}, {})[0] : zeros({1}), {curvature}, tolerance);
  }
}

TEST(Silu, FollowsItsLimitsFarOut) {
  for (double far : {1000.0, 1e10, inf}) {
    expect_activation_at(far, silu, far, 1, 0);
    expect_activation_at(-far, silu, 0, 0, 0);
  }
  expect_activation_at(0, silu, 0, 0.5, 0.5);
  expect_close(silu(tensor({nan})), {nan});
}

TEST(Silu, KeepsSmallResultsWhereTheExponentialOverflowsInFloat32) {
  EXPECT_NEAR(silu(tensor({-89.0})).item<double>() / -1.982353569998212e-37, 1, 1e-5);  // PyTorch's float32 gives -0
  EXPECT_TRUE(std::signbit(silu(tensor({-1000.0})).item<double>()));
}

TEST(Mish, FollowsItsLimitsFarOut) {
  for (double far : {1000.0, 1e10, inf}) {
    expect_activation_at(far, mish, far, 1, 0);
    expect_activation_at(-far, mish, 0, 0, 0);
  }
  expect_activation_at(0, mish, 0, 0.6, 0.64);
  expect_close(mish(tensor({nan})), {nan});
}

TEST(Elu, NeverOverflows) {
  auto f = [](const Tensor& x) { return elu(x, 2); };
  for (double far : {1000.0, 1e10, inf}) {
    expect_activation_at(far, f, far, 1, 0);
    expect_activation_at(-far, f, -2, 0, 0);
  }
}

TEST(Elu, KeepsTheDigitsOfSmallNumbers) {
  const Tensor y = elu(leaf({-1e-20, 1e-20, -0.0}, {3}));
  expect_close(y / 1e-20, {-1, 1, 0}, 1e-15);
  EXPECT_TRUE(std::signbit(y[2].item<double>()));
}

TEST(Elu, HasTheSlopeAlphaAtItsKink) {
  expect_activation_at(
      0, [](const Tensor& x) { return elu(x, 3); }, 0, 3, 0);
}

TEST(Elu, PassesNaNOnToItsGradient) {
  Tensor x = leaf({nan}, {1});
  expect_close(gradient(elu(x, 3), x, {1}), {nan});
}

TEST(Selu, IsAScaledElu) {
  const Tensor x = leaf({-3, -1, 0.5}, {3});
  expect_close(selu(x), (1.0507009873554805 * elu(x, 1.6732632423543772)).to_vector<double>(), 1e-15);
}

TEST(Softplus, NeverOverflowsAndNeverRoundsToZeroTooSoon) {
  auto f = [](const Tensor& x) { return softplus(x); };
  auto exact = [](const Tensor& x) { return softplus(x, 1, inf); };
  for (double far : {1000.0, 1e10, inf}) {
    expect_activation_at(far, f, far, 1, 0);
    expect_activation_at(far, exact, far, 1, 0);
    expect_activation_at(-far, f, 0, 0, 0);
  }
  EXPECT_NEAR(softplus(leaf({-700}, {1})).item<double>() / 9.859676543759770e-305, 1, 1e-12);
}

TEST(Softplus, IsItsInputBeyondTheThreshold) {
  expect_close(softplus(leaf({20, 20.5}, {2})), {20.000000002061153, 20.5}, 1e-16);
  expect_close(softplus(leaf({20.5}, {1}), 1, inf), {20.500000001250153}, 1e-16);
}

TEST(LogSigmoid, IsExactForAnyNumber) {
  for (double far : {1000.0, 1e10, inf}) {
    expect_activation_at(-far, logsigmoid, -far, 1, 0);
    expect_activation_at(far, logsigmoid, 0, 0, 0);
  }
  EXPECT_FALSE(std::signbit(logsigmoid(tensor({1000.0})).item<double>()));
  EXPECT_NEAR(logsigmoid(leaf({50}, {1})).item<double>() / -1.9287498479639178e-22, 1, 1e-15);
}

TEST(Hardtanh, PassesNoGradientAtItsBounds) {  // clamp does
  Tensor x = leaf({-2, -1, 0, 1, 2, nan}, {6});
  expect_close(gradient(hardtanh(x), x, {1, 1, 1, 1, 1, 1}), {0, 0, 1, 0, 0, 0});
  expect_close(gradient(clamp(x, -1, 1), x, {1, 1, 1, 1, 1, 1}), {0, 1, 1, 1, 0, 0});
}

TEST(Hardtanh, OfIntegersIsIntegers) {
  EXPECT_EQ(hardtanh(tensor({-3, 0, 3})).dtype(), int64);
  expect_close(hardtanh(tensor({-3, 0, 3}), -2, 1), {-2, 0, 1});
}

TEST(Activations, RefuseWhatPyTorchTakesWithoutSense) {
  testing::expect_errors({
      {"ValueError: elu: alpha is NaN", [] { elu(ones({2}), nan); }},
      {"ValueError: softplus: beta is 0, it must be finite and not 0", [] { softplus(ones({2}), 0); }},
      {"ValueError: softplus: beta is nan, it must be finite and not 0", [] { softplus(ones({2}), nan); }},
      {"ValueError: softplus: beta is -inf, it must be finite and not 0", [] { softplus(ones({2}), -inf); }},
      {"ValueError: softplus: threshold is NaN", [] { softplus(ones({2}), 1, nan); }},
      {"ValueError: hardtanh: min_val is NaN", [] { hardtanh(ones({2}), nan); }},
      {"ValueError: hardtanh: max_val is NaN", [] { hardtanh(ones({2}), 0, nan); }},
      {"ValueError: hardtanh: min_val 2 is greater than max_val 1", [] { hardtanh(ones({2}), 2); }},
      {"ValueError: hardtanh: max_val 0.5 is not a whole number, but the input is int64; convert it with .to(float32)",
       [] {
         hardtanh(tensor({1, 2}), 0, 0.5);
       }},
      {"ValueError: hardtanh: inf does not fit int32", [] { hardtanh(tensor({1}, {.dtype = int32}), 0, inf); }},
      {"ValueError: hardtanh \"1\": min_val 2 is greater than max_val 1",
       [] {
         nn::Sequential{nn::Identity(), nn::Hardtanh(2)}(ones({2}));
       }},
      {"DTypeError: relu6: not defined for bool_; use & | ^ ~, or convert it with .to(int64) or .to(float32)",
       [] { relu6(tensor({true})); }},
      {"ValueError: mish: the tensor is undefined; has backward run?", [] { mish(Tensor()); }},
      {"ValueError: elu: the tensor is undefined; has backward run?", [] { elu(Tensor()); }},
      {"ValueError: softplus: the tensor is undefined; has backward run?", [] { softplus(Tensor()); }},
      {"ValueError: hardtanh: the tensor is undefined; has backward run?", [] { hardtanh(Tensor()); }},
      {"ValueError: logsigmoid: the tensor is undefined; has backward run?", [] { logsigmoid(Tensor()); }},
  });
}

}  // namespace
}  // namespace xtape
