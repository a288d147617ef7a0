#include "kernels/convolution.hpp"

#include <algorithm>

#include "core/parallel.hpp"
#include "kernels/gemm.hpp"
#include "kernels/isa.hpp"
#include "kernels/products.hpp"
#include "kernels/room.hpp"
#include "kernels/windows.hpp"
#include "kernels/winograd.hpp"

namespace xtape::kernels {

namespace {

/// The elements first, first + step, ... of an axis to which a pass writes, what they see, and by which taps.
struct Targets {
  std::int64_t first = 0, step = 1, extent = 0;
  WindowAxis axis = {};
  std::vector<std::int64_t> taps = {};
};

Targets outputs(const ConvolutionAxis& a) {
  Targets targets{0, 1, a.output, images_seen(a), {}};
  for (std::int64_t t = 0; t < a.kernel; ++t) targets.taps.push_back(t);
  return targets;
}

/// What the images' elements first, first + stride, ... see of the outputs: by the taps by which those see them.
Targets images(const ConvolutionAxis& a, std::int64_t first) {
  Targets targets{first, a.stride, a.image, {(a.image - first + a.stride - 1) / a.stride, 1, a.output, {}}, {}};
  for (std::int64_t t = 0; t < a.kernel; ++t) {
    const std::int64_t place = first + a.padding - t * a.dilation;
    if (place % a.stride != 0) continue;
    targets.axis.at.push_back(place / a.stride);
    targets.taps.push_back(t);
  }
  return targets;
}

/// target = windows of the source times the weight, whose element for row m of a group, channel c of the source and tap
/// t is at[group * of_group + m * of_row + c * of_channel + t].
template <class T>
struct Pass {
  std::int64_t images, groups, channels, rows;  // of a group: channels of the source, rows of the target
  const T* source;
  const T* weight;
  std::int64_t of_group, of_row, of_channel, kernel_width;
  const T* bias;
  T* target;
  const Targets &down, &across;

