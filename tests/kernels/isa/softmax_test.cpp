#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "kernels/random.hpp"
#include "support/isas.hpp"

namespace xtape {
namespace {

using kernels::FloatKernels;
using kernels::Isa;
using testing::each_isa;
using testing::of_type;

template <class T>
constexpr T inf = std::numeric_limits<T>::infinity();

/// The distance of y from `exact` in units in the last place of the exact number.
template <class T>
double ulps(T y, long double exact) {
  const T near = static_cast<T>(exact);
  const T ulp = std::nextafter(std::abs(near), inf<T>) - std::abs(near);
  return static_cast<double>(std::abs(static_cast<long double>(y) - exact) / static_cast<long double>(ulp));
}

template <class T>
std::vector<T> exponentials(const Isa& isa, const std::vector<T>& x) {
  std::vector<T> y(x.size());
  const T zero = 0, one = 1;
  of_type<T>(isa).scaled_softmax(x.data(), &zero, &zero, &one, y.data(), 1, static_cast<std::int64_t>(x.size()));
  return y;
}

template <class T>
void expect_exponentials(T lowest, double bound) {
  each_isa([lowest, bound](const Isa& isa) {
    std::vector<T> x(200003);
    kernels::uniform({7}, 0, static_cast<std::int64_t>(x.size()), x.data());
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = i % 2 ? lowest * x[i] : x[i] - T(0.75);
    const std::vector<T> y = exponentials(isa, x);
    double worst = 0;
    for (std::size_t i = 0; i < x.size(); ++i) worst = std::max(worst, ulps(y[i], std::exp((long double)(x[i]))));
    EXPECT_LT(worst, bound);
    const std::string type = sizeof(T) == 4 ? "float_" : "double_";
    ::testing::Test::RecordProperty("ulp_exp_" + type + isa.name, std::to_string(worst));
  });
}
TEST(VectorExp, IsWithinTwoUlpOfTheExactValue) {
  expect_exponentials<float>(-87.3f, 2);
  expect_exponentials<double>(-708.3, 2);
}

template <class T>
void expect_exponentials_at_the_edges() {
  each_isa([](const Isa& isa) {
    const T nan = std::numeric_limits<T>::quiet_NaN(), low = std::numeric_limits<T>::lowest();
    const std::vector<T> y = exponentials<T>(isa, {T(0), T(-0.0), -inf<T>, low, T(-1e4), nan, -nan, T(-1e-30)});
    EXPECT_EQ(std::vector<T>(y.begin(), y.begin() + 5), (std::vector<T>{1, 1, 0, 0, 0}));
    EXPECT_TRUE(y[5] != y[5] && y[6] != y[6]);
    EXPECT_EQ(y[7], 1);
  });
}
TEST(VectorExp, IsExactAtTheEdges) {
  expect_exponentials_at_the_edges<float>();
  expect_exponentials_at_the_edges<double>();
}

TEST(VectorExp, KeepsNaNWhateverItsPayload) {
  each_isa([](const Isa& isa) {
    for (const char* payload : {"1", "3", "255", "4194303"}) {
      const std::vector<float> y = exponentials(isa, std::vector<float>(17, std::nanf(payload)));
      for (float v : y) EXPECT_TRUE(v != v) << payload;
    }
  });
}

TEST(VectorLog, IsWithinTwoUlpOfTheExactValue) {
  each_isa([](const Isa& isa) {
    const std::vector<double> x(3000, 0.25);  // the logsumexp of n equal numbers is their value + log(n)
    double worst = 0;
    for (std::int64_t n = 2; n <= 3000; n += n < 100 ? 1 : 17) {
      double m, log_total;
      isa.float64.row_logs(x.data(), 1, n, &m, &log_total);
      worst = std::max(worst, ulps(log_total, std::log((long double)(n))));
    }
    EXPECT_LT(worst, 2);
    ::testing::Test::RecordProperty(std::string("ulp_log_") + isa.name, std::to_string(worst));
  });
}

/// The exact results for a row, in long double.
struct Exact {
  std::vector<long double> softmax, log_softmax, softmax_gradient, log_softmax_gradient;
  long double logsumexp = 0;

