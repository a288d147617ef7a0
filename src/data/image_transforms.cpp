// Transforms of images. A random one takes the same number of blocks from the generator for each image, whatever it
// then does with them: what an image gets does not depend on what became of the others.
#include <algorithm>
#include <bit>
#include <cmath>

#include "core/dispatch.hpp"
#include "core/parallel.hpp"
#include "data/transformable.hpp"
#include "kernels/image.hpp"
#include "kernels/plain_math.hpp"
#include "kernels/random.hpp"
#include "xtape/data/transforms.hpp"

namespace xtape::data {

namespace {

using kernels::ChannelNumbers;
using kernels::ImageSize;

void check_probability(const char* name, double p) {
  if (!(p >= 0 && p <= 1)) fail<ValueError>(name, "p is {}, it must lie in [0, 1]", p);
}

void check_finite(const char* name, const char* what, std::span<const double> values) {
  for (double v : values) {
    if (!std::isfinite(v)) fail<ValueError>(name, "{} has the number {}, which is not finite", what, v);
  }
}

/// Both finite, in ascending order.
void check_range(const char* name, const char* what, const std::array<double, 2>& range) {
  check_finite(name, what, range);
  if (range[0] > range[1]) fail<ValueError>(name, "{} is [{}, {}], it must ascend", what, range[0], range[1]);
}

ChannelNumbers for_channels(const char* name, const char* what, const PerChannel& numbers, const ImageSize& size) {
  const std::span<const double> values = numbers.values();
  if (values.size() != 1 && std::cmp_not_equal(values.size(), size.channels)) {
    fail<ShapeError>(name, "{} has {} numbers, the images have {} channels", what, values.size(), size.channels);
  }
  return {values.data(), values.size() > 1};
}

struct Images {
  ImageSize size;
  std::int64_t count;
};

Images images_in(const char* name, const Tensor& x, bool is_batch) {
  check_transformable(name, x);
  const Shape& s = x.impl()->shape;
  if (s.size() == 4) return {{s[1], s[2], s[3]}, s[0]};
  if (s.size() == 3) return is_batch ? Images{{1, s[1], s[2]}, s[0]} : Images{{s[0], s[1], s[2]}, 1};
  fail<ShapeError>(name, "expected images (B, C, H, W) or {}, got {}; reshape it first?",
                   is_batch ? "(B, H, W)" : "one image (C, H, W)", s);
}

/// Draws from [0, n), given a uniform number from [0, 1).
std::int64_t below(double u, std::int64_t n) { return static_cast<std::int64_t>(u * static_cast<double>(n)); }

/// A uniform number of [range[0], range[1]).
double between(double u, const std::array<double, 2>& range) { return range[0] + u * (range[1] - range[0]); }

/// A transform of each image by itself, with `numbers` uniform numbers for each; none: it is not random. `ns` is the
/// time for an element.
class ImageTransform : public detail::AnyTransform {
 public:
  bool is_random() const final { return numbers_ > 0; }
  Tensor apply(const Tensor& x, Generator* generator, bool is_batch) const final;

 protected:
  static constexpr std::int64_t most_numbers = 48;
  ImageTransform(const char* name, std::int64_t numbers, double ns) : name_(name), numbers_(numbers), ns_(ns) {}
  virtual void transform(const double* u, const ImageSize& size, const float* x, float* y) const = 0;
  virtual void transform(const double* u, const ImageSize& size, const double* x, double* y) const = 0;
  const char* name() const noexcept { return name_; }

