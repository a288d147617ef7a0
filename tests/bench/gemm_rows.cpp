// Compares our matrix products with a CBLAS on one thread, shape by shape: the least time of many interleaved runs, and
// how many times as fast ours are. It also sums the products of a training step. docs/products.md says how to run it.
#include <cblas.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "kernels/gemm.hpp"
#include "kernels/isa.hpp"
#include "xtape/parallel.hpp"

extern "C" {
char* openblas_get_corename() __attribute__((weak));
void openblas_set_num_threads(int n) __attribute__((weak));
}

namespace {

using Clock = std::chrono::steady_clock;
using xtape::kernels::Gemm;

struct Product {
  std::int64_t m, n, k;
  bool trans_a, trans_b, accumulate;
};

/// The products of a linear layer's step: forward, the weight's gradient, and the input's unless it is the data.
void add_layer(std::vector<Product>& step, std::int64_t batch, std::int64_t in, std::int64_t out, bool first) {
  step.push_back({batch, out, in, false, true, true});
  step.push_back({out, in, batch, true, false, true});
  if (!first) step.push_back({batch, in, out, false, false, false});
}

struct Free {
  void operator()(void* p) const { std::free(p); }
};
/// Numbers that begin a line of the cache, as a tensor's do: elsewhere every other vector lies across two.
template <class T>
std::unique_ptr<T[], Free> numbers(std::int64_t n) {
  const std::size_t bytes = (sizeof(T) * static_cast<std::size_t>(n) + 63) / 64 * 64;
  std::unique_ptr<T[], Free> x(static_cast<T*>(std::aligned_alloc(64, bytes)));
  for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
    x[i] = static_cast<T>(std::sin(static_cast<double>(i) * 1.7));
  }
  return x;
}

int narrow(std::int64_t n) { return static_cast<int>(n); }
CBLAS_TRANSPOSE flag(bool transpose) { return transpose ? CblasTrans : CblasNoTrans; }
void by_blas(const Gemm<float>& g) {
  cblas_sgemm(CblasRowMajor, flag(g.trans_a), flag(g.trans_b), narrow(g.m), narrow(g.n), narrow(g.k), 1, g.a,
              narrow(g.lda), g.b, narrow(g.ldb), g.accumulate ? 1 : 0, g.c, narrow(g.ldc));
}
void by_blas(const Gemm<double>& g) {
  cblas_dgemm(CblasRowMajor, flag(g.trans_a), flag(g.trans_b), narrow(g.m), narrow(g.n), narrow(g.k), 1, g.a,
              narrow(g.lda), g.b, narrow(g.ldb), g.accumulate ? 1 : 0, g.c, narrow(g.ldc));
}

