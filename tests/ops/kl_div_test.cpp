#include <cmath>

#include "support/expect.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::gradient;
using testing::leaf;

const std::vector<double> ones6(6, 1.0);

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
  expect_close(gradient(y, c.x, ones6), {-0.2, -0.3, -0.5, -0.6, -0.1, -0.3}, 1e-12);
  expect_close(gradient(y, c.t, ones6),
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

}  // namespace
}  // namespace xtape
