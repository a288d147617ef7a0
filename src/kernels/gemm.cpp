#include "kernels/gemm.hpp"

#include <algorithm>

#include "core/parallel.hpp"
#include "kernels/isa.hpp"
#include "kernels/room.hpp"

namespace xtape::kernels {

namespace {

constexpr std::int64_t part_step = 32;  // no part ends within a vector but the last

template <class T>
void multiply_part(const Gemm<T>& g, const GemmPart& part) {
  const FloatKernels<T>& kernels = isa_of<T>();
  kernels.gemm(g, part, Room<T>(kernels.gemm_room));
}

template <class T>
int parts_that_pay(const Gemm<T>& g) {
  const double work = static_cast<double>(g.m) * static_cast<double>(g.n) * static_cast<double>(g.k);
  return threads_for(work / isa_of<T>().gemm_rate);
}

template <class T>
void run(const Gemm<T>& g, int parts) {
  if (g.m == 0 || g.n == 0) return;
  if (g.k == 0) {
    for (std::int64_t i = 0; i < g.m && !g.accumulate; ++i) std::fill_n(g.c + i * g.ldc, g.n, T{0});
    return;
  }
  if (parts == 1) return multiply_part(g, {0, g.m, 0, g.n});
  // The longer side of C is cut.
  const bool by_rows = g.m > g.n;
  const std::int64_t longer = std::max(g.m, g.n), length = round_up((longer + parts - 1) / parts, part_step);
  parallel_for((longer + length - 1) / length, parts, [&g, by_rows, longer, length](std::int64_t at) {
    const std::int64_t first = at * length, count = std::min(length, longer - first);
    multiply_part(g, by_rows ? GemmPart{first, count, 0, g.n} : GemmPart{0, g.m, first, count});
  });
}

}  // namespace

void gemm(const Gemm<float>& g) { run(g, parts_that_pay(g)); }
void gemm(const Gemm<double>& g) { run(g, parts_that_pay(g)); }
void gemm(const Gemm<float>& g, int parts) { run(g, parts); }
void gemm(const Gemm<double>& g, int parts) { run(g, parts); }

}  // namespace xtape::kernels
