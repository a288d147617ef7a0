// The kernels of max_pool2d against plain loops, on every instruction set.
#include "kernels/pooling.hpp"

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "support/isas.hpp"
#include "xtape/size2d.hpp"

namespace xtape {
namespace {

using kernels::Isa;
using testing::each_isa;

/// Few distinct numbers, so that many are equal; NaN and infinities among them.
std::vector<float> hard_numbers(std::int64_t n, std::mt19937& random) {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const float choices[] = {0, 1, 2, 3, -1, -2, 0, 1, 2, inf, -inf, nan};
  std::vector<float> x(static_cast<std::size_t>(n));
  for (float& v : x) v = choices[random() % 12];
  return x;
}

/// Windows without padding over an image that holds them exactly, so that a read beyond it is one beyond the array.
kernels::PoolDims exact(std::int64_t rows, std::int64_t cols, Size2d kernel, std::int64_t stride, Size2d dilation) {
  const auto extent = [stride](std::int64_t n, std::int64_t k, std::int64_t d) {
    return (n - 1) * stride + (k - 1) * d + 1;
  };
  return {{extent(rows, kernel.height, dilation.height), rows, kernel.height, stride, 0, dilation.height},
          {extent(cols, kernel.width, dilation.width), cols, kernel.width, stride, 0, dilation.width}};
}

void expect_max_pool(const Isa& isa, const kernels::PoolDims& d, std::mt19937& random) {
  const std::vector<float> x = hard_numbers(d.in_plane(), random);
  const auto out = static_cast<std::size_t>(d.out_plane());
  std::vector<float> y(out, 77), alone(out, 77), expected(out);
  std::vector<std::uint8_t> tap(out, 77), expected_tap(out);
  for (std::int64_t i = 0; i < d.rows.out; ++i) {
    kernels::max_pool_windows(x.data(), d, i, 0, d.cols.out, expected.data(), expected_tap.data());
  }
  const kernels::MaxPoolRows rows = {d.rows.out,
                                     d.cols.out,
                                     d.rows.kernel,
                                     d.cols.kernel,
                                     d.rows.dilation * d.cols.in,
                                     d.cols.dilation,
                                     d.rows.stride * d.cols.in,
                                     d.cols.stride,
                                     d.cols.out};
  isa.max_pool(x.data(), rows, y.data(), tap.data());
  isa.max_pool(x.data(), rows, alone.data(), nullptr);
  const auto same = [](float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); };
  for (std::size_t k = 0; k < out; ++k) {
    ASSERT_TRUE(same(y[k], expected[k]) && same(alone[k], expected[k])) << k << ": " << y[k] << ", " << expected[k];
    ASSERT_EQ(tap[k], expected_tap[k]) << k;
  }
}

TEST(MaxPoolKernel, IsThePlainLoop) {
  std::mt19937 random(1);
  each_isa([&random](const Isa& isa) {
    for (std::int64_t cols : {4, 5, 7, 8, 9, 14, 16, 17, 33}) {
      for (std::int64_t stride : {1, 2}) {
        for (Size2d kernel : {Size2d(1), Size2d(2), Size2d(3), Size2d(2, 3), Size2d(16)}) {
          for (Size2d dilation : {Size2d(1), Size2d(2, 3)}) {
            expect_max_pool(isa, exact(3, cols, kernel, stride, dilation), random);
          }
        }
      }
    }
  });
}

TEST(MaxPoolKernel, HasTheGradientOfThePlainLoop) {
  std::mt19937 random(2);
  each_isa([&random](const Isa& isa) {
    for (std::int64_t cols : {4, 5, 7, 8, 9, 14, 16, 31, 40}) {
      for (std::int64_t beyond : {0, 1}) {  // a column that no window holds
        const kernels::PoolDims d = {{4, 2, 2, 2, 0, 1}, {2 * cols + beyond, cols, 2, 2, 0, 1}};
        const std::vector<float> gy = hard_numbers(d.out_plane(), random);
        std::vector<std::uint8_t> tap(gy.size());
        for (std::uint8_t& t : tap) t = static_cast<std::uint8_t>(random() % 4);
        std::vector<float> dx(static_cast<std::size_t>(d.in_plane()), 77), expected = dx;
        std::vector<std::int64_t> offsets;
        for (std::int64_t t = 0; t < 4; ++t) offsets.push_back(d.offset(t));
        kernels::scatter_to_taps(gy.data(), tap.data(), d, offsets.data(), expected.data());
        isa.max_pool_2x2_gradient(gy.data(), tap.data(), 2, cols, d.cols.in, dx.data());
        for (std::size_t k = 0; k < dx.size(); ++k) {
          ASSERT_TRUE(dx[k] == expected[k] || (std::isnan(dx[k]) && std::isnan(expected[k]))) << k;
        }
      }
    }
  });
}

}  // namespace
}  // namespace xtape
