#include <cmath>
#include <limits>
#include <vector>

#include "kernels/random.hpp"
#include "support/isas.hpp"

namespace xtape {
namespace {

using kernels::Isa;
using testing::each_isa;
using testing::of_type;

TEST(UnitFromBytes, IsTheQuotientRoundedOnceForEveryByte) {
  each_isa([](const Isa& isa) {
    for (std::int64_t n : {1, 7, 64, 256}) {
      std::uint8_t x[256];
      float y[257];
      y[n] = 77;
      for (int i = 0; i < 256; ++i) x[i] = static_cast<std::uint8_t>(i);
      isa.unit_from_bytes(x + 256 - n, y, n);
      for (std::int64_t i = 0; i < n; ++i) EXPECT_EQ(y[i], static_cast<float>(256 - n + i) / 255.0f);
      EXPECT_EQ(y[n], 77);
    }
  });
}

template <class T>
void expect_relu() {
  each_isa([](const Isa& isa) {
    const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
    for (std::size_t n : {1u, 9u, 40u}) {
      for (std::size_t at = 0; at < n; ++at) {  // SEMANTICS [18], in every lane
        const T special[] = {-1, 0, T(-0.0), 1, nan, inf, -inf}, value[] = {0, 0, T(-0.0), 1, nan, inf, 0};
        const bool passes[] = {false, false, false, true, true, true, false};
        for (int k = 0; k < 7; ++k) {
          std::vector<T> x(n, T(2)), gy(n, T(3)), y(n), dx(n);
          x[at] = special[k];
          of_type<T>(isa).relu(x.data(), y.data(), static_cast<std::int64_t>(n));
          of_type<T>(isa).relu_gradient(y.data(), gy.data(), dx.data(), static_cast<std::int64_t>(n));
          for (std::size_t i = 0; i < n; ++i) {
            const T expected = i == at ? value[k] : T(2);
            EXPECT_TRUE(y[i] == expected || (y[i] != y[i] && expected != expected));
            EXPECT_EQ(std::signbit(y[i]), i == at && k == 2);
            EXPECT_EQ(dx[i], i != at || passes[k] ? T(3) : T(0));
          }
        }
      }
    }
  });
}
TEST(ReluKernel, SetsNegativeElementsToZeroAndNoOthers) {
  expect_relu<float>();
  expect_relu<double>();
}

template <class T>
std::vector<T> normals(std::int64_t n) {
  std::vector<T> x(static_cast<std::size_t>(n));
  kernels::normal({5}, 0, n, x.data());
  return x;
}

template <class T>
void expect_sums() {
  each_isa([](const Isa& isa) {
    for (std::int64_t n : {0, 1, 2, 3, 15, 16, 17, 33, 4095, 4096, 4097, 12289, 100000}) {
      const std::vector<T> x = normals<T>(n);
      long double exact = 0, magnitude = 0;
      for (T v : x) {
        exact += v;
        magnitude += std::abs(v);
      }
      EXPECT_NEAR(of_type<T>(isa).sum(x.data(), n), static_cast<double>(exact), 1e-15 * static_cast<double>(magnitude))
          << n;
    }
  });
}
TEST(SumKernel, IsExactToTheLastDigitsOfDouble) {
  expect_sums<float>();
  expect_sums<double>();
}

template <class T>
void expect_column_sums() {
  each_isa([](const Isa& isa) {
    for (std::int64_t rows : {0, 1, 3, 50}) {
      for (std::int64_t n : {1, 2, 5, 8, 17, 63, 64, 65, 150}) {
        const std::vector<T> x = normals<T>(rows * n);
        std::vector<T> y(static_cast<std::size_t>(n + 1), T(77));
        of_type<T>(isa).column_sums(x.data(), rows, n, y.data());
        for (std::int64_t j = 0; j < n; ++j) {
          long double exact = 0;
          for (std::int64_t k = 0; k < rows; ++k) exact += x[k * n + j];
          EXPECT_NEAR(y[j], static_cast<T>(exact), std::numeric_limits<T>::epsilon() * (sizeof(T) == 4 ? 4 : 50));
        }
        EXPECT_EQ(y.back(), T(77));
      }
    }
  });
}
TEST(ColumnSumsKernel, AddsEachColumnAndWritesNothingBeyond) {
  expect_column_sums<float>();
  expect_column_sums<double>();
}

template <class T>
void expect_sums_by_place(std::int64_t places) {
  each_isa([places](const Isa& isa) {
    const std::int64_t place[] = {2, 0, 0, 2, 0}, first[] = {2, 0, 1}, next[] = {4, 3, 5, 0, 0};
    for (std::int64_t n : {1, 2, 5, 8, 17, 63, 64, 65, 150}) {
      const std::vector<T> x = normals<T>(5 * n);
      std::vector<T> y(static_cast<std::size_t>(places * n + 1), T(77)), z = y;
      std::vector<double> room(static_cast<std::size_t>(2 * places * n));
      of_type<T>(isa).scatter_sums(x.data(), place, 5, n, places, y.data(), room.data());
      of_type<T>(isa).list_sums(x.data(), place, first, next, 5, n, z.data());
      for (std::int64_t j = 0; j < n; ++j) {
        auto at = [&x, j, n](std::int64_t k) { return static_cast<double>(x[k * n + j]); };
        const T sum = static_cast<T>(at(1) + at(2) + at(4)), pair = static_cast<T>(at(0) + at(3));
        EXPECT_NEAR(y[j], sum, 1e-15);
        EXPECT_EQ(z[j], sum);
        EXPECT_EQ(y[n + j], places > 5 ? T(77) : T(0));
        EXPECT_EQ(z[n + j], T(77));
        EXPECT_EQ(y[2 * n + j], pair);
        EXPECT_EQ(z[2 * n + j], pair);
      }
      EXPECT_EQ(y.back(), T(77));
      EXPECT_EQ(z.back(), T(77));
    }
  });
}
TEST(ScatterKernels, AddTheRowsOfEachPlaceAndTouchNoOther) {
  for (std::int64_t places : {3, 6}) {
    expect_sums_by_place<float>(places);
    expect_sums_by_place<double>(places);
  }
}

TEST(ScatterKernels, KeepInDoubleWhatARunningSumLoses) {
  each_isa([](const Isa& isa) {
    const double inf = std::numeric_limits<double>::infinity();
    const std::vector<double> x = {1e16, 1, 1, -1e16, inf, 1, inf, -inf};
    const std::int64_t place[] = {0, 0, 0, 0, 1, 1, 2, 2};
    double y[3], room[6];
    isa.float64.scatter_sums(x.data(), place, 8, 1, 3, y, room);
    EXPECT_EQ(y[0], 2);
    EXPECT_EQ(y[1], inf);
    EXPECT_TRUE(std::isnan(y[2]));
  });
}

}  // namespace
}  // namespace xtape