  template <class T>
  Exact(const T* x, const T* gy, std::size_t n) {
    long double m = -inf<long double>, total = 0, sum = 0, product = 0;
    for (std::size_t i = 0; i < n; ++i) m = std::max<long double>(m, x[i]);
    for (std::size_t i = 0; i < n; ++i) total += std::exp(x[i] - m);
    logsumexp = m + std::log(total);
    for (std::size_t i = 0; i < n; ++i) {
      softmax.push_back(std::exp(x[i] - m) / total);
      log_softmax.push_back(x[i] - logsumexp);
      sum += gy[i];
      product += softmax[i] * gy[i];
    }
    for (std::size_t i = 0; i < n; ++i) {
      softmax_gradient.push_back(softmax[i] * (gy[i] - product));
      log_softmax_gradient.push_back(gy[i] - softmax[i] * sum);
    }
  }
};

/// `rows` rows of n elements, and one element after them that no kernel may change.
template <class T>
std::vector<T> guarded(std::int64_t rows, std::int64_t n) {
  return std::vector<T>(static_cast<std::size_t>(rows * n + 1), T(77));
}

/// Expects each y to be within `bound` roundings of the exact value, where intermediate numbers have the size `scale`.
template <class T>
void expect_near(const char* what, const T* y, const std::vector<long double>& exact, double scale, double bound) {
  for (std::size_t i = 0; i < exact.size(); ++i) {
    EXPECT_LE(std::abs(static_cast<double>(y[i] - exact[i])),
              bound * (scale + std::abs(static_cast<double>(exact[i]))) * std::numeric_limits<T>::epsilon())
        << what << ' ' << i << " of " << exact.size() << ": " << y[i] << ", expected " << exact[i];
  }
}

template <class T>
void expect_rows_are_exact() {
  constexpr std::int64_t rows = 67;  // more than a kernel handles at a time
  each_isa([](const Isa& isa) {
    const FloatKernels<T>& k = of_type<T>(isa);
    for (std::int64_t n : {1, 2, 3, 4, 5, 7, 8, 9, 10, 15, 16, 17, 31, 32, 33, 100, 1000}) {
      std::vector<T> x = guarded<T>(rows, n), gy = x, s = x, l = x, ds = x, dl = x, lse = guarded<T>(rows, 1);
      kernels::normal({1}, 0, rows * n, x.data());
      kernels::normal({2}, 0, rows * n, gy.data());
      for (T& v : x) v *= 5;
      k.softmax(x.data(), s.data(), rows, n);
      k.log_softmax(x.data(), l.data(), rows, n);
      k.logsumexp(x.data(), lse.data(), rows, n);
      k.softmax_gradient(s.data(), gy.data(), ds.data(), rows, n);
      k.log_softmax_gradient(l.data(), gy.data(), dl.data(), rows, n);
      for (const std::vector<T>* y : {&s, &l, &ds, &dl, &lse}) EXPECT_EQ(y->back(), T(77)) << n;
      for (std::int64_t r = 0; r < rows; ++r) {
        const Exact exact(&x[r * n], &gy[r * n], static_cast<std::size_t>(n));
        const double sums = sizeof(T) == 4 ? 1 : 3;  // sums of doubles are not computed in a wider type
        // x - m is rounded, and exp turns that into |x - m| ulp, up to 35 here.
        expect_near("softmax", &s[r * n], exact.softmax, 0, 20 * sums);
        expect_near("log_softmax", &l[r * n], exact.log_softmax, 1, 4 * sums);
        expect_near("logsumexp", &lse[r], {exact.logsumexp}, 1, 4 * sums);
        expect_near("softmax gradient", &ds[r * n], exact.softmax_gradient, 1, 8 * sums);
        expect_near("log_softmax gradient", &dl[r * n], exact.log_softmax_gradient, static_cast<double>(n), 8 * sums);
      }
      if (::testing::Test::HasFailure()) return;
    }
  });
}
TEST(SoftmaxKernels, AreExactToAFewUlpForEveryLengthOfRow) {
  expect_rows_are_exact<float>();
  expect_rows_are_exact<double>();
}

template <class T>
void expect_rows_alone_as_among_others() {
  constexpr std::int64_t rows = 37;
  each_isa([](const Isa& isa) {
    const FloatKernels<T>& k = of_type<T>(isa);
    for (std::int64_t n : {1, 3, 10, 16, 17, 32, 33}) {
      std::vector<T> x = guarded<T>(rows, n), m = guarded<T>(rows, 1), t = m;
      kernels::normal({1}, 0, rows * n, x.data());
      k.row_logs(x.data(), rows, n, m.data(), t.data());
      for (std::int64_t r = 0; r < rows; ++r) {
        T alone[2];
        k.row_logs(&x[r * n], 1, n, alone, alone + 1);
        EXPECT_EQ(m[r], alone[0]) << n;
        EXPECT_EQ(t[r], alone[1]) << n;
      }
    }
  });
}
TEST(SoftmaxKernels, ARowHasTheSameBitsAloneAndAmongOthers) {
  expect_rows_alone_as_among_others<float>();
  expect_rows_alone_as_among_others<double>();
}

template <class T>
void expect_bad_rows_affect_no_other() {
  const T nan = std::numeric_limits<T>::quiet_NaN();
  each_isa([nan](const Isa& isa) {
    const FloatKernels<T>& k = of_type<T>(isa);
    for (std::size_t n : {1u, 3u, 10u, 16u, 40u}) {
      for (std::size_t at : {std::size_t{0}, n / 2, n - 1}) {
        for (T bad : {nan, inf<T>}) {
          std::vector<T> x(3 * n, T(1)), s(3 * n), l(3 * n), lse(3);
          x[n + at] = bad;
          if (bad != bad && n > 1) x[n + (at + 1) % n] = inf<T>;  // NaN wins over +inf
          k.softmax(x.data(), s.data(), 3, static_cast<std::int64_t>(n));
          k.log_softmax(x.data(), l.data(), 3, static_cast<std::int64_t>(n));
          k.logsumexp(x.data(), lse.data(), 3, static_cast<std::int64_t>(n));
          for (std::size_t i = 0; i < 3 * n; ++i) {
            EXPECT_EQ(s[i] != s[i], i / n == 1) << i;
            EXPECT_EQ(l[i] != l[i], i / n == 1) << i;
          }
          EXPECT_TRUE(std::isfinite(lse[0]) && std::isfinite(lse[2]));
          EXPECT_TRUE(bad == bad ? lse[1] == bad : lse[1] != lse[1]);
        }
      }
    }
  });
}
TEST(SoftmaxKernels, ABadElementSpoilsOnlyItsRow) {  // SEMANTICS [2]
  expect_bad_rows_affect_no_other<float>();
  expect_bad_rows_affect_no_other<double>();
}

TEST(SoftmaxKernels, TakeRowsOfMinusInfinityAndEmptyRows) {
  each_isa([](const Isa& isa) {
    const std::vector<float> x(2 * 18, -inf<float>);
    std::vector<float> y(2 * 18);
    isa.float32.softmax(x.data(), y.data(), 2, 18);
    for (float v : y) EXPECT_TRUE(v != v);
    isa.float32.logsumexp(x.data(), y.data(), 2, 18);
    EXPECT_EQ(y[0], -inf<float>);
    isa.float32.logsumexp(x.data(), y.data(), 2, 0);
    EXPECT_EQ(y[1], -inf<float>);
    isa.float32.softmax(nullptr, nullptr, 2, 0);
    isa.float32.log_softmax(nullptr, nullptr, 2, 0);
  });
}

TEST(SoftmaxKernels, PartsOfTheRowsGivePartsOfTheResult) {
  each_isa([](const Isa& isa) {
    constexpr std::int64_t rows = 130, n = 10;
    std::vector<float> x(rows * n), whole(rows * n), parts(rows * n);
    kernels::normal({3}, 0, rows * n, x.data());
    isa.float32.log_softmax(x.data(), whole.data(), rows, n);
    for (std::int64_t cut : {1, 63, 64, 65, 129}) {
      isa.float32.log_softmax(x.data(), parts.data(), cut, n);
      isa.float32.log_softmax(&x[cut * n], &parts[cut * n], rows - cut, n);
      EXPECT_EQ(parts, whole) << cut;
    }
  });
}

}  // namespace
}  // namespace xtape
