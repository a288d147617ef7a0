#include "kernels/gemm.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "kernels/random.hpp"
#include "support/isas.hpp"

namespace xtape {
namespace {

using kernels::Gemm;
using kernels::GemmPart;
using testing::each_isa;
using testing::of_type;

struct Extents {
  std::int64_t m, n, k;
};

/// Shapes for every partial strip and panel, every remainder of k, several blocks, and products as dot products.
std::vector<Extents> extents() {
  std::vector<Extents> all;
  for (std::int64_t m = 1; m <= 30; ++m) all.push_back({m, 33, 5});
  for (std::int64_t n = 1; n <= 70; ++n) all.push_back({3, n, 17});
  for (std::int64_t k = 1; k <= 35; ++k) all.push_back({15, 18, k});
  for (std::int64_t k : {1, 63, 399, 400, 401, 801, 1025}) {
    for (std::int64_t n : {1, 2, 9, 40}) all.push_back({1, n, k});
    for (std::int64_t m : {5, 10, 15}) all.push_back({m, 40, k});
  }
  all.insert(all.end(), {{197, 40, 70}, {15, 1100, 30}, {90, 1100, 3}, {40, 10, 130}});
  return all;
}

/// Elements followed by a page that cannot be read or written.
template <class T>
class Guarded {
 public:
  explicit Guarded(std::int64_t n)
      : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))),
        bytes_(static_cast<std::size_t>(n) * sizeof(T)),
        size_((bytes_ + page_ - 1) / page_ * page_ + page_),
        base_(static_cast<char*>(mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
    mprotect(base_ + size_ - page_, page_, PROT_NONE);
  }
  ~Guarded() { munmap(base_, size_); }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
  T* data() { return reinterpret_cast<T*>(base_ + size_ - page_ - bytes_); }

 private:
  std::size_t page_, bytes_, size_;
  char* base_;
};

/// The operands of a product, in rows `pad` longer than necessary; each array ends with the elements of its last row.
template <class T>
struct Problem {
  Problem(Extents s, int flags, std::int64_t pad)
      : trans_a(flags & 1),
        trans_b(flags & 2),
        accumulate(flags & 4),
        lda((trans_a ? s.m : s.k) + pad),
        ldb((trans_b ? s.k : s.n) + pad),
        ldc(s.n + pad),
        size_a(((trans_a ? s.k : s.m) - 1) * lda + lda - pad),
        size_b(((trans_b ? s.n : s.k) - 1) * ldb + ldb - pad),
        size_c((s.m - 1) * ldc + s.n),
        a(size_a),
        b(size_b),
        c(size_c),
        before(static_cast<std::size_t>(size_c)) {
    kernels::normal({1}, 0, size_a, a.data());
    kernels::normal({2}, 0, size_b, b.data());
    kernels::normal({3}, 0, size_c, before.data());
    restore();
    g = {.trans_a = trans_a,
         .trans_b = trans_b,
         .m = s.m,
         .n = s.n,
         .k = s.k,
         .a = a.data(),
         .lda = lda,
         .b = b.data(),
         .ldb = ldb,
         .c = c.data(),
         .ldc = ldc,
         .accumulate = accumulate};
  }
  void restore() { std::memcpy(c.data(), before.data(), before.size() * sizeof(T)); }
  std::vector<T> result() { return {c.data(), c.data() + size_c}; }
  T at_a(std::int64_t i, std::int64_t p) { return a.data()[trans_a ? p * lda + i : i * lda + p]; }
  T at_b(std::int64_t p, std::int64_t j) { return b.data()[trans_b ? j * ldb + p : p * ldb + j]; }

  bool trans_a, trans_b, accumulate;
  std::int64_t lda, ldb, ldc, size_a, size_b, size_c;
  Guarded<T> a, b, c;
  std::vector<T> before;
  Gemm<T> g;
};

template <class T>
void multiply(const kernels::Isa& isa, const Gemm<T>& g, const std::vector<GemmPart>& parts) {
  static std::vector<T> room;  // kept: a sanitizer takes longer to allocate it than most products take
  const auto size = static_cast<std::size_t>(of_type<T>(isa).gemm_room);
  if (room.size() != size) room = std::vector<T>(size);
  for (const GemmPart& part : parts) {
    if (part.m > 0 && part.n > 0) of_type<T>(isa).gemm(g, part, room.data());
  }
}

/// Expects C to agree with the definition within the rounding of k terms, and elements between its rows to be
/// unchanged.
template <class T>
void expect_definition(Problem<T>& p) {
  const Gemm<T>& g = p.g;
  for (std::int64_t at = 0; at < p.size_c; ++at) {
    const std::int64_t i = at / g.ldc, j = at % g.ldc;
    const double held = p.before[static_cast<std::size_t>(at)];
    if (j >= g.n) {
      ASSERT_EQ(g.c[at], held) << i << ", " << j;
      continue;
    }
    double sum = 0, sizes = 0;
    for (std::int64_t q = 0; q < g.k; ++q) {
      const double term = static_cast<double>(p.at_a(i, q)) * static_cast<double>(p.at_b(q, j));
      sum += term;
      sizes += std::abs(term);
    }
    if (g.accumulate) sum += held;
    const double rounding = std::numeric_limits<T>::epsilon() * 4 * (sizes + std::abs(held)) * std::sqrt(double(g.k));
    ASSERT_NEAR(static_cast<double>(g.c[at]), sum, rounding)
        << i << ", " << j << " of " << g.m << " x " << g.n << " x " << g.k << (g.trans_a ? " A^T" : "")
        << (g.trans_b ? " B^T" : "") << (g.accumulate ? " onto C" : "");
  }
}