  std::int64_t depth() const { return channels * static_cast<std::int64_t>(down.taps.size() * across.taps.size()); }
  std::int64_t target_plane() const { return down.extent * across.extent; }
  double multiplications() const {
    return static_cast<double>(images * groups * rows * down.axis.count * across.axis.count) *
           static_cast<double>(depth());
  }
};

/// Each target is the bias, or 0: no tap sees anything.
template <class T>
void fill(const Pass<T>& pass) {
  for (std::int64_t n = 0; n < pass.images * pass.groups * pass.rows; ++n) {
    const T value = pass.bias ? pass.bias[n % (pass.groups * pass.rows)] : T{};
    T* const plane = pass.target + n * pass.target_plane();
    for (std::int64_t i = pass.down.first; i < pass.down.extent; i += pass.down.step) {
      for (std::int64_t j = pass.across.first; j < pass.across.extent; j += pass.across.step) {
        plane[i * pass.across.extent + j] = value;
      }
    }
  }
}

/// The weight in the order in which multiply_windows reads it, group after group.
template <class T>
void pack_weight(const Pass<T>& pass, T* to) {
  std::vector<std::int64_t> at;
  for (std::int64_t c = 0; c < pass.channels; ++c) {
    for (const std::int64_t t : pass.down.taps) {
      for (const std::int64_t u : pass.across.taps) at.push_back(c * pass.of_channel + t * pass.kernel_width + u);
    }
  }
  for (std::int64_t g = 0; g < pass.groups; ++g) {
    each_strip<T>(pass.depth(), pass.rows, [&pass, &at, &to, g](std::int64_t q, std::int64_t r) {
      *to++ = pass.weight[g * pass.of_group + r * pass.of_row + at[static_cast<std::size_t>(q)]];
    });
  }
}

/// The columns of a product that are made at a time, before they are put to their places: what the first cache holds.
std::int64_t columns_at_a_time(std::int64_t rows) {
  constexpr std::int64_t near = 1 << 12;
  return std::clamp(near / rows / window_columns * window_columns, window_columns, 8 * window_columns);
}

/// Columns first to last of a product into their places.
template <class T>
void put(const Pass<T>& pass, const Windows<T>& windows, const WindowChunk& chunk, std::int64_t group,
         std::int64_t first, std::int64_t last, const T* product, std::int64_t ld) {
  const T* const bias = pass.bias ? pass.bias + group * pass.rows : nullptr;
  const std::int64_t plane = pass.target_plane();
  windows.each_run(first, last,
                   [&pass, &chunk, group, first, product, ld, bias, plane](
                       std::int64_t image, std::int64_t row, std::int64_t column, std::int64_t count, std::int64_t at) {
                     const T* const from = product + at - first;
                     T* const to = pass.target +
                                   ((chunk.first_image + image) * pass.groups + group) * pass.rows * plane +
                                   (pass.down.first + (chunk.first_row + row) * pass.down.step) * pass.across.extent +
                                   pass.across.first + column * pass.across.step;
                     if (pass.across.step == 1)
                       return isa_of<T>().put_rows(from, ld, pass.rows, count, bias, to, plane);
                     for (std::int64_t i = 0; i < pass.rows; ++i) {
                       for (std::int64_t j = 0; j < count; ++j) {
                         to[i * plane + j * pass.across.step] = from[i * ld + j] + (bias ? bias[i] : T{});
                       }
                     }
                   });
}

/// Groups first to last of a chunk.
template <class T>
void run_chunk(const Pass<T>& pass, const WindowChunk& chunk, bool stored, std::int64_t first, std::int64_t last,
               const T* weight) {
  const Windows<T> windows(pass.down.axis, pass.across.axis, chunk, pass.channels, stored);
  const WindowSource<T> source{pass.source, pass.groups * pass.channels, pass.down.axis, pass.across.axis};
  const FloatKernels<T>& kernels = isa_of<T>();
  const std::int64_t depth = pass.depth(), part = part_of_terms(depth), most = columns_at_a_time(pass.rows);
  const Room<T> laid_out(windows.size());
  const Room<T> product(pass.rows * most + window_columns);
  for (std::int64_t g = first; g < last; ++g) {
    windows.lay_out(source, g * pass.channels, laid_out);
    for (std::int64_t j = 0; j < windows.columns(); j += most) {
      const std::int64_t count = std::min(most, windows.columns() - j);
      for (std::int64_t p = 0; p < depth; p += part) {
        kernels.multiply_windows(weight + (g * depth + p) * pass.rows, pass.rows, laid_out + j, windows.offset() + p,
                                 std::min(part, depth - p), count, p > 0, product, most);
      }
      put<T>(pass, windows, chunk, g, j, j + count, product, most);
    }
  }
}

/// The tap that sees the element `place` behind the first one that is seen, if three elements side by side are.
std::int64_t tap_at(const Targets& t, std::int64_t place) {
  const std::int64_t first = *std::min_element(t.axis.at.begin(), t.axis.at.end());
  const auto found = std::find(t.axis.at.begin(), t.axis.at.end(), first + place);
  return found == t.axis.at.end() ? -1 : t.taps[static_cast<std::size_t>(found - t.axis.at.begin())];
}

/// Whether the pass has been made by Winograd's filtering.
bool made_by_winograd(const Pass<float>& p) {
  const auto suits = [](const Targets& t) {
    return t.step == 1 && t.axis.step == 1 && t.taps.size() == 3 && tap_at(t, 1) >= 0 && tap_at(t, 2) >= 0;
  };
  if (!suits(p.down) || !suits(p.across)) return false;
  const auto first = [](const Targets& t) { return *std::min_element(t.axis.at.begin(), t.axis.at.end()); };
  WinogradPass pass{
      p.images,      p.groups,        p.channels,    p.rows,         p.source, p.down.axis.extent, p.across.axis.extent,
      first(p.down), first(p.across), p.weight,      p.of_group,     p.of_row, p.of_channel,       {},
      p.bias,        p.target,        p.down.extent, p.across.extent};
  for (std::int64_t t = 0; t < 3; ++t) {
    for (std::int64_t u = 0; u < 3; ++u) pass.tap[3 * t + u] = tap_at(p.down, t) * p.kernel_width + tap_at(p.across, u);
  }
  return suits_winograd(pass) && by_winograd(pass);
}
bool made_by_winograd(const Pass<double>&) { return false; }

template <class T>
void run(const Pass<T>& pass) {
  if (pass.images * pass.groups * pass.rows * pass.down.axis.count * pass.across.axis.count == 0) return;
  if (pass.depth() == 0) return fill(pass);
  if (made_by_winograd(pass)) return;
  const Room<T> weight(pass.groups * pass.depth() * pass.rows);
  pack_weight<T>(pass, weight);
  const int threads = threads_for(pass.multiplications() / isa_of<T>().gemm_rate);
  // More threads take smaller chunks, and groups of their own: neither changes a bit.
  const std::int64_t all_columns = pass.images * pass.down.axis.count * pass.across.axis.count;
  const std::int64_t wished =
      threads == 1 ? usual_columns : std::clamp<std::int64_t>(all_columns / (2 * threads), 1, usual_columns);
  const WindowChunks chunks(pass.down.axis, pass.across.axis, pass.images, pass.channels, pass.rows, wished);
  const std::int64_t parts = std::clamp<std::int64_t>(2 * threads / chunks.count(), 1, pass.groups);
  parallel_for(chunks.count() * parts, threads, [&pass, &chunks, &weight, parts](std::int64_t i) {
    const std::int64_t part = i % parts, groups = pass.groups;
    run_chunk<T>(pass, chunks[i / parts], chunks.stored(), part * groups / parts, (part + 1) * groups / parts, weight);
  });
}

/// Rows of `n` biases, each for `each` elements.
template <class T>
void fill_rows(const T* b, std::int64_t rows, std::int64_t n, std::int64_t each, T* to) {
  for (std::int64_t i = 0; i < rows * n; ++i, to += each) std::fill_n(to, each, b[i % n]);
}

template <class T>
void forward(const Convolution& c, const T* x, const T* w, const T* b, T* y) {
  if (sees_whole_images(c)) {
    const std::int64_t n = c.filters, k = c.channels * c.height.kernel * c.width.kernel;
    if (b) fill_rows(b, c.images, n, 1, y);
    return gemm(Gemm<T>{.trans_b = true,
                        .m = c.images,
                        .n = n,
                        .k = k,
                        .a = x,
                        .lda = k,
                        .b = w,
                        .ldb = k,
                        .c = y,
                        .ldc = n,
                        .accumulate = b != nullptr});
  }
  const Targets down = outputs(c.height), across = outputs(c.width);
  const std::int64_t taps = c.height.kernel * c.width.kernel, channels = c.channels / c.groups;
  const std::int64_t filters = c.filters / c.groups, of_row = channels * taps;
  run(Pass<T>{c.images, c.groups, channels, filters, x, w, filters * of_row, of_row, taps, c.width.kernel, b, y, down,
              across});
}

/// Images from outputs as sums of what each tap gives: where there are few outputs, most elements see few of them.
template <class T>
struct SumsOfTaps {
  const Convolution& c;
  const T *y, *w, *b;
  T* x;
  Targets down, across;  // outputs, each of which sees itself
  WindowAxis seen_down, seen_across;

