#include <cmath>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::Args;
using testing::constant;
using testing::expect_close;
using testing::given;
using testing::gradient;
using testing::Input;
using testing::leaf;
using testing::OpCases;
using testing::Tensors;
using testing::uniform;

void add_kl_div(OpCases& cases, const std::string& name, const Input& target, bool log_target) {
  const std::string torch = std::string("[F.kl_div(*x, reduction=r, log_target=") + (log_target ? "True" : "False") +
                            ") for r in ('batchmean', 'none', 'mean', 'sum')]";
  cases.add("kl_div", name, {uniform({4, 3}, -3, 3), target}, torch, [log_target](Args x) {
    auto loss = [&x, log_target](Reduction r) {
      return kl_div(x[0], x[1], {.reduction = r, .log_target = log_target});
    };
    return Tensors{loss(Reduction::batchmean), loss(Reduction::none), loss(Reduction::mean), loss(Reduction::sum)};
  });
}

XTAPE_OP_CASES(kl_div) {
  add_kl_div(cases, "", uniform({4, 3}, 0.1, 0.8), false);
  add_kl_div(cases, "of a log target", uniform({4, 3}, -3, 3), true);
  cases
      .add("kl_div", "targets of zero", {uniform({2, 3}, -3, 3), given({2, 3}, {0, 1, 0.5, 1, 0, 0})},
           "F.kl_div(x[0], x[1].detach(), reduction='sum')",
           [](Args x) { return kl_div(x[0], x[1].detach(), {.reduction = Reduction::sum}); })
      .smooth = false;
  cases
      .add("kl_div", "far", {given({4}, {-1000, -INFINITY, -3, -1}), constant({4}, {1e-30, 0.5, 1e-300, 1})},
           "F.kl_div(*x, reduction='none')", [](Args x) { return kl_div(x[0], x[1], {.reduction = Reduction::none}); })
      .smooth = false;
}

const std::vector<double> six_ones(6, 1.0);

struct Distributions {
  Tensor x = leaf({-0.5, -1.2, -2, -0.7, -0.4, -1.1}, {2, 3}), t = leaf({0.2, 0.3, 0.5, 0.6, 0.1, 0.3}, {2, 3});
  Tensor log_t = leaf({-0.9, -1.5, -1, -0.6, -2, -0.8}, {2, 3});
};

TEST(KlDiv, HasPyTorchsValueAndGradients) {
  Distributions c;
  const Tensor y = kl_div(c.x, c.t, {.reduction = Reduction::none});
  expect_close(y,
               {-0.22188758248682008, -0.0011918412977808268, 0.6534264097200273, 0.11350462574040554,
                -0.19025850929940455, -0.031191841297780798},
               1e-12);
  expect_close(gradient(y, c.x, six_ones), {-0.2, -0.3, -0.5, -0.6, -0.1, -0.3}, 1e-12);
  expect_close(gradient(y, c.t, six_ones),
               {-0.10943791243410028, 0.9960271956740638, 2.3068528194400546, 1.1891743762340092, -0.9025850929940454,
                0.896027195674064},
               1e-12);
}

TEST(KlDiv, HasPyTorchsReductions) {
  const Distributions c;
  expect_close(kl_div(c.x, c.t, {.reduction = Reduction::sum}), {0.3224012610786466}, 1e-12);
  expect_close(kl_div(c.x, c.t), {0.053733543513107766}, 1e-12);
  expect_close(kl_div(c.x, c.t, {.reduction = Reduction::batchmean}), {0.1612006305393233}, 1e-12);
  expect_close(kl_div(leaf({-1}, {}), leaf({0.5}, {}), {.reduction = Reduction::batchmean}), {0.15342640972002736},
               1e-12);
}

TEST(KlDiv, HasPyTorchsValueAndGradientsOfALogTarget) {
  Distributions c;
  const Tensor y = kl_div(c.x, c.log_t, {.reduction = Reduction::batchmean, .log_target = true});
  expect_close(y, {0.055727964448331266}, 1e-12);
  expect_close(gradient(y, c.x, {1}),
               {-0.20328482987029955, -0.11156508007421491, -0.18393972058572117, -0.2744058180470132,
                -0.06766764161830635, -0.22466448205861078},
               1e-12);
  expect_close(gradient(y, c.log_t, {1}),
               {0.12197089792217973, 0.07809555605195043, 0.36787944117144233, 0.3018463998517145,
                -0.040600584970983816, 0.292063826676194},
               1e-12);
}

TEST(KlDiv, ATargetOfZeroCountsForNothingWhateverTheInput) {
  const std::vector<double> any = {-INFINITY, INFINITY, NAN, -1};
  Tensor x = leaf(any, {4}), t = leaf({0, 0, 0, 1}, {4});
  const Tensor y = kl_div(x, t, {.reduction = Reduction::none});
  expect_close(y, {0, 0, 0, 1});
  expect_close(gradient(y, x, {1, 1, 1, 1}), {0, 0, 0, -1});
  expect_close(gradient(y, t, {1, 1, 1, 1}), {0, 0, 0, 2});
  Tensor log_t = leaf({-INFINITY, -INFINITY, -INFINITY, 0}, {4});
  const Tensor z = kl_div(x, log_t, {.reduction = Reduction::none, .log_target = true});
  expect_close(z, {0, 0, 0, 1});
  expect_close(gradient(z, x, {1, 1, 1, 1}), {0, 0, 0, -1});
  expect_close(gradient(z, log_t, {1, 1, 1, 1}), {0, 0, 0, 2});
}

TEST(KlDiv, OfNothingIsNanZeroAndEmpty) {
  const Tensor x = zeros({0, 2});
  expect_close(kl_div(x, x), {NAN});
  expect_close(kl_div(x, x, {.reduction = Reduction::batchmean}), {NAN});
  expect_close(kl_div(x, x, {.reduction = Reduction::sum}), {0});
  EXPECT_EQ(kl_div(x, x, {.reduction = Reduction::none}).shape(), (Shape{0, 2}));
}

TEST(KlDiv, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"ShapeError: kl_div: expected an input and a target of the same shape, got (4, 2) and (4); nothing is broadcast",
       [] { kl_div(zeros({4, 2}), zeros({4})); }},
      {"ShapeError: kl_div: expected an input and a target of the same shape, got (2, 1) and (2); squeeze(1) the "
       "input, or unsqueeze(1) the target?",
       [] { kl_div(ones({2, 1}), ones({2})); }},
      {"DTypeError: kl_div: expected a floating dtype, got int64; convert it with .to(float32)",
       [] { kl_div(tensor({1}), tensor({1})); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
