#include "kernels/gemm.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/random.hpp"
#include "support/isas.hpp"

namespace xtape {
namespace {

using kernels::Gemm;
using kernels::Isa;
using testing::each_isa;

constexpr float guard = 77;

/// Numbers whose products are rounded, in rows that are longer than they need be.
std::vector<float> numbers(std::uint64_t seed, std::int64_t n) {
  std::vector<float> x(static_cast<std::size_t>(n));
  kernels::normal({seed}, 0, n, x.data());
  return x;
}

/// C by the header's definition: chains of fused multiply-adds in the order of k, over equal parts of at most 400.
float chains(const Gemm<float>& g, std::int64_t i, std::int64_t j, float held) {
  const std::int64_t parts = (g.k + 399) / 400, depth = (g.k + parts - 1) / parts;
  float c = held;
  for (std::int64_t first = 0; first < g.k; first += depth) {
    float sum = 0;
    for (std::int64_t p = first; p < std::min(first + depth, g.k); ++p) {
      const float a = g.a[g.trans_a ? p * g.lda + i : i * g.lda + p];
      const float b = g.b[g.trans_b ? j * g.ldb + p : p * g.ldb + j];
      sum = std::fma(a, b, sum);
    }
    c = first > 0 || g.accumulate ? c + sum : sum;
  }
  return c;
}

void expect_chains(const Isa& isa, bool trans_a, bool trans_b, bool accumulate, std::int64_t m, std::int64_t n,
                   std::int64_t k) {
  const std::int64_t lda = (trans_a ? m : k) + 1, ldb = (trans_b ? k : n) + 2, ldc = n + 3;
  // Each array ends where its last row does.
  const std::vector<float> a = numbers(1, ((trans_a ? k : m) - 1) * lda + lda - 1);
  const std::vector<float> b = numbers(2, ((trans_b ? n : k) - 1) * ldb + ldb - 2);
  std::vector<float> before(static_cast<std::size_t>((m - 1) * ldc + n), guard), c, room(kernels::gemm_room);
  for (std::size_t i = 0; i < before.size(); i += 2) before[i] = static_cast<float>(i);
  c = before;
  const Gemm<float> g{.trans_a = trans_a, .trans_b = trans_b, .m = m, .n = n, .k = k, .a = a.data(), .lda = lda,
                      .b = b.data(), .ldb = ldb, .c = c.data(), .ldc = ldc, .accumulate = accumulate};
  isa.gemm(g, room.data());
  for (std::int64_t at = 0; at < static_cast<std::int64_t>(c.size()); ++at) {
    const std::int64_t i = at / ldc, j = at % ldc;
    const float held = before[static_cast<std::size_t>(at)];
    const float expected = j < n ? chains(g, i, j, held) : held;
    ASSERT_EQ(c[static_cast<std::size_t>(at)], expected)
        << i << ", " << j << " of " << m << " x " << n << " x " << k << (trans_a ? " A^T" : "")
        << (trans_b ? " B^T" : "") << (accumulate ? " onto C" : "");
  }
}

TEST(OwnProduct, IsTheSumOfItsChainsForEveryShape) {
  each_isa([](const Isa& isa) {
    if (!isa.gemm) return;
    for (int flags = 0; flags < 8; ++flags) {
      const auto expect = [&isa, flags](std::int64_t m, std::int64_t n, std::int64_t k) {
        expect_chains(isa, flags & 1, flags & 2, flags & 4, m, n, k);
      };
      for (std::int64_t m = 1; m <= 30; ++m) expect(m, 33, 5);        // strips of every height
      for (std::int64_t n = 1; n <= 70; ++n) expect(3, n, 17);        // panels of every width
      for (std::int64_t k = 1; k <= 35; ++k) expect(15, 18, k);       // ends of k
      for (std::int64_t k : {399, 400, 401, 801}) expect(15, 40, k);  // several depths
      expect(197, 40, 30);                                            // several heights
      expect(15, 545, 30);                                            // more columns than are packed at a time
    }
  });
}

}  // namespace
}  // namespace xtape
