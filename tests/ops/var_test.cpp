// var and std.
#include <string>
#include <vector>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::expect_close;
using testing::expect_errors;
using testing::given;
using testing::gradient;
using testing::inf;
using testing::Input;
using testing::leaf;
using testing::nan;
using testing::OpCases;

using SpreadOverDims = Tensor (*)(const Tensor&, const Shape&, double, bool);

/// The cases of `op`, "var" or "std".
void add_spread_cases(OpCases& cases, const std::string& op, SpreadOverDims f) {
  const auto add = [&cases, &op, f](const std::string& name, const Input& input, const Shape& dims,
                                    const std::string& in_python, double correction = 1,
                                    bool keepdim = false) -> testing::OpCase& {
    return cases.add(op, name, {input}, "torch." + op + "(x[0], " + in_python + ")",
                     [=](Args x) { return f(x[0], dims, correction, keepdim); });
  };
  const Input cube_of_any = any({2, 3, 4});
  cases.add(op, "", {cube_of_any}, "torch." + op + "(x[0])", [f](Args x) { return f(x[0], {}, 1, false); });
  add("biased", cube_of_any, {}, "correction=0", 0);
  add("over 0", cube_of_any, {0}, "0");
  add("over -1, biased, kept", cube_of_any, {-1}, "-1, correction=0, keepdim=True", 0, true);
  add("over 1 2", cube_of_any, {1, 2}, "[1, 2]");
  add("over 0 2, kept", cube_of_any, {0, 2}, "[0, 2], keepdim=True", 1, true);
  add("over no dims, kept", cube_of_any, {}, "keepdim=True", 1, true);
  add("correction of a half", cube_of_any, {2}, "2, correction=0.5", 0.5);
  add("negative correction", cube_of_any, {2}, "2, correction=-1", -1);
  cases.add(op, "long", {any({2, 5000})}, "torch." + op + "(x[0].detach(), 1)",
            [f](Args x) { return f(x[0].detach(), {1}, 1, false); });
  add("of equals", given({2, 3}, {0.1, 0.1, 0.1, 1, 2, 4}), {1}, "1").smooth = false;
  add("of one element", any({3, 1}), {1}, "1").smooth = false;
  add("of one element, biased", any({3, 1}), {1}, "1, correction=0", 0).smooth = false;
  add("0-dim", any({}), {0}, "0").smooth = false;
  add("empty", any({0, 3}), {0}, "0").smooth = false;
  add("of no rows", any({0, 3}), {1}, "1").smooth = false;
  add("large mean", given({4}, {1000001, 1000002, 1000003, 1000004}), {0}, "0").smooth = false;
  add("infinity", given({2, 2}, {inf, 1, nan, 0}), {1}, "1").smooth = false;
}

XTAPE_OP_CASES(var) { add_spread_cases(cases, "var", var); }
XTAPE_OP_CASES(std) { add_spread_cases(cases, "std", xtape::std); }

TEST(Var, DividesByOneLessThanTheNumberOfElements) {
  const Tensor x = leaf({1, 2, 4, 0, 0, 6}, {2, 3});
  expect_close(x.var(1), {7. / 3, 12}, 1e-15);
  expect_close(x.var(1, 0), {14. / 9, 8}, 1e-15);
  expect_close(x.var({1}, 2), {14. / 3, 24}, 1e-15);
  expect_close(x.std(1), {std::sqrt(7. / 3), std::sqrt(12.)}, 1e-15);
  EXPECT_EQ(var(x, {0, 1}, 1, true).shape(), (Shape{1, 1}));
  EXPECT_EQ(xtape::std(x, 0, 0, true).shape(), (Shape{1, 3}));
}

TEST(Var, TakesPyTorchsUnbiased) {
  const Tensor x = leaf({1, 2, 4}, {1, 3});
  expect_close(x.var(false), {14. / 9}, 1e-15);  // of all elements: not over dim 0
  expect_close(var(x, true), {7. / 3}, 1e-15);
  expect_close(x.std(false), {std::sqrt(14. / 9)}, 1e-15);
  expect_close(xtape::std(x, true), {std::sqrt(7. / 3)}, 1e-15);
  expect_close(x.var(1, false), {14. / 9}, 1e-15);
  EXPECT_EQ(x.var(1, false, true).shape(), (Shape{1, 1}));
}

