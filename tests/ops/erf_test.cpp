#include <cmath>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::gradient;
using testing::leaf;

XTAPE_OP_CASES(erf) { cases.add_unary("erf", "torch.erf", erf); }

const std::vector<double> erf_points = {-3, -1, -0.5, 0, 0.5, 2};

TEST(Erf, HasPyTorchsValues) {
  expect_close(
      erf(leaf(erf_points, {6})),
      {-0.9999779095030014, -0.8427007929497149, -0.5204998778130465, 0, 0.5204998778130465, 0.9953222650189527},
      1e-15);
  expect_close(erf(tensor({INFINITY, -INFINITY, NAN})), {1, -1, NAN});
}

TEST(Erf, HasTheBellCurveAsItsGradient) {
  Tensor x = leaf({0, 1, INFINITY}, {3});
  expect_close(gradient(erf(x), x, {1, 1, 1}), {1.1283791670955126, 0.41510749742059471, 0}, 1e-15);
}

TEST(Erf, OfIntegersIsFloat32) {
  const Tensor y = erf(tensor({1, 2}));
  EXPECT_EQ(y.dtype(), float32);
  expect_close(y, {0.8427008, 0.9953223}, 1e-6);
  EXPECT_EQ(erf(zeros({0, 2})).shape(), (Shape{0, 2}));
}

TEST(Erf, ThrowsOneClearLine) {
  testing::expect_errors({
      {"ValueError: erf: the tensor is undefined; has backward run?", [] { erf(Tensor()); }},
  });
}

}  // namespace
}  // namespace xtape