 private:
  const char* name_;
  std::int64_t numbers_;
  double ns_;
};

Tensor ImageTransform::apply(const Tensor& x, Generator* generator, bool is_batch) const {
  const Images images = images_in(name_, x, is_batch);
  if (is_random() && !generator) return x;
  const std::int64_t elements = images.size.channels * images.size.plane(), total = images.count * elements;
  Tensor y = xtape::detail::make_tensor(x.impl()->shape, x.impl()->dtype);
  const std::uint64_t blocks = kernels::blocks_for(numbers_, kernels::reals_per_block<double>);
  Generator::State begin;
  if (is_random()) begin = generator->reserve(static_cast<std::uint64_t>(images.count) * blocks);
  if (total == 0) return y;
  const std::int64_t at_once = std::max<std::int64_t>(1, chunk_size / elements);
  visit_floating(x.impl()->dtype, [&]<class T>() {
    const T* from = xtape::detail::elements<T>(x);
    T* to = xtape::detail::elements<T>(y);
    const int threads = threads_for(static_cast<double>(total) * ns_);
    parallel_for((images.count + at_once - 1) / at_once, threads, [=, this, &images](std::int64_t part) {
      const std::int64_t last = std::min(images.count, (part + 1) * at_once);
      for (std::int64_t i = part * at_once; i < last; ++i) {
        double u[most_numbers];
        kernels::uniform({begin.seed, begin.offset + static_cast<std::uint64_t>(i) * blocks}, 0, numbers_, u);
        transform(u, images.size, from + i * elements, to + i * elements);
      }
    });
  });
  return y;
}

/// For a transform with `template <class T> void image(u, size, const T* x, T* y) const`.
template <class Self>
class TypedTransform : public ImageTransform {
 protected:
  using ImageTransform::ImageTransform;

 private:
  void transform(const double* u, const ImageSize& size, const float* x, float* y) const final {
    static_cast<const Self&>(*this).image(u, size, x, y);
  }
  void transform(const double* u, const ImageSize& size, const double* x, double* y) const final {
    static_cast<const Self&>(*this).image(u, size, x, y);
  }
};

template <class T>
void copy_image(const ImageSize& size, const T* x, T* y) {
  std::copy_n(x, size.channels * size.plane(), y);
}

struct Normalizing final : TypedTransform<Normalizing> {
  Normalizing(const PerChannel& m, const PerChannel& s) : TypedTransform("Normalize", 0, 0.3), mean(m), std(s) {
    const std::size_t means = mean.values().size(), stds = std.values().size();
    check_finite(name(), "mean", mean.values());
    check_finite(name(), "std", std.values());
    for (double v : std.values()) {
      if (v <= 0) fail<ValueError>(name(), "std has the number {}, it must be above 0", v);
    }
    if (means > 1 && stds > 1 && means != stds) {
      fail<ValueError>(name(), "mean has {} numbers, std {}; give one for each channel", means, stds);
    }
  }
  template <class T>
  void image(const double*, const ImageSize& size, const T* x, T* y) const {
    kernels::normalize_image(size, for_channels(name(), "mean", mean, size), for_channels(name(), "std", std, size), x,
                             y);
  }
  const PerChannel mean, std;
};

struct Shifting final : TypedTransform<Shifting> {
  explicit Shifting(std::int64_t p)
      : TypedTransform("RandomShift", 2, 0.2), pixels(std::min(p, std::int64_t{1} << 40)) {
    if (p < 0) fail<ValueError>(name(), "pixels is {}, it must not be negative", p);
  }
  template <class T>
  void image(const double* u, const ImageSize& size, const T* x, T* y) const {
    const std::int64_t places = 2 * pixels + 1;
    kernels::shift_image(size, below(u[0], places) - pixels, below(u[1], places) - pixels, x, y);
  }
  const std::int64_t pixels;
};

struct Flipping final : TypedTransform<Flipping> {
  explicit Flipping(double probability) : TypedTransform("RandomHorizontalFlip", 1, 0.3), p(probability) {
    check_probability(name(), p);
  }
  template <class T>
  void image(const double* u, const ImageSize& size, const T* x, T* y) const {
    (u[0] < p ? kernels::flip_image<T> : copy_image<T>)(size, x, y);
  }
  const double p;
};

struct Rotating final : TypedTransform<Rotating> {
  Rotating(const std::array<double, 2>& degrees, const RandomRotationOptions& o)
      : TypedTransform("RandomRotation", 1, 4), range(degrees), options(o) {
    check_range(name(), "degrees", range);
    check_finite(name(), "fill", options.fill.values());
    if (std::max(-range[0], range[1]) > 1e9) {
      fail<ValueError>(name(), "degrees is [{}, {}], beyond 1e9", range[0], range[1]);
    }
  }
  template <class T>
  void image(const double* u, const ImageSize& size, const T* x, T* y) const {
    kernels::rotate_image(size, between(u[0], range) / 360, options.interpolation == Interpolation::bilinear,
                          for_channels(name(), "fill", options.fill, size), x, y);
  }
  const std::array<double, 2> range;
  const RandomRotationOptions options;
};

struct Rectangle {
  std::int64_t top, left, height, width;
};

struct Erasing final : TypedTransform<Erasing> {
  Erasing(double probability, const RandomErasingOptions& o)
      : TypedTransform("RandomErasing", 1 + 4 * attempts + 1, 1), p(probability), options(o) {
    const auto [smallest, largest] = options.scale;
    check_probability(name(), p);
    check_range(name(), "scale", options.scale);
    check_range(name(), "ratio", options.ratio);
    check_finite(name(), "value", options.value.values());
    if (smallest < 0 || largest > 1) {
      fail<ValueError>(name(), "scale is [{}, {}], it must lie in [0, 1]", smallest, largest);
    }
    if (options.ratio[0] <= 0) fail<ValueError>(name(), "ratio begins with {}, it must be above 0", options.ratio[0]);
    for (std::size_t k = 0; k < 2; ++k) log_ratio[k] = kernels::plain_log(std::clamp(options.ratio[k], 1e-300, 1e300));
  }

