// Resizing by area. Along a side, n pixels become m: in units of 1/m of an old pixel and 1/n of a new one, old pixel s
// covers [s m, (s + 1) m) and new pixel d covers [d n, (d + 1) n), so that all weights are integers and the mean is
// exact until it is rounded. The bits are the same everywhere.
#include <algorithm>
#include <vector>

#include "images/picture.hpp"
#include "xtape/creation.hpp"
#include "xtape/error.hpp"
#include "xtape/images.hpp"
#include "xtape/ops.hpp"

namespace xtape::images {

namespace {

/// f(s, weight) for each old pixel s that new pixel d meets; the weights sum to n.
template <class F>
void each_overlap(std::int64_t n, std::int64_t m, std::int64_t d, F f) {
  const std::int64_t begin = d * n, end = begin + n;
  for (std::int64_t s = begin / m; s * m < end; ++s) {
    f(s, static_cast<std::uint64_t>(std::min(end, (s + 1) * m) - std::max(begin, s * m)));
  }
}

void shrink_row(const std::uint8_t* from, std::int64_t n, std::int64_t m, std::uint64_t* to) {
  for (std::int64_t d = 0; d < m; ++d) {
    std::uint64_t sum = 0;
    each_overlap(n, m, d, [&sum, from](std::int64_t s, std::uint64_t weight) { sum += weight * from[s]; });
    to[d] = sum;
  }
}

void resize_plane(const std::uint8_t* from, const Header& size, const Header& to_size, std::uint8_t* to) {
  const auto width = static_cast<std::size_t>(to_size.width);
  const std::uint64_t all = static_cast<std::uint64_t>(size.height) * static_cast<std::uint64_t>(size.width);
  std::vector<std::uint64_t> row(width), sums(width);
  std::int64_t held = -1;  // the old row in `row`
  for (std::int64_t d = 0; d < to_size.height; ++d) {
    std::fill(sums.begin(), sums.end(), 0);
    each_overlap(size.height, to_size.height, d,
                 [&held, &row, &sums, &size, &to_size, from, width](std::int64_t s, std::uint64_t weight) {
                   if (s != held) shrink_row(from + s * size.width, size.width, to_size.width, row.data());
                   held = s;
                   for (std::size_t j = 0; j < width; ++j) sums[j] += weight * row[j];
                 });
    for (const std::uint64_t sum : sums) *to++ = static_cast<std::uint8_t>((sum + all / 2) / all);
  }
}

}  // namespace

void resize_planes(const std::uint8_t* from, std::int64_t planes, const Header& size, const Header& to_size,
                   std::uint8_t* to) {
  const std::int64_t plane = size.height * size.width, to_plane = to_size.height * to_size.width;
  for (std::int64_t i = 0; i < planes; ++i, from += plane, to += to_plane) {
    if (size.height == to_size.height && size.width == to_size.width) {
      std::copy_n(from, plane, to);
    } else {
      resize_plane(from, size, to_size, to);
    }
  }
}

Tensor resize_area(const Tensor& x, std::int64_t height, std::int64_t width) {
  constexpr const char* op = "resize_area";
  if (!x.defined()) throw ValueError(op, "got an undefined tensor");
  Shape shape = x.shape();
  if (x.dtype() != uint8) throw DTypeError(op, std::string("expected uint8, got ") + to_string(x.dtype()));
  const std::int64_t dims = shape.size();
  if ((dims != 3 && dims != 4) || shape[dims - 2] == 0 || shape[dims - 1] == 0) {
    throw ShapeError(op, "expected images (C, H, W) or (N, C, H, W), got " + shape.to_string());
  }
  check_sides(op, height, width);
  const Header from{shape[dims - 2], shape[dims - 1]};
  shape[dims - 2] = height;
  shape[dims - 1] = width;
  Tensor y = empty(shape, {.dtype = uint8});
  const std::int64_t planes = y.numel() / (height * width);
  resize_planes(x.data<std::uint8_t>(), planes, from, {height, width}, y.data<std::uint8_t>());
  return y;
}

}  // namespace xtape::images
