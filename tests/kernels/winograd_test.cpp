// Winograd's filtering against the definition in plain loops, and where convolutions use it.
#include "kernels/winograd.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "kernels/convolution.hpp"
#include "kernels/isa.hpp"
#include "kernels/random.hpp"
#include "xtape/parallel.hpp"

namespace xtape {
namespace {

using kernels::WinogradPass;

std::vector<float> normal_numbers(std::uint64_t seed, std::int64_t n) {
  std::vector<float> x(static_cast<std::size_t>(n));
  kernels::normal({seed}, 0, n, x.data());
  return x;
}

/// A pass over its own numbers.
struct OwnPass {
  OwnPass(std::int64_t images, std::int64_t groups, std::int64_t channels, std::int64_t rows, std::int64_t height,
          std::int64_t width, std::int64_t padding)
      : x(normal_numbers(1, images * groups * channels * height * width)),
        w(normal_numbers(2, groups * rows * channels * 9)),
        b(normal_numbers(3, groups * rows)),
        y(static_cast<std::size_t>(images * groups * rows * (height + 2 * padding - 2) * (width + 2 * padding - 2)), 7),
        pass{images,
             groups,
             channels,
             rows,
             x.data(),
             height,
             width,
             -padding,
             -padding,
             w.data(),
             9 * rows * channels,
             9 * channels,
             9,
             {0, 1, 2, 3, 4, 5, 6, 7, 8},
             b.data(),
             y.data(),
             height + 2 * padding - 2,
             width + 2 * padding - 2} {}
  OwnPass(const OwnPass&) = delete;

  double element(std::int64_t plane, std::int64_t i, std::int64_t j) const {
    if (i < 0 || i >= pass.source_height || j < 0 || j >= pass.source_width) return 0;
    return static_cast<double>(x[static_cast<std::size_t>((plane * pass.source_height + i) * pass.source_width + j)]);
  }
  double result(std::int64_t plane, std::int64_t i, std::int64_t j) const {
    const std::int64_t filters = pass.groups * pass.rows, image = plane / filters, filter = plane % filters;
    double sum = static_cast<double>(b[static_cast<std::size_t>(filter)]);
    for (std::int64_t c = 0; c < pass.channels; ++c) {
      const std::int64_t channel = (image * pass.groups + filter / pass.rows) * pass.channels + c;
      for (std::int64_t t = 0; t < 9; ++t) {
        sum += element(channel, i + t / 3 + pass.first_row, j + t % 3 + pass.first_column) *
               static_cast<double>(w[static_cast<std::size_t>((filter * pass.channels + c) * 9 + pass.tap[t])]);
      }
    }
    return sum;
  }
  /// The largest difference from the definition, as a part of the largest result.
  double error() const {
    double error = 0, largest = 0;
    for (std::size_t k = 0; k < y.size(); ++k) {
      const std::int64_t at = static_cast<std::int64_t>(k), plane = at / (pass.height * pass.width);
      const double expected = result(plane, at / pass.width % pass.height, at % pass.width);
      error = std::max(error, std::abs(static_cast<double>(y[k]) - expected));
      largest = std::max(largest, std::abs(expected));
    }
    return error / largest;
  }

