#include <string>
#include <vector>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::away;
using testing::expect_close;
using testing::expect_errors;
using testing::given;
using testing::gradient;
using testing::inf;
using testing::Input;
using testing::leaf;
using testing::nan;

XTAPE_OP_CASES(norm) {
  const auto add = [&cases](const std::string& name, const Input& input, double p, const std::string& in_python,
                            const Shape& dims = {}, bool keepdim = false) -> testing::OpCase& {
    return cases.add("norm", name, {input}, "torch.norm(x[0], " + in_python + ")",
                     [=](Args x) { return norm(x[0], p, dims, keepdim); });
  };
  const Input numbers = away({2, 3, 4}), with_zeros = given({2, 3}, {0, 3, -4, 0, 0, 0});
  cases.add("norm", "", {numbers}, "torch.norm(x[0])", [](Args x) { return norm(x[0]); });
  for (const auto& [p, text] : std::vector<std::pair<double, std::string>>{{2, "2"},
                                                                           {1, "1"},
                                                                           {3, "3"},
                                                                           {1.5, "1.5"},
                                                                           {0.5, "0.5"},
                                                                           {-1, "-1"},
                                                                           {-2.5, "-2.5"},
                                                                           {inf, "inf"},
                                                                           {-inf, "-inf"}}) {
    add(text + " over 1", numbers, p, text + ", 1", {1});
    add(text + " over 0 2, kept", numbers, p, text + ", [0, 2], True", {0, 2}, true);
    add(text + " with zeros", with_zeros, p, text + ", 1", {1}).smooth = false;
    add(text + " with ties", given({2, 2}, {3, -3, 3, 3}), p, text + ", 1", {1}).smooth = !std::isinf(p);
    add(text + " 0-dim", away({}), p, text);
    if (p != 1) add(text + " with NaN", given({2, 2}, {nan, 1, 2, nan}), p, text + ", 0", {0}).smooth = false;
  }
  add("2 with infinity", given({2, 2}, {inf, 1, 2, -3}), 2, "2, 1", {1}).smooth = false;
  add("3 with infinity", given({2, 2}, {inf, 1, 2, -3}), 3, "3, 1", {1}).smooth = false;
  add("2 of no rows", any({0, 3}), 2, "2, 1", {1});
  add("2 over nothing", any({0, 3}), 2, "2, 0", {0}).smooth = false;
  cases.add("norm", "long", {any({2, 5000})}, "torch.norm(x[0].detach(), 2, 1)",
            [](Args x) { return norm(x[0].detach(), 2, 1); });
  cases.add("norm", "0", {with_zeros}, "torch.norm(x[0].detach(), 0, 1)",
            [](Args x) { return norm(x[0].detach(), 0, 1); });
}

TEST(Norm, IsTheLengthOfAVector) {
  const Tensor x = leaf({3, -4, 0, 5}, {2, 2});
  expect_close(x.norm(), {std::sqrt(50.)}, 1e-15);
  expect_close(x.norm(2, 1), {5, 5}, 1e-15);
  expect_close(x.norm(1), {12});
  expect_close(x.norm(INFINITY, 0), {3, 5});
  expect_close(x.norm(-INFINITY, {1}), {3, 0});
  expect_close(x.norm(0, 1), {2, 1});
  expect_close(x.norm(-1, 1), {1 / (1. / 3 + 1. / 4), 0}, 1e-15);
  EXPECT_EQ(norm(x, 2, {0, 1}, true).shape(), (Shape{1, 1}));
  EXPECT_EQ(norm(x, 2, -1, true).shape(), (Shape{2, 1}));
  expect_close(norm(x, 1, {}), {12});
}

TEST(Norm, DoesNotOverflowOnTheWay) {  // PyTorch: inf and 0
  expect_close(leaf({3e200, 4e200}, {2}).norm(), {5e200}, 1e-15);
  expect_close(leaf({3e-200, 4e-200}, {2}).norm() * 1e200, {5}, 1e-15);
  expect_close(tensor({3e30f, 4e30f}).norm() / 1e30, {5}, 1e-6);
  expect_close(leaf({1e300, 1e300}, {2}).norm(-4), {1e300 / std::sqrt(std::sqrt(2))}, 1e-14);
  expect_close(leaf({1e-300, 1e-300}, {2}).norm(-4) * 1e300, {1 / std::sqrt(std::sqrt(2))}, 1e-14);
}

TEST(Norm, HasGradientZeroWhereItIsZero) {
  for (double p : {2., 1., 3., 1.5, 0.5, -1., double{INFINITY}, -double{INFINITY}}) {
    Tensor x = leaf({0, 0}, {2});
    const Tensor g = grad({x.norm(p)}, {x}, {.create_graph = true})[0];
    expect_close(g, {0, 0});
    if (g.requires_grad()) expect_close(grad({g.sum()}, {x})[0], {0, 0});
  }
}

TEST(Norm, SharesTheGradientAmongEquals) {
  Tensor x = leaf({2, -2, 1}, {3});
  expect_close(gradient(x.norm(INFINITY), x, {1}), {0.5, -0.5, 0});
  Tensor z = leaf({2, -2, 3}, {3});
  expect_close(gradient(z.norm(-INFINITY), z, {1}), {0.5, -0.5, 0});
}

TEST(Norm, ThatCountsHasNoGradient) {
  Tensor x = leaf({0, 2}, {2});
  (x.norm(0) + x.sum()).backward();
  expect_close(x.grad(), {1, 1});
}

TEST(Norm, OfNothingIsZero) {
  expect_close(zeros({0}).norm(), {0});
  expect_close(zeros({0, 2}).norm(1, 0), {0, 0});
  EXPECT_EQ(zeros({0, 2}).norm(INFINITY, 1).shape(), (Shape{0}));
}

TEST(Norm, RefusesWhatHasNoNorm) {
  expect_errors({
      {"DTypeError: norm: expected a floating dtype, got int64; convert it with .to(float32)",
       [] {
         tensor({1, 2}).norm();
       }},
      {"ValueError: norm: the tensor is undefined; has backward run?", [] { norm(Tensor()); }},
      {"ValueError: norm: p is nan, expected a number or INFINITY", [] { ones({2}).norm(nan); }},
      {"ValueError: norm: p = inf over no elements of (0, 3); it needs at least one",
       [] {
         zeros({0, 3}).norm(inf, 0);
       }},
      {"ValueError: norm: p = -2 over no elements of (0); it needs at least one", [] { zeros({0}).norm(-2); }},
      {"IndexError: norm: dim 1 is outside [-1, 1)", [] { ones({2}).norm(2, 1); }},
      {"ValueError: norm: dim 0 is given twice in (0, 0)",
       [] {
         ones({2, 3}).norm(2, {0, 0});
       }},
  });
}

}  // namespace
}  // namespace xtape
