#include "kernels/image.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/plain_math.hpp"

namespace xtape::kernels {

template <class T>
void shift_image(const ImageSize& size, std::int64_t down, std::int64_t right, const T* x, T* y) {
  const auto [channels, height, width] = size;
  down = std::clamp(down, -height, height);
  right = std::clamp(right, -width, width);
  const std::int64_t rows = height - std::abs(down), columns = width - std::abs(right);
  if (rows == 0 || columns == 0) {
    std::fill_n(y, channels * size.plane(), T{});
    return;
  }
  const std::int64_t top = std::max<std::int64_t>(down, 0), left = std::max<std::int64_t>(right, 0);
  for (std::int64_t c = 0; c < channels; ++c, x += size.plane(), y += size.plane()) {
    T* to = std::fill_n(y, top * width, T{});
    const T* from = x + (top - down) * width + (left - right);
    for (std::int64_t i = 0; i < rows; ++i, from += width) {
      to = std::fill_n(to, left, T{});
      to = std::copy_n(from, columns, to);
      to = std::fill_n(to, width - left - columns, T{});
    }
    std::fill(to, y + size.plane(), T{});
  }
}

template <class T>
void flip_image(const ImageSize& size, const T* x, T* y) {
  const std::int64_t rows = size.channels * size.height, width = size.width;
  for (std::int64_t i = 0; i < rows; ++i, x += width, y += width) {
    for (std::int64_t j = 0; j < width; ++j) y[j] = x[width - 1 - j];
  }
}

namespace {

/// The place in x of pixels (i, j) of a rotated image.
struct Rotation {
  double sin, cos, center_i, center_j;
  double row(std::int64_t i, std::int64_t j) const noexcept {
    return sin * (static_cast<double>(j) - center_j) + cos * (static_cast<double>(i) - center_i) + center_i;
  }
  double column(std::int64_t i, std::int64_t j) const noexcept {
    return cos * (static_cast<double>(j) - center_j) - sin * (static_cast<double>(i) - center_i) + center_j;
  }
};

/// The largest integer that is not above v, for |v| < 2^31: without a call to a function of libm.
std::int64_t floor_of(double v) noexcept { return static_cast<std::int64_t>(v + 0x1p31) - (std::int64_t{1} << 31); }

template <class T>
void rotate_nearest(const ImageSize& size, const Rotation& place, const ChannelNumbers& fill, const T* x, T* y) {
  const auto [channels, height, width] = size;
  const std::int64_t plane = size.plane();
  for (std::int64_t i = 0; i < height; ++i) {
    for (std::int64_t j = 0; j < width; ++j, ++y) {
      const std::int64_t row = std::lrint(place.row(i, j)), column = std::lrint(place.column(i, j));
      const bool inside = row >= 0 && row < height && column >= 0 && column < width;
      const std::int64_t from = row * width + column;
      for (std::int64_t c = 0; c < channels; ++c) y[c * plane] = inside ? x[c * plane + from] : static_cast<T>(fill[c]);
    }
  }
}

/// A value between four pixels, of which some lie outside.
template <class T>
T at_the_rim(const ImageSize& size, const T* x, std::int64_t top, std::int64_t left, T down, T right, T fill) {
  T mean = 0, part = 0;
  for (std::int64_t i = 0; i < 2; ++i) {
    for (std::int64_t j = 0; j < 2; ++j) {
      const std::int64_t row = top + i, column = left + j;
      if (row < 0 || row >= size.height || column < 0 || column >= size.width) continue;
      const T weight = (i ? down : 1 - down) * (j ? right : 1 - right);
      mean += weight * x[row * size.width + column];
      part += weight;
    }
  }
  return part * (mean - fill) + fill;
}

template <class T>
void rotate_bilinear(const ImageSize& size, const Rotation& place, const ChannelNumbers& fill, const T* x, T* y) {
  const auto [channels, height, width] = size;
  const std::int64_t plane = size.plane();
  for (std::int64_t i = 0; i < height; ++i) {
    for (std::int64_t j = 0; j < width; ++j, ++y) {
      const double row = place.row(i, j), column = place.column(i, j);
      const std::int64_t top = floor_of(row), left = floor_of(column);
      const T down = static_cast<T>(row - static_cast<double>(top));
      const T right = static_cast<T>(column - static_cast<double>(left));
      const bool inside = top >= 0 && top < height - 1 && left >= 0 && left < width - 1;
      for (std::int64_t c = 0; c < channels; ++c) {
        const T* image = x + c * plane;
        if (!inside) {
          y[c * plane] = at_the_rim(size, image, top, left, down, right, static_cast<T>(fill[c]));
          continue;
        }
        const T *upper = image + top * width + left, *lower = upper + width;
        const T above = upper[0] + right * (upper[1] - upper[0]), below = lower[0] + right * (lower[1] - lower[0]);
        y[c * plane] = above + down * (below - above);
      }
    }
  }
}

}  // namespace

template <class T>
void rotate_image(const ImageSize& size, double turns, bool bilinear, const ChannelNumbers& fill, const T* x, T* y) {
  const auto [sin, cos] = plain_sincos_turns(turns);
  const Rotation place{sin, cos, static_cast<double>(size.height - 1) / 2, static_cast<double>(size.width - 1) / 2};
  (bilinear ? rotate_bilinear<T> : rotate_nearest<T>)(size, place, fill, x, y);
}

template <class T>
void normalize_image(const ImageSize& size, const ChannelNumbers& mean, const ChannelNumbers& std, const T* x, T* y) {
  const std::int64_t plane = size.plane();
  for (std::int64_t c = 0; c < size.channels; ++c, x += plane, y += plane) {
    const T m = static_cast<T>(mean[c]), s = static_cast<T>(std[c]);
    for (std::int64_t i = 0; i < plane; ++i) y[i] = (x[i] - m) / s;
  }
}

template <class T>
void mix(const T* a, const T* b, T weight, T* y, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) y[i] = weight * a[i] + (1 - weight) * b[i];
}

#define XTAPE_IMAGE_KERNELS(T)                                                                                 \
  template void shift_image(const ImageSize&, std::int64_t, std::int64_t, const T*, T*);                       \
  template void flip_image(const ImageSize&, const T*, T*);                                                    \
  template void rotate_image(const ImageSize&, double, bool, const ChannelNumbers&, const T*, T*);             \
  template void normalize_image(const ImageSize&, const ChannelNumbers&, const ChannelNumbers&, const T*, T*); \
  template void mix(const T*, const T*, T, T*, std::int64_t);
XTAPE_IMAGE_KERNELS(float)
XTAPE_IMAGE_KERNELS(double)
#undef XTAPE_IMAGE_KERNELS

}  // namespace xtape::kernels
