// The poolings against their definitions in plain loops, for drawn windows.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <random>
#include <vector>

#include "support/constants.hpp"
#include "xtape/xtape.hpp"

namespace xtape {
namespace {

/// The elements of the image along one side that each window has, and what an average divides by.
struct DrawnSide {
  std::vector<std::vector<std::int64_t>> windows;
  std::vector<std::int64_t> divisors;

  bool is_full() const {
    bool full = !windows.empty();
    for (const auto& window : windows) full = full && !window.empty();
    return full;
  }
};

/// As PyTorch counts and cuts windows.
DrawnSide side_of(std::int64_t in, std::int64_t kernel, std::int64_t stride, std::int64_t padding,
                  std::int64_t dilation, bool ceil_mode, bool counts_padding) {
  const double room = static_cast<double>(in + 2 * padding - dilation * (kernel - 1) - 1);
  const double steps = room / static_cast<double>(stride);
  auto count = static_cast<std::int64_t>(ceil_mode ? std::ceil(steps) : std::floor(steps)) + 1;
  if (ceil_mode && (count - 1) * stride >= in + padding) --count;
  DrawnSide side;
  for (std::int64_t o = 0; o < count; ++o) {
    std::vector<std::int64_t> window;
    for (std::int64_t t = 0; t < kernel; ++t) {
      const std::int64_t at = o * stride - padding + t * dilation;
      if (at >= 0 && at < in) window.push_back(at);
    }
    const std::int64_t padded = std::min(o * stride - padding + kernel, in + padding) - (o * stride - padding);
    side.divisors.push_back(counts_padding ? padded : static_cast<std::int64_t>(window.size()));
    side.windows.push_back(std::move(window));
  }
  return side;
}

class Draw {
 public:
  std::int64_t one_of(std::initializer_list<std::int64_t> list) { return list.begin()[next_() % list.size()]; }
  std::int64_t extent() { return one_of({1, 2, 3, 5, 8, 9, 16, 21}); }
  std::int64_t kernel() { return one_of({1, 2, 2, 3, 3, 4, 5, 7}); }
  std::int64_t stride() { return one_of({1, 2, 2, 3, 5}); }
  /// Few distinct numbers, so that many are equal; NaN and infinities among them.
  Tensor hard_numbers(const Shape& shape) {
    constexpr double choices[] = {0, 1, 2, 3, -1, -2, 0, 1, 2, testing::inf, -testing::inf, testing::nan};
    Tensor x = zeros(shape, {.dtype = float64});
    for (double& v : x.span<double>()) v = choices[next_() % 12];
    return x;
  }

 private:
  std::minstd_rand next_{1};
};

void expect_equal(const Tensor& found, const std::vector<double>& expected, double tolerance) {
  const std::vector<double> values = found.to(float64).to_vector<double>();
  ASSERT_EQ(values.size(), expected.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] == expected[i] || (std::isnan(values[i]) && std::isnan(expected[i]))) continue;
    ASSERT_NEAR(values[i], expected[i], tolerance) << "element " << i << " of " << found.shape().to_string();
  }
}

using Elements = std::vector<std::size_t>;

/// f(elements, divisor) for the windows of two planes, in their order.
template <class F>
void each_window(const DrawnSide& rows, const DrawnSide& cols, std::int64_t height, std::int64_t width, F f) {
  for (std::int64_t plane = 0; plane < 2; ++plane) {
    for (std::size_t i = 0; i < rows.windows.size(); ++i) {
      for (std::size_t j = 0; j < cols.windows.size(); ++j) {
        Elements elements;
        for (const std::int64_t row : rows.windows[i]) {
          for (const std::int64_t column : cols.windows[j]) {
            elements.push_back(static_cast<std::size_t>((plane * height + row) * width + column));
          }
        }
        f(elements, static_cast<double>(rows.divisors[i] * cols.divisors[j]));
      }
    }
  }
}

