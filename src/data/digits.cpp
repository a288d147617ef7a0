// Synthetic digits. A digit consists of strokes: curves through points, which are jittered, then mapped onto the image
// by a random affine map; a pixel's grey is its depth inside the stroke's edge. Only + - * / sqrt and comparisons of
// doubles: the bytes are the same on every platform.
#include "xtape/data/digits.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "kernels/plain_math.hpp"
#include "kernels/random.hpp"

namespace xtape::data {

namespace {

constexpr int side = 28;
constexpr int pieces = 4;  // line segments in the curve from one point to the next
constexpr int most_points = 13;

struct Point {
  double x, y;
  friend constexpr bool operator==(const Point&, const Point&) = default;
};
using Stroke = std::span<const Point>;

// In a box of [-1, 1], y downwards. A repeated point is a corner.
constexpr Point zero[] = {{0, -1}, {-.5, -.65}, {-.6, 0}, {-.5, .65}, {0, 1}, {.5, .65}, {.6, 0}, {.5, -.65}, {0, -1}};
constexpr Point one[] = {{-.3, -.6}, {.1, -1}, {.1, -1}, {.05, 0}, {0, 1}};
constexpr Point two[] = {{-.5, -.55}, {-.3, -.9}, {.1, -1},  {.5, -.75}, {.5, -.3},
                         {0, .3},     {-.55, 1},  {-.55, 1}, {.6, 1}};
constexpr Point three[] = {{-.5, -.8},  {0, -1},   {.45, -.75}, {.4, -.3}, {-.1, -.05},
                           {-.1, -.05}, {.45, .2}, {.5, .65},   {.05, 1},  {-.5, .8}};
constexpr Point four_left[] = {{.15, -1}, {-.2, -.4}, {-.6, .3}, {-.6, .3}, {.6, .3}};
constexpr Point four_right[] = {{.25, -.35}, {.25, 1}};
constexpr Point five[] = {{.5, -1},  {-.4, -1}, {-.4, -1}, {-.45, -.1}, {-.45, -.1},
                          {.1, -.2}, {.5, .2},  {.45, .7}, {0, 1},      {-.5, .8}};
constexpr Point six[] = {{.4, -.95}, {-.1, -.7}, {-.5, -.05}, {-.5, .55}, {0, 1},
                         {.45, .7},  {.45, .25}, {0, 0},      {-.45, .35}};
constexpr Point seven[] = {{-.55, -1}, {.55, -1}, {.55, -1}, {.15, 0}, {-.2, 1}};
constexpr Point eight[] = {{0, -.05}, {-.4, -.4}, {-.35, -.8}, {0, -1},   {.35, -.8}, {.4, -.4}, {0, -.05},
                           {-.5, .3}, {-.5, .75}, {0, 1},      {.5, .75}, {.5, .3},   {0, -.05}};
constexpr Point nine[] = {{.45, -.6}, {.05, -1},  {-.45, -.7}, {-.4, -.25}, {0, -.05},
                          {.4, -.3},  {.45, -.6}, {.4, .2},    {.1, 1}};

constexpr int strokes_per_digit = 2;
constexpr Stroke glyphs[10][strokes_per_digit] = {{zero}, {one}, {two},   {three}, {four_left, four_right},
                                                  {five}, {six}, {seven}, {eight}, {nine}};

/// The random numbers of one image, uniform, each in its own range.
class Draws {
 public:
  explicit Draws(const RandomStream& stream) { kernels::uniform(stream, 0, std::ssize(u_), u_.data()); }
  double between(double low, double high) { return low + (high - low) * u_[next_++]; }
  double around_zero(double size) { return between(-size, size); }

 private:
  std::array<double, 64> u_;
  std::size_t next_ = 0;
};

/// The image in progress: each pixel's squared distance to the nearest stroke, which colours pixels within `reach`.
class Canvas {
 public:
  explicit Canvas(double reach) : reach_(reach) { squared_.fill(reach * reach); }

  void line(Point a, Point b) {
    const double dx = b.x - a.x, dy = b.y - a.y, length2 = dx * dx + dy * dy;
    const double scale = length2 > 0 ? 1 / length2 : 0;
    const int left = first(std::min(a.x, b.x)), right = last(std::max(a.x, b.x));
    const int top = first(std::min(a.y, b.y)), bottom = last(std::max(a.y, b.y));
    for (int row = top; row <= bottom; ++row) {
      for (int column = left; column <= right; ++column) {
        const double x = column - a.x, y = row - a.y;
        const double along = std::clamp((x * dx + y * dy) * scale, 0.0, 1.0);
        const double ex = x - along * dx, ey = y - along * dy;
        double& d = squared_[static_cast<std::size_t>(row * side + column)];
        d = std::min(d, ex * ex + ey * ey);
      }
    }
  }

