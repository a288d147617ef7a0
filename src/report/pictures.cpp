#include "report/pictures.hpp"

#include <algorithm>
#include <cmath>

#include "xtape/autograd.hpp"

namespace xtape::report {

namespace {

constexpr std::int64_t longest_side = 96, smallest_vector = 64;

struct Extents {
  std::int64_t channels = 0, height = 0, width = 0;
};

std::optional<Extents> extents_of(const Tensor& x) {
  if (!x.defined() || x.numel() == 0) return {};
  if (!is_floating(x.dtype()) && x.dtype() != DType::uint8) return {};  // token ids are no shades
  if (x.dim() == 3 && (x.size(0) == 1 || x.size(0) == 3)) return Extents{x.size(0), x.size(1), x.size(2)};
  if (x.dim() == 2 && x.size(0) > 1 && x.size(1) > 1) return Extents{1, x.size(0), x.size(1)};
  if (x.dim() == 3 || x.numel() < smallest_vector || x.numel() != std::max(x.size(0), x.size(-1))) return {};
  const auto side = static_cast<std::int64_t>(std::lround(std::sqrt(static_cast<double>(x.numel()))));
  if (side * side != x.numel()) return {};
  return Extents{1, side, side};
}

/// Black and white as values, of which a NaN or an infinity is neither.
std::pair<float, float> black_and_white(const std::vector<float>& values, DType dtype) {
  if (dtype == DType::uint8) return {0.F, 255.F};
  float low = 0, high = 1;
  bool any = false;
  for (const float v : values) {
    if (!std::isfinite(v)) continue;
    low = any ? std::min(low, v) : v;
    high = any ? std::max(high, v) : v;
    any = true;
  }
  if (!any || (low >= 0 && high <= 1)) return {0.F, 1.F};
  return {low, high};
}

std::uint8_t shade(double value, double black, double white) {
  const double share = (value - black) / (white - black);
  return static_cast<std::uint8_t>(std::lround(255 * (share >= 0 ? std::min(share, 1.0) : 0.0)));  // NaN is black
}

}  // namespace

std::optional<Picture> picture_of(const Tensor& input) {
  const std::optional<Extents> extents = extents_of(input);
  if (!extents) return {};
  const auto [channels, height, width] = *extents;
  const NoGradGuard no_grad;
  const std::vector<float> values = input.to(DType::float32).to_vector<float>();
  const auto [black, white] = black_and_white(values, input.dtype());
  const std::int64_t factor = (std::max(height, width) + longest_side - 1) / longest_side;

  Picture p{(height + factor - 1) / factor, (width + factor - 1) / factor, channels, {}};
  p.samples.reserve(static_cast<std::size_t>(p.height * p.width * channels));
  for (std::int64_t y = 0; y < height; y += factor) {
    for (std::int64_t x = 0; x < width; x += factor) {
      for (std::int64_t c = 0; c < channels; ++c) {
        double sum = 0;
        const std::int64_t bottom = std::min(y + factor, height), right = std::min(x + factor, width);
        for (std::int64_t i = y; i < bottom; ++i) {
          for (std::int64_t k = x; k < right; ++k)
            sum += values[static_cast<std::size_t>((c * height + i) * width + k)];
        }
        const double mean = sum / static_cast<double>((bottom - y) * (right - x));
        p.samples.push_back(shade(mean, black, white));
      }
    }
  }
  return p;
}

}  // namespace xtape::report