  /// Empty if it was too large each time.
  Rectangle rectangle(const double* u, const ImageSize& size) const {
    for (int k = 0; k < attempts; ++k, u += 4) {
      const double area = static_cast<double>(size.plane()) * between(u[0], options.scale);
      const double ratio = kernels::plain_exp(between(u[1], log_ratio));
      const double height = std::nearbyint(std::sqrt(area * ratio)), width = std::nearbyint(std::sqrt(area / ratio));
      if (height >= static_cast<double>(size.height) || width >= static_cast<double>(size.width)) continue;
      const auto h = static_cast<std::int64_t>(height), w = static_cast<std::int64_t>(width);
      return {below(u[2], size.height - h + 1), below(u[3], size.width - w + 1), h, w};
    }
    return {};
  }

  template <class T>
  void image(const double* u, const ImageSize& size, const T* x, T* y) const {
    copy_image(size, x, y);
    const ChannelNumbers value = for_channels(name(), "value", options.value, size);
    if (u[0] >= p) return;
    const auto [top, left, height, width] = rectangle(u + 1, size);
    const RandomStream noise{std::bit_cast<std::uint64_t>(u[1 + 4 * attempts])};
    for (std::int64_t c = 0; c < size.channels; ++c) {
      for (std::int64_t i = 0; i < height; ++i) {
        T* row = y + c * size.plane() + (top + i) * size.width + left;
        if (options.random) {
          kernels::normal(noise, (c * height + i) * width, width, row);
        } else {
          std::fill_n(row, width, static_cast<T>(value[c]));
        }
      }
    }
  }

  static constexpr int attempts = 10;
  const double p;
  const RandomErasingOptions options;
  std::array<double, 2> log_ratio{};
};

std::array<double, 2> around_zero(double degrees) {
  check_finite("RandomRotation", "degrees", {&degrees, 1});
  if (degrees < 0) fail<ValueError>("RandomRotation", "degrees is {}, it must not be negative", degrees);
  return {-degrees, degrees};
}

}  // namespace

Normalize::Normalize(const PerChannel& mean, const PerChannel& std) : Transform(new Normalizing(mean, std)) {}

RandomShift::RandomShift(std::int64_t pixels) : Transform(new Shifting(pixels)) {}

RandomHorizontalFlip::RandomHorizontalFlip(double p) : Transform(new Flipping(p)) {}

RandomRotation::RandomRotation(double degrees, const RandomRotationOptions& options)
    : RandomRotation(around_zero(degrees), options) {}
RandomRotation::RandomRotation(std::array<double, 2> range, const RandomRotationOptions& options)
    : Transform(new Rotating(range, options)) {}

RandomErasing::RandomErasing(double p, const RandomErasingOptions& options) : Transform(new Erasing(p, options)) {}

}  // namespace xtape::data
