#include "support/expect.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::expect_error;
using testing::gradient;
using testing::Inputs;
using testing::leaf;

TEST(Tanh, HasTheKnownValues) {
  expect_close(tanh(leaf({0, 1, -1}, {3})), {0, 0.7615941559557649, -0.7615941559557649}, 1e-15);
}

TEST(Tanh, SaturatesAtTheInfinities) { expect_close(tanh(tensor({INFINITY, -INFINITY, NAN})), {1, -1, NAN}); }

TEST(Tanh, OfIntegersIsFloat32) { EXPECT_EQ(tanh(tensor({0})).dtype(), float32); }

TEST(Tanh, AgreesWithCentralDifferences) {
  testing::expect_gradients([](const Inputs& x) { return tanh(x[0]); }, {leaf({-3, -0.5, 0, 1}, {2, 2})});
}

TEST(Tanh, HasGradientZeroWhereItIsFlat) {
  Tensor x = leaf({-INFINITY, INFINITY, 0}, {3});
  expect_close(gradient(tanh(x), x, {1, 1, 1}), {0, 0, 1});
}

TEST(Tanh, RefusesBool) { expect_error<DTypeError>([] { return tanh(tensor({true})); }, "tanh: bool_ has no arithmetic"); }

}  // namespace
}  // namespace xtape
