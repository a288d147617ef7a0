// The transforms of Winograd's filtering on every instruction set, with every number of lanes.
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/random.hpp"
#include "support/isas.hpp"

namespace xtape {
namespace {

using kernels::Isa;
using kernels::TileRun;

constexpr int b_transposed[4][4] = {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}};
constexpr int a_transposed[2][4] = {{1, 1, 1, 0}, {0, 1, -1, -1}};

/// f(isa, n) for the numbers of lanes.
template <class F>
void each_lanes(F f) {
  testing::each_isa([f](const Isa& isa) {
    for (std::int64_t n = 4; n <= isa.winograd_lanes; n *= 2) f(isa, n);
  });
}

/// Small whole numbers, whose sums are exact.
std::vector<float> whole_numbers(std::uint64_t seed, std::int64_t n) {
  std::vector<float> x(static_cast<std::size_t>(n));
  kernels::normal({seed}, 0, n, x.data());
  for (float& v : x) v = std::round(4 * v);
  return x;
}

TEST(WinogradKernels, TransformTheTilesOfRuns) {
  each_lanes([](const Isa& isa, std::int64_t n) {
    const std::int64_t line = 50, count = 3, next = 2 * n + 5;
    const TileRun runs[count] = {{100, 0, 2, n}, {7, 0, 2, n}, {61, 0, 2, n}};
    const std::vector<float> x = whole_numbers(1, 100 + 4 * line + 2 * n);
    std::vector<float> to(static_cast<std::size_t>(16 * next), 99);
    isa.winograd_tiles(n, x.data(), line, runs, count, to.data(), next);
    for (std::int64_t q = 0; q < count * n / 2; ++q) {
      const float* tile = x.data() + runs[q / (n / 2)].from + q % (n / 2) * 2;
      for (int i = 0; i < 16; ++i) {
        float sum = 0;
        for (int t = 0; t < 4; ++t) {
          for (int u = 0; u < 4; ++u) {
            sum += static_cast<float>(b_transposed[i / 4][t] * b_transposed[i % 4][u]) * tile[t * line + u];
          }
        }
        ASSERT_EQ(to[static_cast<std::size_t>(i * next + q)], sum) << n << " lanes, tile " << q << ", place " << i;
      }
    }
  });
}

TEST(WinogradKernels, PutTheResultsOfRunsAndNothingBehindThem) {
  each_lanes([](const Isa& isa, std::int64_t n) {
    for (std::int64_t columns = 1; columns <= n; ++columns) {
      const std::int64_t ld = 40, next = 2 * n + 3;
      const TileRun runs[3] = {{0, 3, 2, n}, {0, 90, 1, columns}, {0, 130, 2, columns}};
      const std::vector<float> m = whole_numbers(2, 16 * next);
      std::vector<float> y(250, 99), expected = y;
      EXPECT_TRUE(isa.winograd_results(n, m.data(), next, 5, runs, 3, y.data(), ld));
      for (std::int64_t k = 0; k < 3; ++k) {
        for (std::int64_t i = 0; i < runs[k].rows; ++i) {
          for (std::int64_t j = 0; j < runs[k].columns; ++j) {
            float sum = 5;
            for (int p = 0; p < 16; ++p) {
              sum += static_cast<float>(a_transposed[i][p / 4] * a_transposed[j % 2][p % 4]) *
                     m[static_cast<std::size_t>(p * next + k * n / 2 + j / 2)];
            }
            expected[static_cast<std::size_t>(runs[k].to + i * ld + j)] = sum;
          }
        }
      }
      ASSERT_EQ(y, expected) << n << " lanes, " << columns << " columns";
    }
  });
}

TEST(WinogradKernels, TellOfTheResultsThatAreNotFiniteAndOfNoOthers) {
  each_lanes([](const Isa& isa, std::int64_t n) {
    const std::int64_t next = n;
    const TileRun runs[2] = {{0, 0, 2, n}, {0, 60, 2, n - 2}};
    for (std::int64_t q = 0; q < n; ++q) {
      std::vector<float> m = whole_numbers(3, 16 * next), y(120);
      m[static_cast<std::size_t>(5 * next + q)] = std::numeric_limits<float>::infinity();
      const bool finite = isa.winograd_results(n, m.data(), next, 0, runs, 2, y.data(), 30);
      EXPECT_EQ(finite, q == n - 1) << n << " lanes, tile " << q << "; the last one has no results";
    }
  });
}

}  // namespace
}  // namespace xtape
