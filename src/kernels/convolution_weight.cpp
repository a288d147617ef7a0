// The weight's gradient of a convolution: dot products of the output's gradient and windows, in sums of some images
// each, which are added in order.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/parallel.hpp"
#include "kernels/convolution.hpp"
#include "kernels/gemm.hpp"
#include "kernels/isa.hpp"
#include "kernels/products.hpp"
#include "kernels/room.hpp"
#include "kernels/windows.hpp"

namespace xtape::kernels {

namespace {

template <class T>
struct WeightPass {
  const Convolution& c;
  const T *x, *gy;
  WindowAxis down, across;
  std::int64_t channels, filters, taps;  // of a group
  std::int64_t most_channels;            // that are laid out at a time

  std::int64_t row() const { return channels * taps; }
  std::int64_t outputs() const { return down.count * across.count; }
};

constexpr std::int64_t most_filters = 64;  // whose gradients are laid out at a time

/// Filters first to first + count of the gradient with 0 in the columns that belong to no output.
template <class T>
void spread(const WeightPass<T>& pass, const Windows<T>& windows, const WindowChunk& chunk, std::int64_t first,
            std::int64_t count, T* to) {
  const std::int64_t columns = windows.columns(), width = pass.across.count, outputs = pass.outputs();
  const FloatKernels<T>& kernels = isa_of<T>();
  std::memset(to, 0, sizeof(T) * static_cast<std::size_t>(count * columns));
  const T* const from = pass.gy + (chunk.first_image * pass.c.filters + first) * outputs + chunk.first_row * width;
  constexpr std::int64_t small = 16;
  if (chunk.rows * width < small) {  // many filters at a time
    windows.each_run(0, columns, [&](std::int64_t n, std::int64_t row, std::int64_t, std::int64_t, std::int64_t at) {
      kernels.put_rows(from + n * pass.c.filters * outputs + row * width, outputs, count, width, nullptr, to + at,
                       columns);
    });
    return;
  }
  const bool whole = windows.next_row() == width;  // rows that are one
  const std::int64_t rows = whole ? 1 : chunk.rows, n = whole ? chunk.rows * width : width;
  for (std::int64_t f = 0; f < count; ++f, to += columns) {
    for (std::int64_t i = 0; i < chunk.images; ++i) {
      kernels.put_rows(from + (i * pass.c.filters + f) * outputs, width, rows, n, nullptr,
                       to + i * windows.next_image(), windows.next_row());
    }
  }
}

/// Adds a chunk's part of channels first to last of a group. `exact`: no column is read that belongs to no output, for
/// 0 times an infinite element would be NaN.
template <class T>
void add_chunk(const WeightPass<T>& pass, const Windows<T>& windows, const WindowChunk& chunk, std::int64_t group,
               std::int64_t first, std::int64_t n, bool exact, const T* laid_out, T* gradients, T* sums) {
  const FloatKernels<T>& kernels = isa_of<T>();
  T* const to = sums + group * pass.filters * pass.row() + first * pass.taps;
  if (exact) {
    windows.each_run(0, windows.columns(),
                     [&](std::int64_t image, std::int64_t row, std::int64_t, std::int64_t count, std::int64_t at) {
                       const T* const g =
                           pass.gy +
                           ((chunk.first_image + image) * pass.c.filters + group * pass.filters) * pass.outputs() +
                           (chunk.first_row + row) * pass.across.count;
                       kernels.dot_windows(g, pass.outputs(), pass.filters, laid_out + at, windows.offset(),
                                           n * pass.taps, count, to, pass.row());
                     });
    return;
  }
  for (std::int64_t f = 0; f < pass.filters; f += most_filters) {
    const std::int64_t count = std::min(most_filters, pass.filters - f);
    spread(pass, windows, chunk, group * pass.filters + f, count, gradients);
    kernels.dot_windows(gradients, windows.columns(), count, laid_out, windows.offset(), n * pass.taps,
                        windows.columns(), to + f * pass.row(), pass.row());
  }
}

/// Adds some chunks' part of channels first to first + n of groups.
template <class T>
void add_chunks(const WeightPass<T>& pass, const WindowChunks& chunks, std::int64_t begin, std::int64_t end,
                std::int64_t first_group, std::int64_t last_group, std::int64_t first, std::int64_t n, bool exact,
                T* sums) {
  const WindowSource<T> source{pass.x, pass.c.channels, pass.down, pass.across};
  for (std::int64_t i = begin; i < end; ++i) {
    const WindowChunk chunk = chunks[i];
    const Windows<T> windows(pass.down, pass.across, chunk, n, chunks.stored());
    const Room<T> laid_out(windows.size());
    const Room<T> gradients(exact ? 1 : std::min(most_filters, pass.filters) * windows.columns());
    for (std::int64_t g = first_group; g < last_group; ++g) {
      windows.lay_out(source, g * pass.channels + first, laid_out);
      add_chunk<T>(pass, windows, chunk, g, first, n, exact, laid_out, gradients, sums);
    }
  }
}

template <class T>
void weight_gradient(const WeightPass<T>& pass, bool exact, T* dw) {
  const std::int64_t size = pass.c.filters * pass.row();
  const WindowChunks chunks(pass.down, pass.across, pass.c.images, pass.most_channels, pass.filters, usual_columns);
  // Sums of some chunks each, which are then added in order: as many as the shapes say, not the threads.
  constexpr std::int64_t most_sums = 16, most_elements = 1 << 20;
  const std::int64_t sums = std::clamp<std::int64_t>(most_elements / size, 1, std::min(most_sums, chunks.count()));
  const std::int64_t channel_parts = (pass.channels + pass.most_channels - 1) / pass.most_channels;
  const int threads = threads_for(static_cast<double>(size) * static_cast<double>(pass.c.images * pass.outputs()) /
                                  isa_of<T>().gemm_rate);
  const std::int64_t group_parts = std::clamp<std::int64_t>(2 * threads / (sums * channel_parts), 1, pass.c.groups);
  const Room<T> others((sums - 1) * size);
  parallel_for(sums * channel_parts * group_parts, threads, [&](std::int64_t i) {
    const std::int64_t sum = i % sums, channel = i / sums % channel_parts * pass.most_channels;
    const std::int64_t part = i / sums / channel_parts, groups = pass.c.groups;
    const std::int64_t n = std::min(pass.most_channels, pass.channels - channel);
    const std::int64_t first = part * groups / group_parts, last = (part + 1) * groups / group_parts;
    T* const to = sum == 0 ? dw : others + (sum - 1) * size;
    for (std::int64_t f = first * pass.filters; f < last * pass.filters; ++f) {
      std::fill_n(to + f * pass.row() + channel * pass.taps, n * pass.taps, T{});
    }
    add_chunks<T>(pass, chunks, sum * chunks.count() / sums, (sum + 1) * chunks.count() / sums, first, last, channel, n,
                  exact, to);
  });
  for (std::int64_t s = 0; s + 1 < sums; ++s) {
    const T* const other = others + s * size;
    for (std::int64_t i = 0; i < size; ++i) dw[i] += other[i];
  }
}

template <class T>
void weight(const Convolution& c, const T* x, const T* gy, T* dw) {
  if (sees_whole_images(c)) {
    const std::int64_t m = c.filters, n = c.channels * c.height.kernel * c.width.kernel;
    return gemm(Gemm<T>{
        .trans_a = true, .m = m, .n = n, .k = c.images, .a = gy, .lda = m, .b = x, .ldb = n, .c = dw, .ldc = n});
  }
  const std::int64_t channels = c.channels / c.groups, filters = c.filters / c.groups;
  WeightPass<T> pass{
      c, x, gy, images_seen(c.height), images_seen(c.width), channels, filters, c.height.kernel * c.width.kernel, 1};
  const std::int64_t size = c.filters * pass.row();
  if (size == 0) return;
  if (c.images * pass.outputs() == 0) return std::fill_n(dw, size, T{}), void();
  // So many channels that the second cache holds long rows of them.
  constexpr std::int64_t most_channels = 64, near = 128;
  const std::int64_t each = WindowChunks(pass.down, pass.across, c.images, 1, filters, usual_columns).elements();
  pass.most_channels = std::clamp<std::int64_t>(near / each, 1, std::min(channels, most_channels));
  weight_gradient(pass, false, dw);
  if (std::any_of(dw, dw + size, [](T v) { return std::isnan(v); })) weight_gradient(pass, true, dw);
}

}  // namespace

void convolve_weight(const Convolution& c, const float* x, const float* gy, float* dw) { weight(c, x, gy, dw); }
void convolve_weight(const Convolution& c, const double* x, const double* gy, double* dw) { weight(c, x, gy, dw); }

}  // namespace xtape::kernels