void expect_maxima(Draw& draw, DType dtype) {
  const std::int64_t height = draw.extent(), width = draw.extent();
  const Size2d kernel = {draw.kernel(), draw.kernel()}, stride = {draw.stride(), draw.stride()};
  const Size2d padding = {draw.one_of({0, kernel.height / 2}), draw.one_of({0, kernel.width / 2})};
  const Size2d dilation = {draw.one_of({1, 1, 2, 3}), draw.one_of({1, 1, 2, 3})};
  const bool ceil_mode = draw.one_of({0, 1}) == 1;
  const DrawnSide rows =
      side_of(height, kernel.height, stride.height, padding.height, dilation.height, ceil_mode, false);
  const DrawnSide cols = side_of(width, kernel.width, stride.width, padding.width, dilation.width, ceil_mode, false);
  const Tensor numbers = draw.hard_numbers({2, height, width}), x = numbers.to(dtype).clone().requires_grad_();
  const auto pool = [&x, kernel, stride, padding, dilation, ceil_mode] {
    return max_pool2d(x, kernel, {.stride = stride, .padding = padding, .dilation = dilation, .ceil_mode = ceil_mode});
  };
  if (!rows.is_full() || !cols.is_full()) {
    EXPECT_THROW(pool(), ShapeError);
    return;
  }
  const Tensor y = pool(), gy = randint(-3, 4, y.shape(), {.dtype = dtype});
  y.backward(gy);
  const std::vector<double> from = numbers.to_vector<double>(), given = gy.to(float64).to_vector<double>();
  std::vector<double> maxima, dx(from.size());
  each_window(rows, cols, height, width, [&from, &given, &maxima, &dx](const Elements& window, double) {
    std::size_t largest = window[0];
    for (const std::size_t e : window) {
      if (from[e] > from[largest] || std::isnan(from[e])) largest = e;
    }
    dx[largest] += given[maxima.size()];
    maxima.push_back(from[largest]);
  });
  expect_equal(y, maxima, 0);
  expect_equal(x.grad(), dx, 0);
}

TEST(MaxPool2d, IsTheFirstMaximumOfDrawnWindows) {  // SEMANTICS [75]
  manual_seed(0);
  Draw draw;
  for (int i = 0; i < 200; ++i) {
    expect_maxima(draw, float32);
    expect_maxima(draw, float64);
  }
}

/// y = pool(x), the means of these windows, and its gradient.
template <class Pool>
void expect_means(const DrawnSide& rows, const DrawnSide& cols, std::int64_t height, std::int64_t width, Pool pool) {
  const Tensor x = randn({2, height, width}, {.dtype = float64, .requires_grad = true});
  const Tensor y = pool(x), gy = randn(y.shape(), {.dtype = float64});
  y.backward(gy);
  const std::vector<double> from = x.to_vector<double>(), given = gy.to_vector<double>();
  std::vector<double> means, dx(from.size());
  each_window(rows, cols, height, width, [&from, &given, &means, &dx](const Elements& window, double divisor) {
    double sum = 0;
    for (const std::size_t e : window) {
      sum += from[e];
      dx[e] += given[means.size()] / divisor;
    }
    means.push_back(sum / divisor);
  });
  expect_equal(y, means, 1e-14);
  expect_equal(x.grad(), dx, 1e-13);
}

TEST(AvgPool2d, IsTheMeanOfDrawnWindows) {  // SEMANTICS [76]
  manual_seed(0);
  Draw draw;
  for (int i = 0; i < 300; ++i) {
    const std::int64_t height = draw.extent(), width = draw.extent();
    const Size2d kernel = {draw.kernel(), draw.kernel()}, stride = {draw.stride(), draw.stride()};
    const Size2d padding = {draw.one_of({0, kernel.height / 2}), draw.one_of({0, kernel.width / 2})};
    const bool ceil_mode = draw.one_of({0, 1}) == 1, counts = draw.one_of({0, 1}) == 1;
    const DrawnSide rows = side_of(height, kernel.height, stride.height, padding.height, 1, ceil_mode, counts);
    const DrawnSide cols = side_of(width, kernel.width, stride.width, padding.width, 1, ceil_mode, counts);
    const auto pool = [kernel, stride, padding, ceil_mode, counts](const Tensor& x) {
      return avg_pool2d(x, kernel,
                        {.stride = stride, .padding = padding, .ceil_mode = ceil_mode, .count_include_pad = counts});
    };
    if (rows.is_full() && cols.is_full()) {
      expect_means(rows, cols, height, width, pool);
    } else {
      EXPECT_THROW(pool(ones({2, height, width})), ShapeError);
    }
  }
}

/// Window i of m extends from floor(i n / m) to ceil((i + 1) n / m).
DrawnSide even_side_of(std::int64_t n, std::int64_t m) {
  DrawnSide side;
  for (std::int64_t i = 0; i < m; ++i) {
    std::vector<std::int64_t> window;
    for (std::int64_t at = i * n / m; at < ((i + 1) * n + m - 1) / m; ++at) window.push_back(at);
    side.divisors.push_back(static_cast<std::int64_t>(window.size()));
    side.windows.push_back(window);
  }
  return side;
}

TEST(AdaptiveAvgPool2d, IsTheMeanOfEvenWindows) {  // SEMANTICS [76]
  manual_seed(0);
  Draw draw;
  for (int i = 0; i < 100; ++i) {
    const std::int64_t height = draw.extent(), width = draw.extent();
    const Size2d size = {draw.extent(), draw.kernel()};
    expect_means(even_side_of(height, size.height), even_side_of(width, size.width), height, width,
                 [size](const Tensor& x) { return adaptive_avg_pool2d(x, size); });
  }
}

}  // namespace
}  // namespace xtape