  /// The Catmull-Rom curve through the points.
  void curve(std::span<const Point> p) {
    for (std::size_t i = 0; i + 1 < p.size(); ++i) {
      const Point before = p[i ? i - 1 : 0], a = p[i], b = p[i + 1], after = p[std::min(i + 2, p.size() - 1)];
      Point last_end = a;
      for (int k = 1; k <= pieces; ++k) {
        const double t = static_cast<double>(k) / pieces;
        auto at = [t](double p0, double p1, double p2, double p3) {
          const double square = 2 * p0 - 5 * p1 + 4 * p2 - p3, cube = 3 * (p1 - p2) + p3 - p0;
          return p1 + 0.5 * t * (p2 - p0 + t * (square + t * cube));
        };
        const Point end{at(before.x, a.x, b.x, after.x), at(before.y, a.y, b.y, after.y)};
        line(last_end, end);
        last_end = end;
      }
    }
  }

  /// The pixel's coverage by ink: 1 in the middle of the stroke, falling to 0 over the last unit of the reach.
  double cover(int pixel) const {
    const double d = squared_[static_cast<std::size_t>(pixel)];
    return d < reach_ * reach_ ? std::min(reach_ - std::sqrt(d), 1.0) : 0.0;
  }

 private:
  int first(double x) const { return std::clamp(static_cast<int>(x - reach_), 0, side); }
  int last(double x) const { return std::clamp(static_cast<int>(x + reach_) + 1, -1, side - 1); }

  double reach_;
  std::array<double, side * side> squared_;
};

void draw(int digit, const RandomStream& stream, std::uint8_t* pixels) {
  Draws draws(stream);
  const auto [sin, cos] = kernels::plain_sincos_turns(draws.around_zero(0.05));
  const double wide = draws.between(6.0, 9.5), high = draws.between(7.0, 10.0), slant = draws.around_zero(0.3);
  const double x0 = 13.5 + draws.around_zero(2.4), y0 = 13.5 + draws.around_zero(2.4);
  const double half_width = draws.between(0.6, 1.5), ink = draws.between(0.6, 1.0);
  const double noise = draws.between(0.0, 0.2);

  Canvas canvas(half_width + 0.5);
  Point jittered[strokes_per_digit][most_points];
  for (int s = 0; s < strokes_per_digit; ++s) {
    const Stroke points = glyphs[digit][s];
    for (std::size_t i = 0; i < points.size(); ++i) {
      // A point that occurs again in a stroke keeps its position.
      std::size_t same = 0;
      while (points[same] != points[i]) ++same;
      if (same < i) {
        jittered[s][i] = jittered[s][same];
        continue;
      }
      const double y = (points[i].y + draws.around_zero(0.10)) * high;
      const double x = (points[i].x + draws.around_zero(0.10)) * wide - slant * y;
      jittered[s][i] = {x0 + cos * x - sin * y, y0 + sin * x + cos * y};
    }
    canvas.curve({jittered[s], points.size()});
  }

  float grain[side * side];
  kernels::uniform({stream.seed, 1024, stream.stream}, 0, side * side, grain);
  for (int i = 0; i < side * side; ++i) {
    const double grey = canvas.cover(i) * ink + noise * (static_cast<double>(grain[i]) - 0.5);
    pixels[i] = static_cast<std::uint8_t>(std::clamp(grey, 0.0, 1.0) * 255 + 0.5);
  }
}

}  // namespace

ImageDataset digits(std::int64_t n, std::uint64_t seed) {
  if (n < 0) fail<ValueError>("digits", "n is {}, it must not be negative", n);
  const Tensor images = xtape::detail::make_tensor({n, side, side}, DType::uint8);
  const Tensor labels = xtape::detail::make_tensor({n}, DType::int64);
  for (std::int64_t i = 0; i < n; ++i) {
    const int digit = static_cast<int>(i % 10);
    xtape::detail::elements<std::int64_t>(labels)[i] = digit;
    draw(digit, keyed_stream(seed, StreamUse::digits, static_cast<std::uint64_t>(i)),
         xtape::detail::elements<std::uint8_t>(images) + i * side * side);
  }
  return ImageDataset(images, labels, {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"});
}

}  // namespace xtape::data
