// The kernels of batch norm against plain loops in double, on every instruction set.
#include <cmath>
#include <random>
#include <vector>

#include "support/isas.hpp"

namespace xtape {
namespace {

using kernels::Isa;
using testing::each_isa;
using testing::of_type;

template <class T>
std::vector<T> around(double mean, std::int64_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(mean, 1);
  std::vector<T> x(static_cast<std::size_t>(n));
  for (T& v : x) v = static_cast<T>(normal(random));
  return x;
}

template <class T>
void expect_sums(const Isa& isa, std::int64_t n) {
  const std::vector<T> x = around<T>(3, n, 1), gy = around<T>(0, n, 2);
  double sums[2] = {1, 2}, products[2] = {1, 2}, sum = 1, squares = 2, sum_gy = 1, product = 2;
  of_type<T>(isa).shifted_sums(x.data(), n, 2.5, sums);
  of_type<T>(isa).centred_products(x.data(), gy.data(), n, 2.5, products);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double d = static_cast<double>(x[i]) - 2.5, g = static_cast<double>(gy[i]);
    sum += d;
    squares += d * d;
    sum_gy += g;
    product += g * d;
  }
  const double tolerance = 1e-13 * static_cast<double>(n + 1);
  EXPECT_NEAR(sums[0], sum, tolerance);
  EXPECT_NEAR(sums[1], squares, tolerance);
  EXPECT_NEAR(products[0], sum_gy, tolerance);
  EXPECT_NEAR(products[1], product, tolerance);
}

template <class T>
void expect_elements(const Isa& isa, std::int64_t n) {
  const std::vector<T> x = around<T>(3, n, 1), gy = around<T>(0, n, 2);
  std::vector<T> y(x.size() + 1, T(77)), dx = y;
  of_type<T>(isa).affine(x.data(), n, 3.25, 1.75, -0.5, y.data());
  of_type<T>(isa).centred_gradient(x.data(), gy.data(), n, {3.25, 0.125, 0.5, 1.75}, dx.data());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double d = static_cast<double>(x[i]) - 3.25, g = static_cast<double>(gy[i]);
    EXPECT_NEAR(y[i], d * 1.75 - 0.5, sizeof(T) == 4 ? 1e-6 : 1e-14);
    EXPECT_NEAR(dx[i], ((g - 0.125) - d * 0.5) * 1.75, sizeof(T) == 4 ? 1e-6 : 1e-14);
  }
  EXPECT_EQ(y.back(), T(77));
  EXPECT_EQ(dx.back(), T(77));
}

TEST(NormalizeKernels, ArePlainLoopsInDouble) {
  each_isa([](const Isa& isa) {
    for (std::int64_t n : {0, 1, 3, 4, 7, 8, 15, 16, 17, 33, 1000}) {
      expect_sums<float>(isa, n);
      expect_sums<double>(isa, n);
      expect_elements<float>(isa, n);
      expect_elements<double>(isa, n);
    }
  });
}

}  // namespace
}  // namespace xtape
