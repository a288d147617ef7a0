#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::expect_close;
using testing::expect_error;
using testing::given;
using testing::gradient;
using testing::Input;
using testing::integers;
using testing::leaf;
using testing::OpCases;
using testing::Tensors;

void add_extremum(OpCases& cases, const std::string& op, Tensor (*whole)(const Tensor&),
                  ValuesAndIndices (*along)(const Tensor&, std::int64_t, bool)) {
  const std::string torch = "torch." + op, torch_whole = torch + "(x[0])", torch_over1 = torch + "(x[0], 1)";
  auto of_all = [whole](Args x) { return whole(x[0]); };
  auto over = [along](const Tensor& x, std::int64_t dim, bool keepdim = false) {
    const ValuesAndIndices y = along(x, dim, keepdim);
    return Tensors{y.values, y.indices};
  };
  auto over1 = [over](Args x) { return over(x[0], 1); };
  auto both = [whole, along](const Tensor& x, std::int64_t dim) {
    const ValuesAndIndices y = along(x, dim, false);
    return Tensors{whole(x), y.values, y.indices};
  };
  const Input ties = given({2, 3}, {3, 1, 3, 1, 1, 3});
  cases.add(op, "", {any({2, 3, 4})}, torch_whole, of_all);
  cases.add(op, "0-dim", {any({})}, "[" + torch_whole + ", *" + torch + "(x[0], 0)]",
            [both](Args x) { return both(x[0], 0); });
  cases.add(op, "ties", {ties}, torch_whole, of_all).smooth = false;
  cases
      .add(op, "NaN", {given({2, 3}, {3, NAN, 5, 1, 1, 3})}, "[*" + torch_over1 + ", *" + torch + "(x[0], 0)]",
           [along](Args x) {
             const ValuesAndIndices a = along(x[0], 1, false), b = along(x[0], 0, false);
             return Tensors{a.values, a.indices, b.values, b.indices};
           })
      .smooth = false;
  for (std::int64_t dim : {0, 1, -1}) {
    const std::string name = "over " + std::to_string(dim), call = torch + "(x[0], " + std::to_string(dim);
    cases.add(op, name, {any({2, 3, 4})}, call + ")", [over, dim](Args x) { return over(x[0], dim); });
    cases.add(op, name + ", kept", {any({2, 3, 4})}, call + ", keepdim=True)",
              [over, dim](Args x) { return over(x[0], dim, true); });
  }
  cases.add(op, "ties over 1", {ties}, torch_over1, over1).smooth = false;
  cases
      .add(op, "infinities", {given({2, 3}, {-INFINITY, -INFINITY, -INFINITY, INFINITY, 0, INFINITY})}, torch_over1,
           over1)
      .smooth = false;
  cases.add(op, "integers", {integers({3, 4}, 5)}, "[" + torch_whole + ", *" + torch_over1 + "]",
            [both](Args x) { return both(x[0], 1); });
}

XTAPE_OP_CASES(max) {
  add_extremum(cases, "max", max, max);
  add_extremum(cases, "min", min, min);
}

TEST(Max, FindsTheLargest) {
  expect_close(max(tensor({{1.0f, 7.0f}, {-3.0f, 4.0f}})), {7});
  expect_close(max(tensor({3, -9, 2})), {3});
  expect_close(max(tensor(2.5)), {2.5});
  EXPECT_EQ(max(tensor({3, -9, 2})).dtype(), int64);
}

TEST(Min, FindsTheSmallest) {
  expect_close(min(tensor({{1.0f, 7.0f}, {-3.0f, 4.0f}})), {-3});
  expect_close(min(tensor({3, -9, 2})), {-9});
}

TEST(Max, FindsTheLargestAlongADim) {
  const Tensor x = tensor({{1, 5, 3}, {4, 2, 6}});
  const auto [rows, at] = max(x, 1);
  expect_close(rows, {5, 6});
  expect_close(at, {1, 2});
  EXPECT_EQ(at.dtype(), int64);
  EXPECT_EQ(rows.shape(), (Shape{2}));
  expect_close(max(x, 0).values, {4, 5, 6});
  expect_close(max(x, -2).indices, {1, 0, 1});
  EXPECT_EQ(max(x, 0, true).values.shape(), (Shape{1, 3}));
  EXPECT_EQ(max(x, 0, true).indices.shape(), (Shape{1, 3}));
}

