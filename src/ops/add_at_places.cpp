#include "ops/add_at_places.hpp"

#include <algorithm>
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "kernels/index.hpp"
#include "kernels/isa.hpp"

namespace xtape::detail {

namespace {

/// For shorter rows list_sums is slower than scatter_sums.
constexpr std::int64_t short_row = 8;

/// The rows of each place as a linked list, for list_sums.
struct Lists {
  Lists(const std::int64_t* place, std::int64_t rows, std::int64_t places)
      : first(make_tensor({places}, DType::int64)), next(make_tensor({rows}, DType::int64)) {
    std::int64_t *f = elements<std::int64_t>(first), *n = elements<std::int64_t>(next);
    for (std::int64_t k = 0; k < rows; ++k) f[place[k]] = 0;  // the others are never read
    for (std::int64_t k = 0; k < rows; ++k) {
      n[k] = std::exchange(f[place[k]], k + 1);
      each_alone = each_alone && n[k] == 0;
    }
  }
  Tensor first, next;
  bool each_alone = true;  // no two rows have the same place
};

}  // namespace

void add_at_places(const Tensor& x, const Tensor& place, std::int64_t outer, std::int64_t places, std::int64_t n,
                   const Tensor& y) {
  const std::int64_t rows = place.impl()->numel, *at = elements<std::int64_t>(place);
  visit_floating(y.impl()->dtype, [&]<class T>() {
    const kernels::FloatKernels<T>& isa = kernels::isa_of<T>();
    const T* in = elements<T>(x);
    T* out = elements<T>(y);
    const auto each_outer = [=](auto f) {
      for (std::int64_t o = 0; o < outer; ++o) f(in + o * rows * n, out + o * places * n);
    };
    // With few rows for each place, it pays to look at the index first.
    const bool reads_index_first = 4 * places > rows && outer * n >= short_row;
    if (places > rows || reads_index_first) std::fill_n(out, y.impl()->numel, T{});  // for the places without a row
    if (reads_index_first) {
      const Lists lists(at, rows, places);
      const std::int64_t *first = elements<std::int64_t>(lists.first), *next = elements<std::int64_t>(lists.next);
      if (lists.each_alone) {
        return each_outer([=](const T* from, T* to) { kernels::add_slices(from, to, at, rows, n); });
      }
      if (n >= short_row) {
        return each_outer([=, &isa](const T* from, T* to) { isa.list_sums(from, at, first, next, rows, n, to); });
      }
    }
    const Tensor room = make_tensor({places * n * (sizeof(T) == 8 ? 2 : 1)}, DType::float64);
    each_outer([&](const T* from, T* to) { isa.scatter_sums(from, at, rows, n, places, to, elements<double>(room)); });
  });
}

}  // namespace xtape::detail
