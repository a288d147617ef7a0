#include "kernels/gemm.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "xtape/xtape.hpp"

namespace xtape::kernels {
namespace {

/// Elements in [-1, 1], all different in their last bits.
template <class T>
std::vector<T> noise(std::int64_t n) {
  std::vector<T> x(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(std::sin(static_cast<double>(i) * 1.7 + 0.3));
  return x;
}

/// Compares C = op(A) op(B), or C + op(A) op(B), with its definition, where rows are stored `pad` longer than
/// necessary. Checks one in `one_in` of C's elements, and all elements between its rows.
template <class T>
void expect_definition(bool accumulate, bool trans_a, bool trans_b, std::int64_t m, std::int64_t n, std::int64_t k,
                       double tolerance, std::int64_t one_in) {
  constexpr std::int64_t pad = 3;
  const std::int64_t lda = (trans_a ? m : k) + pad, ldb = (trans_b ? k : n) + pad, ldc = n + pad;
  const auto a = noise<T>((trans_a ? k : m) * lda), b = noise<T>((trans_b ? n : k) * ldb), before = noise<T>(m * ldc);
  auto c = before;
  gemm(Gemm<T>{.trans_a = trans_a,
               .trans_b = trans_b,
               .m = m,
               .n = n,
               .k = k,
               .a = a.data(),
               .lda = lda,
               .b = b.data(),
               .ldb = ldb,
               .c = c.data(),
               .ldc = ldc,
               .accumulate = accumulate});
  auto at = [](const std::vector<T>& x, std::int64_t i) { return static_cast<double>(x[static_cast<std::size_t>(i)]); };
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < ldc; ++j) {
      double expected = at(before, i * ldc + j);
      if (j < n) {
        if ((i * 31 + j) % one_in != 0) continue;
        double dot = 0;
        for (std::int64_t l = 0; l < k; ++l) {
          dot += at(a, trans_a ? l * lda + i : i * lda + l) * at(b, trans_b ? j * ldb + l : l * ldb + j);
        }
        expected = dot + (accumulate ? expected : 0);
      }
      ASSERT_NEAR(at(c, i * ldc + j), expected, tolerance)
          << i << ", " << j << (trans_a ? " T" : "") << (trans_b ? " T" : "");
    }
  }
}

template <class T>
void expect_definition(bool trans_a, bool trans_b, std::int64_t m, std::int64_t n, std::int64_t k, double tolerance,
                       std::int64_t one_in = 1) {
  for (bool accumulate : {false, true}) {
    expect_definition<T>(accumulate, trans_a, trans_b, m, n, k, tolerance, one_in);
  }
}

TEST(Gemm, AgreesWithItsDefinitionForAllFlags) {
  for (bool trans_a : {false, true}) {
    for (bool trans_b : {false, true}) {
      expect_definition<double>(trans_a, trans_b, 3, 4, 5, 1e-12);
      expect_definition<double>(trans_a, trans_b, 1, 7, 1, 1e-12);
      expect_definition<float>(trans_a, trans_b, 33, 17, 50, 1e-4);
    }
  }
}

TEST(Gemm, AgreesWithItsDefinitionInBlocks) {  // of rows, columns and k
  for (bool trans_a : {false, true}) {
    for (bool trans_b : {false, true}) {
      expect_definition<double>(trans_a, trans_b, 905, 150, 350, 1e-10, 97);
      expect_definition<float>(trans_a, trans_b, 150, 905, 350, 2e-3, 97);
      expect_definition<float>(trans_a, trans_b, 705, 607, 500, 5e-3, 97);
    }
  }
}

TEST(Gemm, AgreesWithItsDefinitionForFewRows) {
  for (std::int64_t m : {16, 31, 37, 64}) expect_definition<float>(false, true, m, 101, 300, 2e-3);
}

TEST(Gemm, AgreesWithItsDefinitionForThinMatrices) {
  for (bool trans_a : {false, true}) {
    for (bool trans_b : {false, true}) {
      for (std::int64_t thin : {1, 10, 16}) {
        expect_definition<float>(trans_a, trans_b, thin, 701, 500, 2e-3);
        expect_definition<float>(trans_a, trans_b, 701, thin, 500, 2e-3);
      }
    }
  }
}

TEST(Gemm, HasTheSameBitsForAnyNumberOfThreads) {
  const std::int64_t shapes[][3] = {{64, 256, 784},  {256, 784, 64},  {10, 2000, 784}, {2000, 10, 784},
                                    {1000, 70, 700}, {70, 1001, 700}, {700, 600, 500}};
  const int before = num_threads();
  for (const auto& [m, n, k] : shapes) {
    const auto a = noise<float>(m * k), b = noise<float>(k * n);
    for (bool trans_b : {false, true}) {
      std::vector<float> reference;
      for (int threads : {1, 2, 3, 4, 8}) {
        set_num_threads(threads);
        std::vector<float> c(static_cast<std::size_t>(m * n));
        gemm(Gemm<float>{.trans_b = trans_b,
                         .m = m,
                         .n = n,
                         .k = k,
                         .a = a.data(),
                         .lda = k,
                         .b = b.data(),
                         .ldb = trans_b ? k : n,
                         .c = c.data(),
                         .ldc = n});
        if (reference.empty()) reference = c;
        EXPECT_EQ(std::memcmp(c.data(), reference.data(), c.size() * sizeof(float)), 0) << threads << " threads";
      }
    }
  }
  set_num_threads(before);
}

TEST(Gemm, DoesNotReadCUnlessItAccumulates) {
  const float a[] = {1, 2}, b[] = {3, 4};
  float c = std::numeric_limits<float>::quiet_NaN();
  gemm(Gemm<float>{.m = 1, .n = 1, .k = 2, .a = a, .lda = 2, .b = b, .ldb = 1, .c = &c, .ldc = 1});
  EXPECT_EQ(c, 11);
}

TEST(Gemm, OverNothingIsZero) {
  double c[] = {1, 2, 3, std::nan("")};
  gemm(Gemm<double>{.m = 1, .n = 2, .k = 0, .c = c, .ldc = 2, .accumulate = true});
  EXPECT_EQ(c[1], 2);
  gemm(Gemm<double>{.m = 2, .n = 2, .k = 0, .c = c, .ldc = 2});
  for (double v : c) EXPECT_EQ(v, 0);
  gemm(Gemm<double>{.m = 0, .n = 2, .k = 3});
  gemm(Gemm<double>{.m = 2, .n = 0, .k = 3});
}

}  // namespace
}  // namespace xtape::kernels
