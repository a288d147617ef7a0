// The kernels of convolutions on every instruction set.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/random.hpp"
#include "support/isas.hpp"

namespace xtape {
namespace {

using testing::each_isa;
using testing::of_type;

template <class T>
std::vector<T> drawn(std::uint64_t seed, std::int64_t n) {
  std::vector<T> x(static_cast<std::size_t>(n));
  kernels::normal({seed}, 0, n, x.data());
  return x;
}

/// Offsets of k rows in a source, in no order.
std::vector<std::int64_t> offsets(std::int64_t k) {
  std::vector<std::int64_t> at;
  for (std::int64_t p = 0; p < k; ++p) at.push_back(p * 37 % 101);
  return at;
}
constexpr std::int64_t largest_offset = 101;

std::int64_t rounded(std::int64_t columns) { return kernels::round_up(columns, kernels::window_columns); }

/// The weight (m x k) in strips, as multiply_windows reads it.
template <class T>
std::vector<T> in_strips(const kernels::FloatKernels<T>& kernels, const std::vector<T>& weight, std::int64_t m,
                         std::int64_t k) {
  std::vector<T> to;
  for (std::int64_t i = 0, rows; i < m; i += rows) {
    rows = kernels.window_rows(m - i);
    for (std::int64_t p = 0; p < k; ++p) {
      for (std::int64_t r = i; r < i + rows; ++r) to.push_back(weight[static_cast<std::size_t>(r * k + p)]);
    }
  }
  return to;
}

template <class T>
void expect_near(T found, double expected, std::int64_t terms) {
  const double rounding = 8 * std::numeric_limits<T>::epsilon() * static_cast<double>(terms + 1);
  ASSERT_NEAR(static_cast<double>(found), expected, rounding);
}

template <class T>
void expect_products(const kernels::Isa& isa, std::int64_t m, std::int64_t k, std::int64_t columns) {
  SCOPED_TRACE(::testing::Message() << m << " x " << columns << " x " << k);
  const kernels::FloatKernels<T>& kernels = of_type<T>(isa);
  const std::int64_t ld = rounded(columns);
  const std::vector<T> weight = drawn<T>(1, m * k), source = drawn<T>(2, largest_offset + ld);
  const std::vector<std::int64_t> at = offsets(k);
  const std::vector<T> strips = in_strips(kernels, weight, m, k);
  std::vector<T> out(static_cast<std::size_t>(m * ld), T{5});
  kernels.multiply_windows(strips.data(), m, source.data(), at.data(), k, columns, false, out.data(), ld);
  kernels.multiply_windows(strips.data(), m, source.data(), at.data(), k, columns, true, out.data(), ld);
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < columns; ++j) {
      double sum = 0;
      for (std::int64_t p = 0; p < k; ++p) {
        sum += static_cast<double>(weight[static_cast<std::size_t>(i * k + p)]) *
               static_cast<double>(source[static_cast<std::size_t>(at[static_cast<std::size_t>(p)] + j)]);
      }
      expect_near(out[static_cast<std::size_t>(i * ld + j)], 2 * sum, 8 * k);
    }
  }
}

TEST(ConvolutionKernels, MultiplyWindowsOfEveryHeightAndWidth) {
  each_isa([](const kernels::Isa& isa) {
    for (std::int64_t m = 1; m <= 30; ++m) expect_products<float>(isa, m, 5, 150 + m);
    for (std::int64_t m = 1; m <= 15; ++m) expect_products<double>(isa, m, 5, 70 + m);
    for (std::int64_t columns = 1; columns <= 70; ++columns) expect_products<float>(isa, 2, 3, columns);
    for (std::int64_t columns = 1; columns <= 35; ++columns) expect_products<double>(isa, 15, 1, columns);
  });
}

