// Clipping of gradients. The numbers are PyTorch 2.15's.
#include "xtape/nn/utils.hpp"

#include "support/expect.hpp"

namespace xtape {
namespace {

using nn::utils::clip_grad_norm_;
using nn::utils::clip_grad_value_;
using testing::expect_close;
using testing::expect_error;
using testing::inf;

/// Parameters of zeros with these gradients.
std::vector<Tensor> with_gradients(const std::vector<std::vector<double>>& gradients, DType dtype = float64) {
  std::vector<Tensor> params;
  for (const auto& g : gradients) {
    params.push_back(zeros({static_cast<std::int64_t>(g.size())}, {.dtype = dtype, .requires_grad = true}));
    params.back().set_grad(tensor(g).to(dtype));
  }
  return params;
}

void expect_gradients(const std::vector<Tensor>& params, const std::vector<std::vector<double>>& expected,
                      double tolerance = 0) {
  for (std::size_t i = 0; i < params.size(); ++i) expect_close(params[i].grad(), expected[i], tolerance);
}

TEST(ClipGradNorm, ReturnsTheNormOfAllGradientsAndScalesThem) {
  const auto params = with_gradients({{3, -4}, {12}});
  EXPECT_EQ(clip_grad_norm_(params, 1), 13);
  expect_gradients(params, {{0.23076921301775288, -0.3076922840236705}, {0.9230768520710115}}, 1e-15);
}

TEST(ClipGradNorm, TakesAnyNormType) {
  auto params = with_gradients({{3, -4}, {12}});
  EXPECT_EQ(clip_grad_norm_(params, 1, {.norm_type = 1}), 19);
  expect_gradients(params, {{0.15789472853185638, -0.21052630470914185}, {0.6315789141274255}}, 1e-15);
  params = with_gradients({{3, -4}, {12}});
  EXPECT_NEAR(clip_grad_norm_(params, 1, {.norm_type = 3}), 12.207054953820636, 1e-13);
  expect_gradients(params, {{0.2457595026474047, -0.32767933686320627}, {0.9830380105896188}}, 1e-14);
  params = with_gradients({{3, -4}, {12}});
  EXPECT_NEAR(clip_grad_norm_(params, 1, {.norm_type = .5}), 51.78460969082653, 1e-13);
  expect_gradients(params, {{0.05793226906563266, -0.07724302542084355}, {0.23172907626253064}}, 1e-14);
  params = with_gradients({{3, -4}, {12}});
  EXPECT_EQ(clip_grad_norm_(params, 1, {.norm_type = inf}), 12);
  expect_gradients(params, {{0.24999997916666844, -0.3333333055555579}, {0.9999999166666738}}, 1e-15);
}

TEST(ClipGradNorm, NeverScalesUp) {
  const auto params = with_gradients({{3, -4}, {12}});
  EXPECT_EQ(clip_grad_norm_(params, 13.000002), 13);
  EXPECT_EQ(clip_grad_norm_(params, inf), 13);
  expect_gradients(params, {{3, -4}, {12}});
}

TEST(ClipGradNorm, DividesByTheNormPlusOneMillionth) {
  const auto params = with_gradients({{3, -4}, {12}});
  clip_grad_norm_(params, 13);
  expect_gradients(params, {{2.9999997692307874, -3.9999996923077163}, {11.99999907692315}}, 1e-15);
}

TEST(ClipGradNorm, AMaximumOfZeroLeavesZeros) {
  const auto params = with_gradients({{3, -4}});
  clip_grad_norm_(params, 0);
  expect_gradients(params, {{0, 0}});
}

TEST(ClipGradNorm, AnInfinityMakesFiniteGradientsZero) {
  const auto params = with_gradients({{1, inf}, {2}});
  EXPECT_EQ(clip_grad_norm_(params, 1), inf);
  expect_gradients(params, {{0, NAN}, {0}});
}

TEST(ClipGradNorm, ANaNSpreadsToAllGradients) {
  for (const double norm_type : {2., inf}) {
    for (const auto& gradients : {std::vector<std::vector<double>>{{1, NAN}, {2}}, {{1, inf}, {NAN}}}) {
      const auto params = with_gradients(gradients);
      EXPECT_TRUE(std::isnan(clip_grad_norm_(params, 1, {.norm_type = norm_type})));
      expect_gradients(params, {{NAN, NAN}, {NAN}});
    }
  }
}

TEST(ClipGradNorm, ErrorIfNonfiniteChangesNothing) {
  const auto params = with_gradients({{1, inf}, {2}});
  expect_error<ValueError>([&] { clip_grad_norm_(params, 1, {.error_if_nonfinite = true}); },
                           "clip_grad_norm_: the norm of the gradients is inf");
  expect_gradients(params, {{1, inf}, {2}});
  const auto finite = with_gradients({{3, -4}});
  EXPECT_EQ(clip_grad_norm_(finite, 1, {.error_if_nonfinite = true}), 5);
}

TEST(ClipGradNorm, SkipsParametersWithoutAGradient) {
  auto params = with_gradients({{3, -4}});
  params.push_back(testing::leaf({100}, {1}));
  EXPECT_EQ(clip_grad_norm_(params, 1), 5);
  EXPECT_FALSE(params[1].grad().defined());
  EXPECT_EQ(clip_grad_norm_({params[1]}, 1), 0);
  EXPECT_EQ(clip_grad_norm_({}, 1), 0);
}

TEST(ClipGradNorm, TakesGradientsOfSeveralDTypes) {
  auto params = with_gradients({{3, -4}}, float32);
  params.push_back(with_gradients({{12}})[0]);
  EXPECT_EQ(clip_grad_norm_(params, 1), 13);
  EXPECT_EQ(params[0].grad().dtype(), float32);
  expect_close(params[0].grad(), {0.23076921301775288, -0.3076922840236705}, 1e-7);
  expect_close(params[1].grad(), {0.9230768520710115}, 1e-15);
}

TEST(ClipGradNorm, SumsInDouble) {
  Tensor p = zeros({10'000'000}, {.requires_grad = true});
  p.set_grad(full({10'000'000}, .1f));
  EXPECT_NEAR(clip_grad_norm_({p}, 1e9), std::sqrt(1e7) * static_cast<double>(.1f), 1e-9);
}

TEST(ClipGradNorm, HoldsWhereSquaresOverflowOrUnderflow) {  // PyTorch: inf and zeros, 0 and no clipping
  const auto large = with_gradients({{3e200, -4e200}}), small = with_gradients({{3e-200, -4e-200}}),
             denormal = with_gradients({{3e-320, 4e-320}});
  EXPECT_NEAR(clip_grad_norm_(large, 1) / 5e200, 1, 1e-15);
  expect_gradients(large, {{.6, -.8}}, 1e-15);
  EXPECT_NEAR(clip_grad_norm_(small, 1) / 5e-200, 1, 1e-15);
  EXPECT_NEAR(clip_grad_norm_(denormal, 1) / 5e-320, 1, 1e-3);
}

TEST(ClipGradNorm, ScalesTheGradientInPlace) {
  const auto params = with_gradients({{3, -4}});
  const Tensor held = params[0].grad();
  clip_grad_norm_(params, .5);
  expect_close(held, {.3, -.4}, 1e-6);
}

TEST(ClipGradNorm, ARefusedCallChangesNothing) {
  const auto params = with_gradients({{3, -4}});
  EXPECT_THROW(clip_grad_norm_(params, -1), ValueError);
  EXPECT_THROW(clip_grad_norm_(params, 1, {.norm_type = 0}), ValueError);
  EXPECT_THROW(clip_grad_norm_({params[0], Tensor()}, 1), ValueError);
  expect_gradients(params, {{3, -4}});
}

TEST(ClipGradValue, MovesElementsIntoTheRange) {
  const auto params = with_gradients({{-2, -.5, .25, 3, NAN, inf}, {-inf}});
  clip_grad_value_(params, .5);
  expect_gradients(params, {{-.5, -.5, .25, .5, NAN, .5}, {-.5}});
}

TEST(ClipGradValue, AnInfiniteRangeChangesNothing) {
  const auto params = with_gradients({{-2, NAN, inf}}, float32);
  clip_grad_value_(params, inf);
  clip_grad_value_(params, 1e300);
  expect_gradients(params, {{-2, NAN, inf}});
}

TEST(ClipGradValue, SkipsParametersWithoutAGradient) {
  auto params = with_gradients({{3}});
  params.push_back(testing::leaf({100}, {1}));
  const Tensor held = params[0].grad();
  clip_grad_value_(params, 1);
  expect_close(held, {1});
  EXPECT_FALSE(params[1].grad().defined());
}

}  // namespace
}  // namespace xtape