template <class F>
void each_problem(F f) {
  each_isa([f](const kernels::Isa& isa) {
    for (const Extents& shape : extents()) {
      for (int flags = 0; flags < 8; ++flags) {
        Problem<float> single(shape, flags, shape.n % 3);
        f(isa, single);
        Problem<double> twice(shape, flags, shape.n % 3);
        f(isa, twice);
      }
    }
  });
}

TEST(GemmKernels, AgreeWithTheDefinitionForEveryShapeAndReadNothingBeyond) {
  each_problem([]<class T>(const kernels::Isa& isa, Problem<T>& p) {
    multiply(isa, p.g, {{0, p.g.m, 0, p.g.n}});
    expect_definition(p);
  });
}

TEST(GemmKernels, GiveTheSameBitsHoweverCIsCut) {
  each_problem([]<class T>(const kernels::Isa& isa, Problem<T>& p) {
    const std::int64_t m = p.g.m, n = p.g.n, i = m / 3, j = n / 2 + 1;
    multiply(isa, p.g, {{0, m, 0, n}});
    const std::vector<T> whole = p.result();
    p.restore();
    multiply(isa, p.g, {{0, i, 0, j}, {i, m - i, 0, j}, {0, i, j, n - j}, {i, m - i, j, n - j}});
    ASSERT_EQ(std::memcmp(p.result().data(), whole.data(), whole.size() * sizeof(T)), 0)
        << m << " x " << n << " x " << p.g.k;
  });
}

/// An image of one channel, and the matrix whose columns are its 3 x 3 windows: row p has the element at place p of
/// each.
template <class T>
struct Windows {
  static constexpr std::int64_t rows = 12, columns = 17, across = columns - 2, count = (rows - 2) * across, places = 9;
  std::vector<T> image = std::vector<T>(rows * columns);

  T at(std::int64_t window, std::int64_t place) const {
    const std::int64_t y = window / across + place / 3, x = window % across + place % 3;
    return image[static_cast<std::size_t>(y * columns + x)];
  }
  static void pack(const void* source, std::int64_t first, std::int64_t n, std::int64_t p, std::int64_t k,
                   std::int64_t width, T* to) {
    const auto& windows = *static_cast<const Windows*>(source);
    for (std::int64_t q = 0; q < k; ++q) {
      for (std::int64_t c = 0; c < width; ++c) to[q * width + c] = c < n ? windows.at(first + c, p + q) : T{};
    }
  }
};

/// Compares a product whose packer reads the windows from the image with the product of the windows' matrix.
template <class T>
void expect_windows(const kernels::Isa& isa, bool as_a) {
  using W = Windows<T>;
  constexpr std::int64_t filters = 37;
  W windows;
  kernels::normal({4}, 0, static_cast<std::int64_t>(windows.image.size()), windows.image.data());
  std::vector<T> weight(filters * W::places), c(filters * W::count);
  kernels::normal({5}, 0, static_cast<std::int64_t>(weight.size()), weight.data());
  Gemm<T> g{.m = filters,
            .n = W::count,
            .k = W::places,
            .a = weight.data(),
            .lda = W::places,
            .c = c.data(),
            .ldc = W::count,
            .pack_b = {W::pack, &windows}};
  if (as_a) {
    g = {.trans_b = true,
         .m = W::count,
         .n = filters,
         .k = W::places,
         .b = weight.data(),
         .ldb = W::places,
         .c = c.data(),
         .ldc = filters,
         .pack_a = {W::pack, &windows}};
  }
  multiply(isa, g, {{0, 20, 0, g.n}, {20, g.m - 20, 0, 5}, {20, g.m - 20, 5, g.n - 5}});
  for (std::int64_t f = 0; f < filters; ++f) {
    for (std::int64_t w = 0; w < W::count; ++w) {
      double sum = 0;
      for (std::int64_t p = 0; p < W::places; ++p) {
        sum += static_cast<double>(weight[static_cast<std::size_t>(f * W::places + p)]) *
               static_cast<double>(windows.at(w, p));
      }
      ASSERT_NEAR(static_cast<double>(c[static_cast<std::size_t>(as_a ? w * filters + f : f * W::count + w)]), sum,
                  std::numeric_limits<T>::epsilon() * 100);
    }
  }
}

TEST(GemmKernels, ReadAnOperandThroughItsPacker) {
  each_isa([](const kernels::Isa& isa) {
    for (bool as_a : {false, true}) {
      expect_windows<float>(isa, as_a);
      expect_windows<double>(isa, as_a);
    }
  });
}

TEST(GemmKernels, KeepTheDigitsOfManyTerms) {
  each_isa([](const kernels::Isa& isa) {
    for (const Extents& s : {Extents{1, 1, 1000000}, {1, 7, 300000}, {17, 17, 100000}, {70, 70, 20000}}) {
      const std::vector<float> a(static_cast<std::size_t>(s.m * s.k), 0.3f),
          b(static_cast<std::size_t>(s.n * s.k), 0.3f);
      std::vector<float> c(static_cast<std::size_t>(s.m * s.n));
      const Gemm<float> g{.trans_b = true,
                          .m = s.m,
                          .n = s.n,
                          .k = s.k,
                          .a = a.data(),
                          .lda = s.k,
                          .b = b.data(),
                          .ldb = s.k,
                          .c = c.data(),
                          .ldc = s.n};
      multiply(isa, g, {{0, s.m, 0, s.n}});
      const double exact = static_cast<double>(s.k) * 0.3f * 0.3f;
      for (float v : c) ASSERT_NEAR(v, exact, exact * 2e-5) << s.m << " x " << s.n << " x " << s.k;
    }
  });
}

}  // namespace
}  // namespace xtape
