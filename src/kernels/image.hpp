// Transforms of one image (C, H, W), row by row: x is read once, y written once, and they do not overlap.
#pragma once

#include <cstdint>

namespace xtape::kernels {

struct ImageSize {
  std::int64_t channels, height, width;
  std::int64_t plane() const noexcept { return height * width; }
};

/// A number for each channel, or one for all (step 0).
struct ChannelNumbers {
  const double* first;
  std::int64_t step;
  double operator[](std::int64_t c) const noexcept { return first[c * step]; }
};

/// y[c][i + down][j + right] = x[c][i][j], and 0 where nothing comes from.
template <class T>
void shift_image(const ImageSize& size, std::int64_t down, std::int64_t right, const T* x, T* y);

/// y[c][i][j] = x[c][i][width - 1 - j].
template <class T>
void flip_image(const ImageSize& size, const T* x, T* y);

/// Sides below 2^30. y = x, rotated counter-clockwise about its center by `turns` of 360 degrees. A value between
/// pixels is that of the nearest one, at equal distance the one with the even number, or the weighted mean of the four
/// around it. Of a mean, the part m that lies inside the image counts as in torchvision: m (mean - fill) + fill, pixels
/// outside being 0.
template <class T>
void rotate_image(const ImageSize& size, double turns, bool bilinear, const ChannelNumbers& fill, const T* x, T* y);

/// y = (x - mean) / std, both rounded to T.
template <class T>
void normalize_image(const ImageSize& size, const ChannelNumbers& mean, const ChannelNumbers& std, const T* x, T* y);

/// y[i] = weight a[i] + (1 - weight) b[i].
template <class T>
void mix(const T* a, const T* b, T weight, T* y, std::int64_t n);

}  // namespace xtape::kernels
