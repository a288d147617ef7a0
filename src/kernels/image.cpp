#include "kernels/image.hpp"

#include <algorithm>
#include <cstdlib>

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

/// A coordinate, in units of 2^-32: steps along a row are additions of integers, and floors are shifts.
using Fixed = std::int64_t;
constexpr Fixed one = Fixed{1} << 32;

Fixed fixed(double v) noexcept { return static_cast<Fixed>(v * 0x1p32 + (v < 0 ? -0.5 : 0.5)); }

template <class T>
T fraction(Fixed v) noexcept {
  return static_cast<T>(static_cast<std::uint32_t>(v)) * static_cast<T>(0x1p-32);
}

std::int64_t nearest(Fixed v) noexcept {
  const std::int64_t up = (v + one / 2) >> 32;
  const bool is_between = static_cast<std::uint32_t>(v) == one / 2;
  return up - (is_between ? up & 1 : 0);
}

/// Whether 0 <= i < n.
bool is_within(std::int64_t i, std::int64_t n) noexcept {
  return static_cast<std::uint64_t>(i) < static_cast<std::uint64_t>(n);
}

/// f(y, row, column) for each pixel y of the rotated image: where in x it lies.
template <class T, class F>
void each_rotated(const ImageSize& size, double turns, T* y, F f) {
  const auto [sin, cos] = plain_sincos_turns(turns);
  const double center_i = static_cast<double>(size.height - 1) / 2, center_j = static_cast<double>(size.width - 1) / 2;
  const Fixed down = fixed(sin), right = fixed(cos);
  for (std::int64_t i = 0; i < size.height; ++i) {
    const double up = static_cast<double>(i) - center_i;
    Fixed row = fixed(cos * up - sin * center_j + center_i), column = fixed(-sin * up - cos * center_j + center_j);
    for (std::int64_t j = 0; j < size.width; ++j, row += down, column += right) f(y++, row, column);
  }
}

template <class T>
void rotate_nearest(const ImageSize& size, double turns, const ChannelNumbers& fill, const T* x, T* y) {
  const std::int64_t plane = size.plane();
  each_rotated(size, turns, y, [&size, plane, &fill, x](T* to, Fixed row, Fixed column) {
    const std::int64_t i = nearest(row), j = nearest(column), from = i * size.width + j;
    const bool inside = is_within(i, size.height) && is_within(j, size.width);
    for (std::int64_t c = 0; c < size.channels; ++c) {
      to[c * plane] = inside ? x[c * plane + from] : static_cast<T>(fill[c]);
    }
  });
}

/// A value between four pixels, of which some lie outside.
template <class T>
T at_the_rim(const ImageSize& size, const T* x, std::int64_t top, std::int64_t left, T down, T right, T fill) {
  T mean = 0, part = 0;
  for (std::int64_t i = 0; i < 2; ++i) {
    for (std::int64_t j = 0; j < 2; ++j) {
      if (!is_within(top + i, size.height) || !is_within(left + j, size.width)) continue;
      const T weight = (i ? down : 1 - down) * (j ? right : 1 - right);
      mean += weight * x[(top + i) * size.width + left + j];
      part += weight;
    }
  }
  return part * (mean - fill) + fill;
}

template <class T>
void rotate_bilinear(const ImageSize& size, double turns, const ChannelNumbers& fill, const T* x, T* y) {
  const std::int64_t plane = size.plane();
  each_rotated(size, turns, y, [&size, plane, &fill, x](T* to, Fixed row, Fixed column) {
    const std::int64_t top = row >> 32, left = column >> 32;
    const T down = fraction<T>(row), right = fraction<T>(column);
    const bool inside = is_within(top, size.height - 1) && is_within(left, size.width - 1);
    for (std::int64_t c = 0; c < size.channels; ++c) {
      if (!inside) {
        to[c * plane] = at_the_rim(size, x + c * plane, top, left, down, right, static_cast<T>(fill[c]));
        continue;
      }
      const T *upper = x + c * plane + top * size.width + left, *lower = upper + size.width;
      const T above = upper[0] + right * (upper[1] - upper[0]), below = lower[0] + right * (lower[1] - lower[0]);
      to[c * plane] = above + down * (below - above);
    }
  });
}

}  // namespace

template <class T>
void rotate_image(const ImageSize& size, double turns, bool bilinear, const ChannelNumbers& fill, const T* x, T* y) {
  (bilinear ? rotate_bilinear<T> : rotate_nearest<T>)(size, turns, fill, x, y);
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