/// Seconds for `times` runs.
template <class F>
double seconds(int times, F f) {
  const auto start = Clock::now();
  for (int i = 0; i < times; ++i) f();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Times {
  double ours = 1e9, blas = 1e9;
};

template <class T>
Times measure(const Product& p, int rounds) {
  const auto a = numbers<T>(p.m * p.k), b = numbers<T>(p.k * p.n), c = numbers<T>(p.m * p.n);
  const Gemm<T> g{.trans_a = p.trans_a,
                  .trans_b = p.trans_b,
                  .m = p.m,
                  .n = p.n,
                  .k = p.k,
                  .a = a.get(),
                  .lda = p.trans_a ? p.m : p.k,
                  .b = b.get(),
                  .ldb = p.trans_b ? p.k : p.n,
                  .c = c.get(),
                  .ldc = p.n,
                  .accumulate = p.accumulate};
  const auto ours = [&g] { xtape::kernels::gemm(g); };
  const auto blas = [&g] { by_blas(g); };
  ours();
  const int times = 1 + static_cast<int>(0.4e-3 / (seconds(1, ours) + 1e-7));
  Times best;
  for (int i = 0; i < rounds; ++i) {
    best.ours = std::min(best.ours, seconds(times, ours) / times);
    best.blas = std::min(best.blas, seconds(times, blas) / times);
  }
  return best;
}

template <class T>
Times show(const Product& p, int rounds) {
  const Times t = measure<T>(p, rounds);
  const double work = 2e-9 * static_cast<double>(p.m) * static_cast<double>(p.n) * static_cast<double>(p.k);
  std::printf("  %6lld x %6lld x %7lld %s%s%s  ours %7.1f  blas %7.1f GFLOP/s  %5.2f%s\n", static_cast<long long>(p.m),
              static_cast<long long>(p.n), static_cast<long long>(p.k), p.trans_a ? "T" : "N", p.trans_b ? "T" : "N",
              p.accumulate ? "+" : " ", work / t.ours, work / t.blas, t.blas / t.ours,
              t.blas / t.ours < 0.85 ? "  <" : "");
  return t;
}

template <class T>
void show_step(const std::string& name, const std::vector<Product>& step, int rounds) {
  Times sum{0, 0};
  for (const Product& p : step) {
    const Times t = show<T>(p, rounds);
    sum.ours += t.ours;
    sum.blas += t.blas;
  }
  std::printf("%-28s %9.2f us  blas %9.2f us  %5.2f%s\n", name.c_str(), sum.ours * 1e6, sum.blas * 1e6,
              sum.blas / sum.ours, sum.blas / sum.ours < 0.97 ? "  <<" : "");
}

template <class T>
void show_all(const std::string& type, int rounds) {
  for (std::int64_t batch : {1, 2, 4, 8, 16, 32, 64, 128, 256}) {
    std::vector<Product> step;
    add_layer(step, batch, 784, 256, true);
    add_layer(step, batch, 256, 10, false);
    show_step<T>(type + " MLP batch " + std::to_string(batch), step, rounds);
    std::vector<Product> linear;
    add_layer(linear, batch, 784, 10, true);
    show_step<T>(type + " linear batch " + std::to_string(batch), linear, rounds);
  }
  std::vector<Product> toy;
  add_layer(toy, 32, 2, 32, true);
  add_layer(toy, 32, 32, 32, false);
  add_layer(toy, 32, 32, 3, false);
  show_step<T>(type + " toy batch 32", toy, rounds);
  std::printf("%s, single shapes\n", type.c_str());
  const Product shapes[] = {{1024, 1024, 1024, false, false, false}, {1024, 1024, 1024, false, true, false},
                            {1024, 1024, 1024, true, false, false},  {256, 256, 256, false, false, false},
                            {256, 256, 256, false, true, false},     {64, 12544, 288, false, false, false},
                            {64, 288, 12544, false, true, true},     {288, 12544, 64, true, false, false},
                            {32, 784, 9, false, false, false},       {32, 25088, 9, false, false, false},
                            {32, 9, 25088, false, true, true},       {9, 25088, 32, true, false, false},
                            {10000, 10, 784, false, true, false},    {10000, 10, 784, false, false, false},
                            {784, 10, 1000, true, false, false},     {10, 2000, 784, false, false, false},
                            {1, 1, 1000000, false, true, false},     {1, 1, 100, false, true, false},
                            {1, 1000, 1000, false, true, false},     {1, 1000, 1000, false, false, false},
                            {1000, 1, 1000, false, false, false},    {1000, 1000, 1, false, false, false},
                            {3, 1000, 1000, false, true, false},     {1000, 3, 1000, false, false, false}};
  for (const Product& p : shapes) show<T>(p, rounds);
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 20;
  xtape::set_num_threads(1);
  if (openblas_set_num_threads) openblas_set_num_threads(1);
  std::printf("%s kernels beside CBLAS%s%s\n", xtape::kernels::isa().name,
              openblas_get_corename ? ", OpenBLAS's core " : "", openblas_get_corename ? openblas_get_corename() : "");
  show_all<float>("float", rounds);
  show_all<double>("double", rounds);
}
