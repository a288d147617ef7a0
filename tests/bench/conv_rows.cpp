// The products of convolution layers on one thread: forward, the weight's gradient and the image's, each beside our own
// product of the same shape on matrices of windows that stand ready in memory.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "kernels/convolution.hpp"
#include "kernels/gemm.hpp"
#include "kernels/isa.hpp"
#include "xtape/parallel.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using xtape::kernels::Convolution;
using xtape::kernels::ConvolutionAxis;
using xtape::kernels::Gemm;

struct Free {
  void operator()(void* p) const { std::free(p); }
};
using Numbers = std::unique_ptr<float[], Free>;
Numbers numbers(std::int64_t n) {
  const std::size_t bytes = (sizeof(float) * static_cast<std::size_t>(n) + 63) / 64 * 64;
  Numbers x(static_cast<float*>(std::aligned_alloc(64, bytes)));
  for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
    x[i] = static_cast<float>(std::sin(static_cast<double>(i) * 1.7));
  }
  return x;
}

/// The least milliseconds of `rounds` runs.
template <class F>
double least(int rounds, F f) {
  double best = 1e9;
  for (int i = 0; i < rounds; ++i) {
    const auto start = Clock::now();
    f();
    best = std::min(best, std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  }
  return best;
}

/// The least time of a batch of products C (m x n) = A B, one for each image.
double bare(int rounds, std::int64_t m, std::int64_t n, std::int64_t k, bool trans_a, bool trans_b, bool accumulate,
            std::int64_t images) {
  const Numbers a = numbers(m * k), b = numbers(k * n), c = numbers(accumulate ? m * n : m * n * images);
  return least(rounds, [&] {
    for (std::int64_t i = 0; i < images; ++i) {
      xtape::kernels::gemm(Gemm<float>{.trans_a = trans_a,
                                       .trans_b = trans_b,
                                       .m = m,
                                       .n = n,
                                       .k = k,
                                       .a = a.get(),
                                       .lda = trans_a ? m : k,
                                       .b = b.get(),
                                       .ldb = trans_b ? k : n,
                                       .c = c.get() + (accumulate ? 0 : i * m * n),
                                       .ldc = n,
                                       .accumulate = accumulate});
    }
  });
}

ConvolutionAxis axis(std::int64_t image, std::int64_t kernel, std::int64_t stride, std::int64_t padding) {
  return {image, (image + 2 * padding - kernel) / stride + 1, kernel, stride, padding, 1};
}

struct Layer {
  std::int64_t images, channels, filters, groups, image, kernel, stride, padding;
};

void show(const Layer& l, int rounds) {
  const ConvolutionAxis side = axis(l.image, l.kernel, l.stride, l.padding);
  const Convolution c{l.images, l.channels, l.filters, l.groups, side, side};
  const std::int64_t depth = l.channels / l.groups * l.kernel * l.kernel, outputs = side.output * side.output;
  const Numbers x = numbers(l.images * l.channels * l.image * l.image), w = numbers(l.filters * depth);
  const Numbers y = numbers(l.images * l.filters * outputs), b = numbers(l.filters), dw = numbers(l.filters * depth);
  const double forward = least(rounds, [&] { convolve(c, x.get(), w.get(), b.get(), y.get()); });
  const double weight = least(rounds, [&] { convolve_weight(c, x.get(), y.get(), dw.get()); });
  const double image = least(rounds, [&] { convolve_transposed(c, y.get(), w.get(), nullptr, x.get()); });
  const std::int64_t m = l.filters / l.groups, images = l.images * l.groups;
  const double bare_forward = bare(rounds, m, outputs, depth, false, false, false, images);
  // One product over all images, where windows lie one after another.
  const double bare_weight = l.groups == 1 ? bare(rounds, m, depth, outputs * l.images, false, true, false, 1)
                                           : bare(rounds, m, depth, outputs, false, true, true, images);
  const double bare_image = bare(rounds, depth, outputs, m, true, false, false, images);
  std::printf(
      "%4lld x %4lld-%-4lld /%-4lld %3lld^2 %lldx%lld s%lld p%lld  y %8.3f (%8.3f %5.2f)  dw %8.3f (%8.3f %5.2f)  "
      "dx %8.3f (%8.3f %5.2f)\n",
      static_cast<long long>(l.images), static_cast<long long>(l.channels), static_cast<long long>(l.filters),
      static_cast<long long>(l.groups), static_cast<long long>(l.image), static_cast<long long>(l.kernel),
      static_cast<long long>(l.kernel), static_cast<long long>(l.stride), static_cast<long long>(l.padding), forward,
      bare_forward, forward / bare_forward, weight, bare_weight, weight / bare_weight, image, bare_image,
      image / bare_image);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 20;
  xtape::set_num_threads(argc > 2 ? std::atoi(argv[2]) : 1);
  std::printf("%s: milliseconds (of the bare products, times as long)\n", xtape::kernels::isa().name);
  const Layer layers[] = {
      {64, 1, 32, 1, 28, 3, 1, 1},    {64, 32, 64, 1, 14, 3, 1, 1},  {1, 1, 32, 1, 28, 3, 1, 1},
      {1, 32, 64, 1, 14, 3, 1, 1},    {128, 3, 32, 1, 32, 3, 1, 1},  {128, 32, 32, 1, 32, 3, 1, 1},
      {128, 32, 64, 1, 16, 3, 1, 1},  {128, 64, 64, 1, 16, 3, 1, 1}, {128, 64, 128, 1, 8, 3, 1, 1},
      {32, 256, 256, 1, 4, 3, 1, 1},  {16, 64, 128, 1, 28, 3, 2, 1}, {16, 64, 128, 1, 14, 1, 1, 0},
      {16, 64, 128, 1, 14, 1, 2, 0},  {64, 1, 6, 1, 28, 5, 1, 0},    {64, 6, 16, 1, 12, 5, 1, 0},
      {64, 16, 120, 1, 5, 5, 1, 0},   {16, 64, 64, 64, 28, 3, 1, 1}, {16, 64, 64, 64, 28, 3, 2, 1},
      {16, 128, 128, 8, 14, 3, 1, 1}, {8, 3, 64, 1, 64, 7, 2, 3},    {1, 3, 64, 1, 224, 7, 2, 3},
  };
  for (const Layer& layer : layers) show(layer, layer.images * layer.channels > 3000 ? (rounds + 1) / 2 : rounds);
}
