#include "kernels/convolution.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/parallel.hpp"
#include "kernels/isa.hpp"
#include "kernels/products.hpp"
#include "kernels/room.hpp"
#include "kernels/windows.hpp"
#include "kernels/winograd.hpp"

namespace xtape::kernels {

namespace {

constexpr std::int64_t usual_columns = 1024;  // of a matrix of windows at a time

/// What the outputs of a convolution see of its images.
WindowAxis images_seen(const ConvolutionAxis& a) {
  WindowAxis axis{a.output, a.stride, a.image, {}};
  for (std::int64_t t = 0; t < a.kernel; ++t) axis.at.push_back(t * a.dilation - a.padding);
  return axis;
}

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

template <class T>
void forward(const Convolution& c, const T* x, const T* w, const T* b, T* y) {
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

// ---- the weight's gradient -----------------------------------------------------------------------------------------

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
  for (std::int64_t f = 0; f < count; ++f, to += columns) {
    for (std::int64_t n = 0; n < chunk.images; ++n) {
      kernels.put_rows(from + (n * pass.c.filters + f) * outputs, width, chunk.rows, width, nullptr,
                       to + n * windows.next_image(), windows.next_row());
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
void convolve_weight(const Convolution& c, const float* x, const float* gy, float* dw) { weight(c, x, gy, dw); }
void convolve_weight(const Convolution& c, const double* x, const double* gy, double* dw) { weight(c, x, gy, dw); }

}  // namespace xtape::kernels
