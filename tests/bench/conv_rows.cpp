// The products of convolution layers on one thread: forward, the weight's gradient and the image's, each beside our own
// product of the same shape on matrices of windows that stand ready in memory. The least CPU time of runs in turn.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <vector>

#include "kernels/convolution.hpp"
#include "kernels/gemm.hpp"
#include "kernels/isa.hpp"
#include "xtape/parallel.hpp"

namespace {

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

/// Milliseconds of this thread's CPU time.
template <class F>
double milliseconds(const F& f) {
  const auto now = [] {
    timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return 1e3 * static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_nsec);
  };
  const double start = now();
  f();
  return now() - start;
}

/// A batch of products C (m x n) = A B, one for each image.
class Bare {
 public:
  Bare(std::int64_t m, std::int64_t n, std::int64_t k, bool trans_a, bool trans_b, bool accumulate, std::int64_t images)
      : images_(images), a_(numbers(m * k)), b_(numbers(k * n)), c_(numbers(accumulate ? m * n : m * n * images)) {
    product_ = {.trans_a = trans_a,
                .trans_b = trans_b,
                .m = m,
                .n = n,
                .k = k,
                .a = a_.get(),
                .lda = trans_a ? m : k,
                .b = b_.get(),
                .ldb = trans_b ? k : n,
                .c = c_.get(),
                .ldc = n,
                .accumulate = accumulate};
  }
  void operator()() const {
    Gemm<float> product = product_;
    for (std::int64_t i = 0; i < images_; ++i) {
      gemm(product);
      if (!product.accumulate) product.c += product.m * product.n;
    }
  }

 private:
  std::int64_t images_;
  Numbers a_, b_, c_;
  Gemm<float> product_;
};

struct Pair {
  double ours = 1e9, bare = 1e9;
};
template <class F>
Pair least(int rounds, F f, const Bare& bare) {
  Pair best;
  for (int i = 0; i < rounds; ++i) {
    best.ours = std::min(best.ours, milliseconds(f));
    best.bare = std::min(best.bare, milliseconds(bare));
  }
  return best;
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
  const std::int64_t m = l.filters / l.groups, images = l.images * l.groups;
  const Pair forward = least(
      rounds, [&] { convolve(c, x.get(), w.get(), b.get(), y.get()); },
      Bare(m, outputs, depth, false, false, false, images));
  // One product over all images, where windows lie one after another.
  const Bare bare_weight = l.groups == 1 ? Bare(m, depth, outputs * l.images, false, true, false, 1)
                                         : Bare(m, depth, outputs, false, true, true, images);
  const Pair weight = least(
      rounds, [&] { convolve_weight(c, x.get(), y.get(), dw.get()); }, bare_weight);
  const Pair image = least(
      rounds, [&] { convolve_transposed(c, y.get(), w.get(), nullptr, x.get()); },
      Bare(depth, outputs, m, true, false, false, images));
  std::printf(
      "%4lld x %4lld-%-4lld /%-4lld %3lld^2 %lldx%lld s%lld p%lld  y %8.3f (%8.3f %5.2f)  dw %8.3f (%8.3f %5.2f)  "
      "dx %8.3f (%8.3f %5.2f)\n",
      static_cast<long long>(l.images), static_cast<long long>(l.channels), static_cast<long long>(l.filters),
      static_cast<long long>(l.groups), static_cast<long long>(l.image), static_cast<long long>(l.kernel),
      static_cast<long long>(l.kernel), static_cast<long long>(l.stride), static_cast<long long>(l.padding),
      forward.ours, forward.bare, forward.ours / forward.bare, weight.ours, weight.bare, weight.ours / weight.bare,
      image.ours, image.bare, image.ours / image.bare);
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
