// Convolutions, their transposes and their weights' gradients, against the definition in plain loops.
#include "kernels/convolution.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "kernels/random.hpp"
#include "xtape/parallel.hpp"

namespace xtape {
namespace {

using kernels::Convolution;
using kernels::ConvolutionAxis;

ConvolutionAxis axis(std::int64_t image, std::int64_t kernel, std::int64_t stride = 1, std::int64_t padding = 0,
                     std::int64_t dilation = 1) {
  return {image, (image + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1, kernel, stride, padding, dilation};
}

std::string text(const Convolution& c) {
  std::string s = std::to_string(c.images) + " x " + std::to_string(c.channels) + " -> " + std::to_string(c.filters) +
                  " in " + std::to_string(c.groups) + " groups";
  for (const ConvolutionAxis& a : {c.height, c.width}) {
    s += ", image " + std::to_string(a.image) + " kernel " + std::to_string(a.kernel) + " stride " +
         std::to_string(a.stride) + " padding " + std::to_string(a.padding) + " dilation " + std::to_string(a.dilation);
  }
  return s;
}

/// Shapes of every class: kernels of 1 to 7, even and oblong; strides, paddings, dilations, groups, few and many
/// channels; one pixel, one output, more padding than image.
std::vector<Convolution> shapes() {
  std::vector<Convolution> all;
  for (std::int64_t kernel : {1, 2, 3, 5, 7}) {
    for (std::int64_t stride : {1, 2, 3}) {
      for (std::int64_t padding : {0, 1, 3}) {
        const std::int64_t dilation = 1 + (kernel + stride + padding) % 2;
        const std::int64_t least = std::max<std::int64_t>(1, dilation * (kernel - 1) + 1 - 2 * padding);
        all.push_back({3, 2, 5, 1, axis(least + 6, kernel, stride, padding, dilation),
                       axis(least + 4, kernel, stride, padding, dilation)});
        all.push_back({2, 4, 6, 2, axis(least, kernel, stride, padding, dilation), axis(least + 9, kernel)});
      }
    }
  }
  const Convolution more[] = {
      {4, 1, 32, 1, axis(28, 3, 1, 1), axis(28, 3, 1, 1)},
      {9, 16, 33, 1, axis(14, 3, 1, 1), axis(14, 3, 1, 1)},
      {2, 130, 70, 1, axis(5, 3, 1, 1), axis(4, 3, 1, 1)},
      {2, 384, 3, 1, axis(3, 2), axis(4, 1)},
      {1, 3, 384, 1, axis(4, 3, 2, 1), axis(5, 3, 2, 1)},
      {3, 24, 24, 24, axis(9, 3, 1, 1), axis(20, 3, 1, 1)},
      {3, 6, 18, 6, axis(8, 5, 2, 2), axis(8, 3, 1, 1)},
      {2, 12, 8, 4, axis(7, 3, 1, 2, 2), axis(6, 3, 1, 2, 2)},
      {40, 3, 4, 1, axis(5, 5), axis(5, 5)},
      {2, 3, 4, 1, axis(3, 3, 5, 1), axis(3, 3)},
      {3, 3, 4, 1, axis(8, 7), axis(8, 7)},
      {1, 1, 1, 1, axis(1, 1), axis(1, 1)},
      {5, 2, 3, 1, axis(1, 3, 1, 1), axis(1, 3, 1, 1)},
      {2, 2, 3, 1, axis(3, 3, 1, 50, 50), axis(3, 3, 2, 5, 2)},
      {2, 2, 3, 1, axis(10, 2, 7), axis(11, 1, 4)},
      {2, 2, 2, 1, axis(4, 1, 1, 3), axis(4, 2, 3, 5)},
      {1, 2, 20, 1, axis(70, 3, 1, 1), axis(65, 3, 1, 1)},
      {2, 3, 5, 1, axis(90, 5, 2, 2), axis(61, 4, 3, 1)},
      {1, 2, 3, 1, axis(3, 1), axis(2500, 9, 1, 4)},
      {70, 2, 3, 1, axis(2, 2), axis(3, 2)},
      {0, 2, 3, 1, axis(4, 3), axis(4, 3)},
      {2, 0, 3, 1, axis(4, 3), axis(4, 3)},
      {2, 3, 0, 1, axis(4, 3), axis(4, 3)},
  };
  all.insert(all.end(), std::begin(more), std::end(more));
  return all;
}

/// Drawn shapes: each axis has a kernel, stride, padding and dilation of its own. Small ones, so that many are tried.
std::vector<Convolution> drawn_shapes() {
  std::minstd_rand next(1);
  const auto one_of = [&next](std::initializer_list<std::int64_t> list) { return list.begin()[next() % list.size()]; };
  const auto drawn_axis = [&one_of] {
    const std::int64_t kernel = one_of({1, 1, 2, 3, 3, 4, 5, 7}), stride = one_of({1, 1, 1, 2, 3, 5});
    const std::int64_t padding = one_of({0, 0, 1, 2, 4}), dilation = one_of({1, 1, 2, 3});
    const std::int64_t least = std::max<std::int64_t>(1, dilation * (kernel - 1) + 1 - 2 * padding);
    return axis(least + one_of({0, 0, 1, 2, 3, 5, 9}), kernel, stride, padding, dilation);
  };
  std::vector<Convolution> all;
  while (all.size() < 400) {
    const std::int64_t groups = one_of({1, 1, 1, 2, 3, 8}), images = one_of({1, 1, 2, 3, 17});
    const std::int64_t channels = groups * one_of({1, 1, 2, 3, 9, 34}), filters = groups * one_of({1, 1, 2, 5, 13, 33});
    const Convolution c = {images, channels, filters, groups, drawn_axis(), drawn_axis()};
    const std::int64_t products =
        images * filters * (channels / groups) * c.height.output * c.width.output * c.height.kernel * c.width.kernel;
    if (products < 20'000) all.push_back(c);
  }
  return all;
}

template <class T>
std::vector<T> numbers(std::uint64_t seed, std::int64_t n) {
  std::vector<T> x(static_cast<std::size_t>(n));
  kernels::normal({seed}, 0, n, x.data());
  return x;
}

/// f(place in x, place in w, place in y) for every product.
template <class F>
void each_product(const Convolution& c, F f) {
  const ConvolutionAxis &h = c.height, &w = c.width;
  const std::int64_t channels = c.channels / c.groups, filters = c.filters / c.groups;
  for (std::int64_t n = 0; n < c.images; ++n) {
    for (std::int64_t k = 0; k < c.filters; ++k) {
      for (std::int64_t i = 0; i < h.output; ++i) {
        for (std::int64_t j = 0; j < w.output; ++j) {
          for (std::int64_t q = 0; q < channels; ++q) {
            for (std::int64_t t = 0; t < h.kernel; ++t) {
              for (std::int64_t u = 0; u < w.kernel; ++u) {
                const std::int64_t row = i * h.stride + t * h.dilation - h.padding;
                const std::int64_t column = j * w.stride + u * w.dilation - w.padding;
                if (row < 0 || row >= h.image || column < 0 || column >= w.image) continue;
                const std::int64_t channel = k / filters * channels + q;
                f(static_cast<std::size_t>(((n * c.channels + channel) * h.image + row) * w.image + column),
                  static_cast<std::size_t>(((k * channels + q) * h.kernel + t) * w.kernel + u),
                  static_cast<std::size_t>(((n * c.filters + k) * h.output + i) * w.output + j));
              }
            }
          }
        }
      }
    }
  }
}

template <class T>
struct Problem {
  explicit Problem(const Convolution& shape)
      : c(shape),
        x(numbers<T>(1, c.images * c.channels * c.height.image * c.width.image)),
        w(numbers<T>(2, c.groups == 0 ? 0 : c.filters * (c.channels / c.groups) * c.height.kernel * c.width.kernel)),
        y(numbers<T>(3, c.images * c.filters * c.height.output * c.width.output)),
        b(numbers<T>(4, std::max(c.channels, c.filters))) {}

  std::vector<T> outputs(bool biased) const {
    std::vector<T> to(y.size(), T{-7});
    kernels::convolve(c, x.data(), w.data(), biased ? b.data() : nullptr, to.data());
    return to;
  }
  std::vector<T> images(bool biased) const {
    std::vector<T> to(x.size(), T{-7});
    kernels::convolve_transposed(c, y.data(), w.data(), biased ? b.data() : nullptr, to.data());
    return to;
  }
  std::vector<T> weight() const {
    std::vector<T> to(w.size(), T{-7});
    kernels::convolve_weight(c, x.data(), y.data(), to.data());
    return to;
  }

  Convolution c;
  std::vector<T> x, w, y, b;
};

struct Sum {
  double value = 0, sizes = 0;
  void add(double a, double b) {
    value += a * b;
    sizes += std::abs(a * b);
  }
};

template <class T>
void expect_sums(const std::vector<T>& found, const std::vector<Sum>& expected, const std::string& what) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double rounding = 16 * std::numeric_limits<T>::epsilon() * (expected[i].sizes + 1e-3);
    ASSERT_NEAR(static_cast<double>(found[i]), expected[i].value, rounding) << what << " [" << i << "]";
  }
}

/// The bias of each plane, of `pixels` elements.
template <class T>
std::vector<Sum> biases(const std::vector<T>& b, std::size_t size, std::int64_t planes, std::int64_t pixels) {
  std::vector<Sum> sums(size);
  for (std::size_t i = 0; i < size; ++i) {
    sums[i].add(static_cast<double>(b[i / static_cast<std::size_t>(pixels) % static_cast<std::size_t>(planes)]), 1);
  }
  return sums;
}

template <class T>
void expect_definition(const Convolution& c) {
  const Problem<T> p(c);
  std::vector<Sum> y(p.y.size()), w(p.w.size()), x(p.x.size());
  std::vector<Sum> biased_y = biases(p.b, y.size(), c.filters, c.height.output * c.width.output);
  std::vector<Sum> biased_x = biases(p.b, x.size(), c.channels, c.height.image * c.width.image);
  each_product(c, [&](std::size_t i, std::size_t k, std::size_t o) {
    const double a = static_cast<double>(p.x[i]), b = static_cast<double>(p.w[k]), g = static_cast<double>(p.y[o]);
    y[o].add(a, b);
    biased_y[o].add(a, b);
    x[i].add(g, b);
    biased_x[i].add(g, b);
    w[k].add(a, g);
  });
  expect_sums(p.outputs(false), y, "y of " + text(c));
  expect_sums(p.outputs(true), biased_y, "y and a bias of " + text(c));
  expect_sums(p.images(false), x, "x of " + text(c));
  expect_sums(p.images(true), biased_x, "x and a bias of " + text(c));
  expect_sums(p.weight(), w, "w of " + text(c));
}

TEST(Convolution, AgreesWithTheDefinitionForEveryShapeInFloat32) {
  for (const Convolution& c : shapes()) expect_definition<float>(c);
}
TEST(Convolution, AgreesWithTheDefinitionForEveryShapeInFloat64) {
  for (const Convolution& c : shapes()) expect_definition<double>(c);
}

TEST(Convolution, AgreesWithTheDefinitionForDrawnShapes) {
  for (const Convolution& c : drawn_shapes()) expect_definition<float>(c);
}

template <class T>
std::vector<T> all_results(const Convolution& c, int threads) {
  const int before = num_threads();
  set_num_threads(threads);
  const Problem<T> p(c);
  std::vector<T> all = p.outputs(true);
  for (const std::vector<T>& more : {p.images(true), p.weight()}) all.insert(all.end(), more.begin(), more.end());
  set_num_threads(before);
  return all;
}

TEST(Convolution, HasTheSameBitsForAnyNumberOfThreads) {
  const Convolution large[] = {{8, 3, 20, 1, axis(32, 3, 1, 1), axis(32, 3, 1, 1)},
                               {1, 20, 70, 1, axis(40, 3, 1, 1), axis(40, 3, 1, 1)},
                               {6, 48, 48, 48, axis(40, 3, 2, 1), axis(40, 3, 1, 1)},
                               {2, 140, 40, 2, axis(9, 3, 1, 1), axis(10, 3, 1, 1)}};
  for (const Convolution& c : large) {
    const std::vector<float> one = all_results<float>(c, 1);
    for (int threads : {2, 5}) {
      const std::vector<float> several = all_results<float>(c, threads);
      EXPECT_EQ(std::memcmp(one.data(), several.data(), one.size() * sizeof(float)), 0) << text(c) << ", " << threads;
    }
  }
}

TEST(Convolution, OfAnInfiniteElementHasInfiniteGradientsAndNoNaN) {
  Problem<float> p({2, 1, 2, 1, axis(6, 3, 1, 1), axis(6, 3, 1, 1)});
  p.x[5] = std::numeric_limits<float>::infinity();  // the end of a row
  for (float& g : p.y) g = std::abs(g) + 1;
  int infinite = 0;
  for (float v : p.weight()) {
    EXPECT_FALSE(std::isnan(v));
    infinite += std::isinf(v);
  }
  EXPECT_EQ(infinite, 2 * 4);  // taps that see a corner
}

}  // namespace
}  // namespace xtape