  std::vector<float> x, w, b, y;
  WinogradPass pass;
};

TEST(Winograd, AgreesWithTheDefinitionForImagesOfEverySize) {
  for (std::int64_t side = 1; side <= 40; side += side < 12 ? 1 : 3) {
    for (std::int64_t padding : {0, 1, 2}) {
      for (const auto& [height, width] : {std::pair(side, std::int64_t{3}), std::pair(std::int64_t{4}, side)}) {
        if (std::min(height, width) + 2 * padding < 3) continue;
        OwnPass p(2, 1, 2, 3, height, width, padding);
        EXPECT_TRUE(by_winograd(p.pass));
        EXPECT_LT(p.error(), 2e-6) << height << " x " << width << ", padding " << padding;
      }
    }
  }
}

TEST(Winograd, AgreesWithTheDefinitionForEveryNumberOfChannels) {
  for (std::int64_t channels : {1, 2, 7, 16, 33, 401, 810}) {
    for (std::int64_t rows : {1, 3, 14, 31}) {
      OwnPass p(1, 1, channels, rows, 6, 5, 1);
      EXPECT_TRUE(by_winograd(p.pass));
      EXPECT_LT(p.error(), 2e-6) << channels << " -> " << rows;
    }
  }
}

TEST(Winograd, AgreesWithTheDefinitionForGroupsManyImagesAndTurnedKernels) {
  OwnPass p(23, 3, 5, 4, 9, 10, 1);
  std::reverse(p.pass.tap, p.pass.tap + 9);
  EXPECT_TRUE(by_winograd(p.pass));
  EXPECT_LT(p.error(), 2e-6);
}

TEST(Winograd, HasTheSameBitsForAnyNumberOfThreads) {
  const int before = num_threads();
  std::vector<float> one;
  for (int threads : {1, 2, 3, 7}) {
    set_num_threads(threads);
    OwnPass p(3, 2, 40, 50, 31, 30, 1);
    EXPECT_TRUE(by_winograd(p.pass));
    if (threads == 1) one = p.y;
    EXPECT_EQ(std::memcmp(one.data(), p.y.data(), one.size() * sizeof(float)), 0) << threads;
  }
  set_num_threads(before);
}

TEST(Winograd, TellsThatAResultIsNotFinite) {
  for (float bad : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    for (std::size_t at : {0, 17, 139}) {  // a corner, and both ends of partial vectors
      OwnPass p(1, 1, 1, 2, 10, 14, 1);
      p.x[at] = bad;
      EXPECT_FALSE(by_winograd(p.pass)) << bad << " at " << at;
    }
  }
}

TEST(Winograd, SuitsManyChannelsAndManyTiles) {
  const auto suits = [](std::int64_t images, std::int64_t channels, std::int64_t rows, std::int64_t side) {
    return suits_winograd(OwnPass(images, 1, channels, rows, side, side, 1).pass);
  };
  const std::int64_t least = 2 * kernels::isa().winograd_lanes;
  EXPECT_TRUE(suits(4, least, least, 16));
  EXPECT_FALSE(suits(4, least - 1, least, 16)) << "transforms take longer than the products that they save";
  EXPECT_FALSE(suits(4, least, least - 1, 16));
  EXPECT_FALSE(suits(3, least, least, 16)) << "transforming the weight takes as long as the products";
  EXPECT_TRUE(suits(16, least, least, 7));
  EXPECT_FALSE(suits(100, least, least, 3)) << "of four tiles' results nearly half are none of the image's";
}

/// By Winograd's filtering, if all elements are finite.
struct LargeConvolution {
  kernels::Convolution c{4, 32, 32, 1, {16, 16, 3, 1, 1, 1}, {16, 16, 3, 1, 1, 1}};
  std::vector<float> x = normal_numbers(4, 4 * 32 * 256), w = normal_numbers(5, 32 * 32 * 9);

  std::vector<float> results(bool transposed) const {
    std::vector<float> y(x.size());
    (transposed ? kernels::convolve_transposed(c, x.data(), w.data(), nullptr, y.data())
                : kernels::convolve(c, x.data(), w.data(), nullptr, y.data()));
    return y;
  }
};

TEST(Winograd, IsNotUsedForAnInfinitePixelWhichWouldGiveNaN) {
  for (bool transposed : {false, true}) {
    LargeConvolution large;
    const std::vector<float> before = large.results(transposed);
    large.x[16 * 5 + 8] = std::numeric_limits<float>::infinity();  // of the first image
    const std::vector<float> y = large.results(transposed);
    for (std::size_t k = 0; k < y.size(); ++k) {
      const std::size_t i = k / 16 % 16, j = k % 16;
      const bool sees = k < 32 * 256 && i >= 4 && i <= 6 && j >= 7 && j <= 9;
      ASSERT_EQ(std::isinf(y[k]), sees) << k;
      if (sees) continue;
      ASSERT_NEAR(static_cast<double>(y[k]), static_cast<double>(before[k]), 1e-4) << k;
    }
  }
}

TEST(Winograd, OfATransposedConvolutionIsItsAdjoint) {
  const LargeConvolution large;
  const std::vector<float> y = large.results(false), other = normal_numbers(6, 4 * 32 * 256);
  LargeConvolution second;
  second.x = other;
  const std::vector<float> z = second.results(true);
  double left = 0, right = 0;
  for (std::size_t k = 0; k < y.size(); ++k) {
    left += static_cast<double>(y[k]) * static_cast<double>(other[k]);
    right += static_cast<double>(large.x[k]) * static_cast<double>(z[k]);
  }
  EXPECT_NEAR(left, right, 1e-5 * std::abs(left));
}

}  // namespace
}  // namespace xtape
