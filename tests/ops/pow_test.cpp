#include <cstdint>

#include "support/expect.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::gradient;
using testing::leaf;

TEST(Pow, HasTheKnownValues) {
  expect_close(pow(leaf({2, 4, -2, 0}, {4}), 3), {8, 64, -8, 0});
  expect_close(pow(leaf({2, 4, -2}, {3}), 2), {4, 16, 4});
  expect_close(pow(leaf({2, -4}, {2}), 1), {2, -4});
  expect_close(pow(leaf({2, 4, -2, 0}, {4}), 0.5), {1.4142135623730951, 2, NAN, 0});
  expect_close(pow(leaf({2, 4, -2, 0}, {4}), -1), {0.5, 0.25, -0.5, INFINITY});
  expect_close(pow(2, leaf({3, -1}, {2})), {8, 0.5});
}

TEST(Pow, OfAnythingToTheZerothPowerIsOne) { expect_close(pow(tensor({0.0f, NAN, INFINITY, -3.0f}), 0), {1, 1, 1, 1}); }

TEST(Pow, OfIntegersStaysInteger) {
  const Tensor y = pow(tensor({0, 2, -3, 10}), tensor({0, 62, 3, 5}));
  EXPECT_EQ(y.dtype(), int64);
  EXPECT_EQ(y.to_vector<std::int64_t>(), (std::vector<std::int64_t>{1, std::int64_t{1} << 62, -27, 100000}));
  EXPECT_EQ(pow(tensor({3}, {.dtype = int32}), 2).dtype(), int32);
}

TEST(Pow, OfIntegersWrapsAroundAsInPyTorch) {
  EXPECT_EQ(pow(tensor({10}), 25).item<std::int64_t>(), 1590897978359414784);
}

TEST(Pow, OfIntegersToAFloatingPowerIsFloat32) {
  const Tensor y = pow(tensor({4}), 0.5);
  EXPECT_EQ(y.dtype(), float32);
  expect_close(y, {2});
}

TEST(Pow, HasGradientZeroForTheZerothPower) {  // SEMANTICS [21]
  Tensor x = leaf({0, 2, -2, NAN, INFINITY, 1e-320}, {6});
  expect_close(gradient(pow(x, 0), x, {1, 1, 1, 1, 1, 1}), {0, 0, 0, 0, 0, 0});
}

TEST(Pow, HasTheMathematicalGradientsAtBaseZero) {
  Tensor a = leaf({0, 0, 0, 0, 0, 0}, {6}), b = leaf({-1, 0, 0.5, 1, 2, 3}, {6});
  const Tensor y = pow(a, b);
  expect_close(gradient(y, a, {1, 1, 1, 1, 1, 1}), {-INFINITY, 0, INFINITY, 1, 0, 0});
  expect_close(gradient(y, b, {1, 1, 1, 1, 1, 1}), {-INFINITY, 0, 0, 0, 0, 0});  // as in PyTorch
}

TEST(Pow, LeaksNoNaNIntoGradientsOfGradientsAtZero) {
  Tensor a = leaf({0, 0, 0}, {3}), b = leaf({0, 1, 2}, {3});
  const Tensor gy = tensor({1.0, 1.0, 1.0}, {.dtype = float64, .requires_grad = true});
  const Tensor da = grad({pow(a, b)}, {a}, {gy}, {.create_graph = true})[0];
  const std::vector<Tensor> from_da = grad({da}, {a, gy}, {ones_like(da)});
  expect_close(from_da[0], {0, 0, 2});
  expect_close(from_da[1], {0, 1, 0});
  const Tensor db = grad({pow(a, b)}, {b}, {gy}, {.create_graph = true})[0];
  const std::vector<Tensor> from_db = grad({db}, {b, gy}, {ones_like(db)});
  expect_close(from_db[0], {0, 0, 0});
  expect_close(from_db[1], {0, 0, 0});
}

TEST(Pow, ComputesFloat32InFloat32) {
  EXPECT_EQ(pow(tensor({1.1f}), tensor({2.3f})).item<float>(), std::pow(1.1f, 2.3f));
}

TEST(Pow, Broadcasts) { expect_close(pow(tensor({{2.0f}, {3.0f}}), tensor({1.0f, 2.0f})), {2, 4, 3, 9}); }

}  // namespace
}  // namespace xtape