  std::int64_t taps() const { return c.height.kernel * c.width.kernel; }
  std::int64_t filters() const { return c.filters / c.groups; }
  /// What the outputs give to one channel of the images, in rows of taps.
  Pass<T> of_channel(std::int64_t channel) const {
    const std::int64_t channels = c.channels / c.groups, of_filter = channels * taps();
    const T* const weight = w + channel / channels * filters() * of_filter + channel % channels * taps();
    return {c.images, 1, filters(), taps(), y, weight, 0, 1, of_filter, 1, nullptr, nullptr, down, across};
  }
};

/// What image c of a group's outputs gives to one channel of the images, summed tap after tap.
template <class T>
void add_taps(const SumsOfTaps<T>& sums, const Windows<T>& windows, const T* product, std::int64_t ld, T* channel,
              std::int64_t next_image) {
  const Convolution& c = sums.c;
  const WindowAxis &down = sums.seen_down, &across = sums.seen_across;
  const std::int64_t taps = c.width.kernel, width = c.width.image;
  for (std::int64_t t = 0; t < c.height.kernel; ++t) {
    for (std::int64_t u = 0; u < taps; ++u, product += ld) {
      const std::int64_t row = down.at[static_cast<std::size_t>(t)], column = across.at[static_cast<std::size_t>(u)];
      windows.each_run(0, windows.columns(),
                       [&](std::int64_t image, std::int64_t i, std::int64_t, std::int64_t n, std::int64_t at) {
                         const std::int64_t to = row + i * down.step;
                         if (to < 0 || to >= c.height.image) return;
                         const std::int64_t first = column >= 0 ? 0 : (-column + across.step - 1) / across.step;
                         const std::int64_t last = std::min(n, (width - column + across.step - 1) / across.step);
                         T* const line = channel + image * next_image + to * width + column;
                         if (across.step == 1) {
                           for (std::int64_t j = first; j < last; ++j) line[j] += product[at + j];
                         } else {
                           for (std::int64_t j = first; j < last; ++j) line[j * across.step] += product[at + j];
                         }
                       });
    }
  }
}

/// Channels first to last of some images.
template <class T>
void run_sums(const SumsOfTaps<T>& sums, const WindowChunk& chunk, std::int64_t first, std::int64_t last) {
  const Convolution& c = sums.c;
  const std::int64_t filters = sums.filters(), taps = sums.taps(), pixels = c.height.image * c.width.image;
  const Windows<T> windows(sums.down.axis, sums.across.axis, chunk, filters, false);
  const std::int64_t ld = round_up(windows.columns(), window_columns), part = part_of_terms(filters);
  const Room<T> laid_out(windows.size()), weight(filters * taps), product(taps * ld);
  std::int64_t group = -1;
  for (std::int64_t channel = first; channel < last; ++channel) {
    const std::int64_t of = channel / (c.channels / c.groups);
    if (of != group) windows.lay_out({sums.y, c.filters, sums.down.axis, sums.across.axis}, of * filters, laid_out);
    group = of;
    pack_weight<T>(sums.of_channel(channel), weight);
    for (std::int64_t p = 0; p < filters; p += part) {
      isa_of<T>().multiply_windows(weight + p * taps, taps, laid_out, windows.offset() + p, std::min(part, filters - p),
                                   windows.columns(), p > 0, product, ld);
    }
    T* const to = sums.x + (chunk.first_image * c.channels + channel) * pixels;
    for (std::int64_t n = 0; n < chunk.images; ++n) {
      std::fill_n(to + n * c.channels * pixels, pixels, sums.b ? sums.b[channel] : T{});
    }
    add_taps<T>(sums, windows, product, ld, to, c.channels * pixels);
  }
}

template <class T>
void transposed_by_sums(const Convolution& c, const T* y, const T* w, const T* b, T* x) {
  const std::int64_t height = c.height.output, width = c.width.output;
  const SumsOfTaps<T> sums{
      c, y, w, b, x, outputs({height, height}), outputs({width, width}), images_seen(c.height), images_seen(c.width)};
  const double work = sums.of_channel(0).multiplications() * static_cast<double>(c.channels);
  const int threads = threads_for(work / isa_of<T>().gemm_rate);
  const std::int64_t images = std::clamp<std::int64_t>(usual_columns / (height * width), 1, c.images);
  const std::int64_t chunks = (c.images + images - 1) / images;
  const std::int64_t parts = std::clamp<std::int64_t>(2 * threads / chunks, 1, c.channels);
  parallel_for(chunks * parts, threads, [&sums, images, parts, height](std::int64_t i) {
    const std::int64_t first = i / parts * images, part = i % parts, channels = sums.c.channels;
    const WindowChunk chunk{first, std::min(images, sums.c.images - first), 0, height};
    run_sums(sums, chunk, part * channels / parts, (part + 1) * channels / parts);
  });
}

template <class T>
void transposed(const Convolution& c, const T* y, const T* w, const T* b, T* x) {
  if (sees_whole_images(c)) {
    const std::int64_t pixels = c.height.kernel * c.width.kernel, n = c.channels * pixels, k = c.filters;
    if (b) fill_rows(b, c.images, c.channels, pixels, x);
    return gemm(Gemm<T>{.m = c.images,
                        .n = n,
                        .k = k,
                        .a = y,
                        .lda = k,
                        .b = w,
                        .ldb = n,
                        .c = x,
                        .ldc = n,
                        .accumulate = b != nullptr});
  }
  const std::int64_t taps = c.height.kernel * c.width.kernel, channels = c.channels / c.groups;
  const std::int64_t filters = c.filters / c.groups, of_filter = channels * taps;
  const std::int64_t outputs = c.height.output * c.width.output * c.height.stride * c.width.stride;
  if (taps > 1 && c.images * c.channels * filters * outputs > 0 && 2 * c.height.image * c.width.image > 3 * outputs) {
    return transposed_by_sums(c, y, w, b, x);
  }
  for (std::int64_t i = 0; i < std::min(c.height.stride, c.height.image); ++i) {
    const Targets down = images(c.height, i);
    for (std::int64_t j = 0; j < std::min(c.width.stride, c.width.image); ++j) {
      const Targets across = images(c.width, j);
      run(Pass<T>{c.images, c.groups, filters, channels, y, w, filters * of_filter, taps, of_filter, c.width.kernel, b,
                  x, down, across});
    }
  }
}

}  // namespace

void convolve(const Convolution& c, const float* x, const float* w, const float* b, float* y) {
  forward(c, x, w, b, y);
}
void convolve(const Convolution& c, const double* x, const double* w, const double* b, double* y) {
  forward(c, x, w, b, y);
}
void convolve_transposed(const Convolution& c, const float* y, const float* w, const float* b, float* x) {
  transposed(c, y, w, b, x);
}
void convolve_transposed(const Convolution& c, const double* y, const double* w, const double* b, double* x) {
  transposed(c, y, w, b, x);
}

}  // namespace xtape::kernels