template <class T>
void expect_dots(const kernels::Isa& isa, std::int64_t m, std::int64_t n, std::int64_t k) {
  SCOPED_TRACE(::testing::Message() << m << " x " << n << " x " << k);
  const std::vector<std::int64_t> at = offsets(n);
  const std::int64_t farthest = *std::max_element(at.begin(), at.end()), ld = n + 2;
  const std::vector<T> g = drawn<T>(3, m * k), source = drawn<T>(4, farthest + k);
  std::vector<T> sums(static_cast<std::size_t>(m * ld), T{1});
  of_type<T>(isa).dot_windows(g.data(), k, m, source.data(), at.data(), n, k, sums.data(), ld);
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < ld; ++j) {
      double sum = 1;
      for (std::int64_t p = 0; p < k && j < n; ++p) {
        sum += static_cast<double>(g[static_cast<std::size_t>(i * k + p)]) *
               static_cast<double>(source[static_cast<std::size_t>(at[static_cast<std::size_t>(j)] + p)]);
      }
      expect_near(sums[static_cast<std::size_t>(i * ld + j)], sum, 4 * k);
    }
  }
}

TEST(ConvolutionKernels, AddDotProductsWithWindowsOfEverySize) {
  each_isa([](const kernels::Isa& isa) {
    for (std::int64_t m = 1; m <= 11; ++m) {
      for (std::int64_t n = 1; n <= 21; n += 1 + n / 12) {
        expect_dots<float>(isa, m, n, 20 + m);
        expect_dots<double>(isa, m, n, 10 + n);
      }
    }
    for (std::int64_t k = 1; k <= 40; ++k) expect_dots<float>(isa, 3, 4, k);
  });
}

template <class T>
void expect_rows(const kernels::Isa& isa, std::int64_t count, bool biased) {
  const std::int64_t rows = 3, ld_to = count + 1;
  const std::vector<T> from = drawn<T>(5, rows * 64), bias = drawn<T>(6, rows);
  std::vector<T> to(static_cast<std::size_t>(rows * ld_to), T{9});
  of_type<T>(isa).put_rows(from.data(), 40, rows, count, biased ? bias.data() : nullptr, to.data(), ld_to);
  for (std::int64_t i = 0; i < rows; ++i) {
    const T b = biased ? bias[static_cast<std::size_t>(i)] : T{};
    for (std::int64_t j = 0; j < count; ++j) {
      ASSERT_EQ(to[static_cast<std::size_t>(i * ld_to + j)], from[static_cast<std::size_t>(i * 40 + j)] + b) << count;
    }
    ASSERT_EQ(to[static_cast<std::size_t>(i * ld_to + count)], T{9}) << "behind a row of " << count;
  }
}

TEST(ConvolutionKernels, PutRowsOfEveryLengthAndNothingBehindThem) {
  each_isa([](const kernels::Isa& isa) {
    for (std::int64_t count = 1; count <= 39; ++count) {
      for (bool biased : {false, true}) {
        expect_rows<float>(isa, count, biased);
        expect_rows<double>(isa, count, biased);
      }
    }
  });
}

template <class T>
void expect_second_elements(const kernels::Isa& isa, std::int64_t count) {
  const std::int64_t rows = 3, ld_from = 2 * count - 1, ld_to = count + 1;  // a read too many is one behind the array
  const std::vector<T> from = drawn<T>(7, rows * ld_from);
  std::vector<T> to(static_cast<std::size_t>(rows * ld_to), T{9});
  of_type<T>(isa).put_every_second(from.data(), ld_from, rows, count, to.data(), ld_to);
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < count; ++j) {
      ASSERT_EQ(to[static_cast<std::size_t>(i * ld_to + j)], from[static_cast<std::size_t>(i * ld_from + 2 * j)]);
    }
    ASSERT_EQ(to[static_cast<std::size_t>(i * ld_to + count)], T{9}) << "behind a row of " << count;
  }
}

TEST(ConvolutionKernels, PutEverySecondElementAndNothingBehindThem) {
  each_isa([](const kernels::Isa& isa) {
    for (std::int64_t count = 1; count <= 39; ++count) {
      expect_second_elements<float>(isa, count);
      expect_second_elements<double>(isa, count);
    }
  });
}

}  // namespace
}  // namespace xtape