TEST(Min, FindsTheSmallestAlongADim) {
  const auto [values, indices] = min(tensor({{{1, 5}, {3, 4}}, {{2, 6}, {0, 9}}}), 1);
  expect_close(values, {1, 4, 0, 6});
  expect_close(indices, {0, 1, 1, 0});
}

TEST(Max, LetsNaNWin) {  // SEMANTICS [21]
  expect_close(max(tensor({1.0f, NAN, INFINITY})), {NAN});
  expect_close(min(tensor({NAN, -INFINITY})), {NAN});
  const Tensor x = tensor({{1.0f, NAN, NAN}, {3.0f, INFINITY, 2.0f}});
  expect_close(max(x, 1).values, {NAN, INFINITY});
  expect_close(max(x, 1).indices, {1, 1});
  expect_close(min(x, 1).indices, {1, 2});
}

TEST(Max, OfMinusInfinitiesIsMinusInfinity) { expect_close(max(tensor({-INFINITY, -INFINITY})), {-INFINITY}); }

TEST(Max, SharesTheGradientAmongEquals) {  // SEMANTICS [21]
  Tensor x = leaf({3, 1, 3}, {3}), z = leaf({-INFINITY, 2, -INFINITY}, {3});
  expect_close(gradient(max(x), x, {1}), {0.5, 0, 0.5});
  expect_close(gradient(min(z), z, {1}), {0.5, 0, 0.5});
}

TEST(Max, SharesTheGradientAmongNaNs) {
  Tensor x = leaf({3, NAN, NAN}, {3});
  expect_close(gradient(max(x), x, {1}), {0, 0.5, 0.5});
}

TEST(Max, AlongADimGivesAllToTheFirstOfEquals) {  // SEMANTICS [21]
  Tensor x = leaf({3, 1, 3, 2, 2, 2}, {2, 3});
  expect_close(max(x, 1).indices, {0, 0});
  expect_close(gradient(max(x, 1).values, x, {1, 5}), {1, 0, 0, 5, 0, 0});
  expect_close(gradient(min(x, 1).values, x, {1, 5}), {0, 1, 0, 5, 0, 0});
  expect_close(gradient(max(x, 0, true).values, x, {1, 2, 3}), {1, 0, 3, 0, 2, 0});
}

TEST(Max, GivesTheOthersZeroWhateverTheUpstreamGradient) {
  Tensor x = leaf({3, 1}, {2});
  expect_close(gradient(max(x), x, {INFINITY}), {INFINITY, 0});
  expect_close(gradient(max(x, 0).values, x, {NAN}), {NAN, 0});
}

TEST(Max, TakesAZeroDimTensorAlongItsOneDim) {
  Tensor x = leaf({3}, {});
  const auto [value, index] = max(x, 0);
  EXPECT_EQ(value.shape(), Shape{});
  expect_close(index, {0});
  expect_close(gradient(value, x, {2}), {2});
}

TEST(Max, NoticesIndicesModifiedInPlace) {
  Tensor x = leaf({3, 1}, {2});
  const ValuesAndIndices y = max(x, 0);
  y.indices.fill_(1);
  expect_error<GradError>([&] { y.values.backward(); }, "max", "modified in place");
}

TEST(Max, OfNoRowsIsEmpty) { EXPECT_EQ(max(zeros({3, 0}), 0).values.shape(), (Shape{0})); }

TEST(Max, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"ValueError: max: a tensor of shape (0) has no elements", [] { zeros({0}).max(); }},
      {"ValueError: max: dim 1 of shape (2, 0) has no elements", [] { zeros({2, 0}).max(1); }},
      {"ValueError: max: the tensor is undefined; has backward run?", [] { max(Tensor()); }},
      {"ValueError: max: a tensor of shape (0, 3) has no elements", [] { max(zeros({0, 3})); }},
      {"IndexError: min: dim 5 is outside [-2, 2)", [] { ones({2, 3}).min(5); }},
      {"ValueError: min: dim 1 of shape (3, 0) has no elements", [] { min(zeros({3, 0}), 1); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
