// y[i, j] = max of x over window (i, j)        dx = the sum of gy over the windows whose maximum x is
// Keeps which tap of each window is the maximum: a byte, or 8 where windows have more than 256 taps. The gradient
// scatters by them, and its own gradient gathers.
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "kernels/isa.hpp"
#include "ops/pooling.hpp"

namespace xtape {

namespace {

/// f(taps) with the type of the taps.
template <class F>
void visit_taps(const Tensor& taps, F f) {
  if (taps.impl()->dtype == DType::uint8) return f(detail::elements<std::uint8_t>(taps));
  f(detail::elements<std::int64_t>(taps));
}

DType type_of_taps(const kernels::PoolDims& d) { return d.taps() <= 256 ? DType::uint8 : DType::int64; }

Tensor offsets_of(const kernels::PoolDims& d) {
  const Tensor offsets = detail::make_tensor({d.taps()}, DType::int64);
  for (std::int64_t t = 0; t < d.taps(); ++t) detail::elements<std::int64_t>(offsets)[t] = d.offset(t);
  return offsets;
}

constexpr std::int64_t least_cols = 4;  // of the kernels

/// Windows with all taps in the image by vectors, where there is a kernel for them; the others by plain loops.
template <class T, class Tap>
void pool_plane(const T* x, const kernels::PoolDims& d, T* y, Tap* tap) {
  const auto& [rows, cols] = d;
  const std::int64_t top = rows.first_inner(), bottom = rows.end_inner();
  const std::int64_t left = cols.first_inner(), right = cols.end_inner();
  const bool by_vectors = sizeof(T) == 4 && sizeof(Tap) == 1 && cols.stride <= 2 && right - left >= least_cols;
  for (std::int64_t i = 0; i < rows.out; ++i) {
    const bool inner = by_vectors && i >= top && i < bottom;
    kernels::max_pool_windows(x, d, i, 0, inner ? left : cols.out, y, tap);
    if (inner) kernels::max_pool_windows(x, d, i, right, cols.out, y, tap);
  }
  if constexpr (sizeof(T) == 4 && sizeof(Tap) == 1) {
    if (!by_vectors || bottom <= top) return;
    const std::int64_t first = top * cols.out + left;
    kernels::isa().max_pool(x + d.start(top, left),
                            {.rows = bottom - top,
                             .cols = right - left,
                             .tap_rows = rows.kernel,
                             .tap_cols = cols.kernel,
                             .row_step = rows.dilation * cols.in,
                             .col_step = cols.dilation,
                             .row_stride = rows.stride * cols.in,
                             .stride = cols.stride,
                             .y_stride = cols.out},
                            y + first, tap ? tap + first : nullptr);
  }
}

/// scatter_to_taps, by vectors where the windows tile the image in squares of 2 x 2.
template <class T, class Tap>
void scatter_plane(const T* gy, const Tap* tap, const kernels::PoolDims& d, const std::int64_t* offsets, T* dx) {
  if constexpr (sizeof(T) == 4 && sizeof(Tap) == 1) {
    const auto in_pairs = [](const kernels::PoolDim& e) {
      return e.kernel == 2 && e.stride == 2 && e.padding == 0 && e.dilation == 1 && 2 * e.out <= e.in;
    };
    const auto& [rows, cols] = d;
    if (in_pairs(rows) && in_pairs(cols) && cols.out >= least_cols) {
      kernels::isa().max_pool_2x2_gradient(gy, tap, rows.out, cols.out, cols.in, dx);
      std::fill_n(dx + 2 * rows.out * cols.in, (rows.in - 2 * rows.out) * cols.in, T{});
      return;
    }
  }
  kernels::scatter_to_taps(gy, tap, d, offsets, dx);
}

Tensor scatter(const Tensor& gy, const Tensor& taps, const kernels::PoolDims& d);

Tensor gather(const Tensor& x, const Tensor& taps, const kernels::PoolDims& d) {
  Tensor y = detail::make_tensor(taps.impl()->shape, x.impl()->dtype);
  const Tensor offsets = offsets_of(d);
  visit_floating(x.impl()->dtype, [&x, &y, &taps, &d, &offsets]<class T>() {
    visit_taps(taps, [&x, &y, &d, &offsets](const auto* tap) {
      const T* from = detail::elements<T>(x);
      T* to = detail::elements<T>(y);
      const std::int64_t in = d.in_plane(), out = d.out_plane(), *offset = detail::elements<std::int64_t>(offsets);
      parallel_groups(x.impl()->numel / in, out, 2, [=](std::int64_t first, std::int64_t count) {
        for (std::int64_t p = first; p < first + count; ++p) {
          kernels::gather_from_taps(from + p * in, tap + p * out, d, offset, to + p * out);
        }
      });
    });
  });
  return record("max_pool2d", {x}, std::move(y),
                [taps = save(taps), d](const Tensor& gy) { return Gradients(scatter(gy, *taps, d)); });
}

Tensor scatter(const Tensor& gy, const Tensor& taps, const kernels::PoolDims& d) {
  Tensor dx = detail::make_tensor(detail::with_images(gy, d.rows.in, d.cols.in), gy.impl()->dtype);
  const Tensor offsets = offsets_of(d);
  visit_floating(gy.impl()->dtype, [&gy, &dx, &taps, &d, &offsets]<class T>() {
    visit_taps(taps, [&gy, &dx, &d, &offsets](const auto* tap) {
      const T* g = detail::elements<T>(gy);
      T* to = detail::elements<T>(dx);
      const std::int64_t in = d.in_plane(), out = d.out_plane(), *offset = detail::elements<std::int64_t>(offsets);
      parallel_groups(dx.impl()->numel / in, in, 0.5, [=](std::int64_t first, std::int64_t count) {
        for (std::int64_t p = first; p < first + count; ++p) {
          scatter_plane(g + p * out, tap + p * out, d, offset, to + p * in);
        }
      });
    });
  });
  return record("max_pool2d", {gy}, std::move(dx),
                [taps = save(taps), d](const Tensor& gz) { return Gradients(gather(gz, *taps, d)); });
}

}  // namespace

Tensor max_pool2d(const Tensor& x, Size2d kernel_size, MaxPool2dOptions options) {
  kernels::PoolDims d = detail::windows_of("max_pool2d", x, kernel_size, options);
  for (kernels::PoolDim* e : {&d.rows, &d.cols}) e->kernel = e->end_tap(0);  // later taps lie beyond every image
  constexpr std::int64_t most_taps = 1 << 24;                                // backward has a table of them
  if (d.taps() > most_taps) {
    fail<ValueError>("max_pool2d", "windows of {} elements, it takes at most {}", d.taps(), most_taps);
  }
  Tensor y = detail::make_tensor(detail::with_images(x, d.rows.out, d.cols.out), x.impl()->dtype);
  const bool keeps = is_grad_enabled() && x.requires_grad();
  const Tensor taps = detail::make_tensor(keeps ? y.impl()->shape : Shape{0}, type_of_taps(d));
  visit_floating(x.impl()->dtype, [&x, &y, &taps, &d, keeps]<class T>() {
    visit_taps(taps, [&x, &y, &d, keeps](auto* tap) {
      const T* from = detail::elements<T>(x);
      T* to = detail::elements<T>(y);
      const std::int64_t in = d.in_plane(), out = d.out_plane();
      parallel_groups(x.impl()->numel / in, in, 0.5, [=](std::int64_t first, std::int64_t count) {
        for (std::int64_t p = first; p < first + count; ++p) {
          pool_plane(from + p * in, d, to + p * out, keeps ? tap + p * out : nullptr);
        }
      });
    });
  });
  return record("max_pool2d", {x}, std::move(y),
                [taps = save(taps), d](const Tensor& gy) { return Gradients(scatter(gy, *taps, d)); });
}

}  // namespace xtape