TEST(Var, OverNoDimsIsOverAll) {
  const Tensor x = leaf({1, 2, 3, 4}, {2, 2});
  expect_close(x.var({}), {5. / 3}, 1e-15);
  expect_close(var(x, {}, 0), {1.25});
  expect_close(x.std({}, 0), {std::sqrt(1.25)});
  expect_close(xtape::std(x, {}), {std::sqrt(5. / 3)}, 1e-15);
}

TEST(Var, LosesNoDigitsToALargeMean) {
  std::vector<double> values;
  for (int i = 0; i < 100'000; ++i) values.push_back(1e6 + (i % 2 == 0 ? 0.0625 : -0.0625));
  const Tensor x = tensor(values);
  expect_close(x.var(0, 0), {0.00390625}, 1e-13);
  expect_close(x.to(float32).var(0, 0), {0.00390625}, 1e-7);
  Tensor far = leaf({1e15, 1e15 + 1, 1e15 + 2}, {3});
  expect_close(far.var(), {1});
  expect_close(gradient(far.var(), far, {1}), {-1, 0, 1});
  Tensor single = tensor({8388608.f, 8388609.f, 8388609.f, 8388609.f}).requires_grad_();
  expect_close(gradient(single.var(0, 0), single, {2}), {-0.75, 0.25, 0.25, 0.25});  // the mean needs 25 bits
}

TEST(Var, OfEqualElementsIsExactlyZero) {
  expect_close(full({1000}, 0.1, {.dtype = float64}).var(), {0});
  Tensor x = leaf(std::vector<double>(1000, 0.1), {1000});
  expect_close(gradient(x.std(), x, {1}), std::vector<double>(1000, 0));
}

TEST(Var, OfOneElementOrNoneIsNaN) {
  expect_close(tensor({3.}).var(), {NAN});
  expect_close(tensor(3.).std(), {NAN});
  expect_close(tensor(3.).var(0, 0), {0});
  expect_close(zeros({0}).var(), {NAN});
  expect_close(zeros({0}).std(false), {NAN});
  expect_close(tensor({1., 2.}).var(0, 2), {INFINITY});
  expect_close(tensor({1., 2.}).var(0, 3), {INFINITY});
}

TEST(Std, HasASecondDerivativeWhereItIsNotZero) {
  Tensor x = leaf({1, 3, 5, 5}, {2, 2});  // the second row has no spread
  const Tensor g = grad({x.std(1).sum()}, {x}, {.create_graph = true})[0];
  expect_close(g, {-std::sqrt(0.5), std::sqrt(0.5), 0, 0}, 1e-15);
  expect_close(grad({(g * g * x.detach()).sum()}, {x})[0], {0, 0, 0, 0}, 1e-15);
}

TEST(Std, LeavesTheNamespaceStdAlone) {
  using namespace xtape;
  std::vector<double> v = {1, 3};
  namespace standard = std;
  using std::string;
  expect_close(xtape::std(tensor(v)), {std::sqrt(2.)}, 1e-15);
  EXPECT_EQ(standard::to_string(v.size()), string("2"));
}

TEST(Var, RefusesWhatHasNoVariance) {
  expect_errors({
      {"DTypeError: var: expected a floating dtype, got int64; convert it with .to(float32)",
       [] {
         tensor({1, 2}).var();
       }},
      {"DTypeError: std: expected a floating dtype, got bool_; convert it with .to(float32)",
       [] { tensor({true}).std(0); }},
      {"ValueError: var: the tensor is undefined; has backward run?", [] { var(Tensor()); }},
      {"IndexError: std: dim 2 is outside [-2, 2)",
       [] {
         ones({2, 3}).std(2);
       }},
      {"ValueError: var: dim -1 is given twice in (1, -1)",
       [] {
         ones({2, 3}).var({1, -1});
       }},
      {"ValueError: var: correction is nan, expected a finite number",
       [] {
         ones({2, 3}).var(0, nan);
       }},
      {"ValueError: std: correction is inf, expected a finite number",
       [] {
         ones({2, 3}).std({}, inf);
       }},
  });
}

}  // namespace
}  // namespace xtape
