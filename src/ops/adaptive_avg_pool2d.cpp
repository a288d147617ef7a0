// y[i, j] = mean of x over window (i, j)        dx = the sum of gy / size over the windows that hold x
// Window i of m over n elements extends from floor(i n / m) to ceil((i + 1) n / m). Keeps the windows; see
// ops/pooling.cpp.
#include "ops/pooling.hpp"

namespace xtape {

namespace {

detail::MeanWindows even_windows(std::int64_t in, std::int64_t out) {
  detail::MeanWindows w(in, out);
  // floor(i in / out) and its remainder, step by step: the product could overflow.
  std::int64_t first = 0, rest = 0;
  for (std::int64_t i = 0; i < out; ++i) {
    const std::int64_t next = first + in / out + (rest + in % out) / out, next_rest = (rest + in % out) % out;
    const std::int64_t end = next + (next_rest > 0);
    w.set(i, first, end, end - first);
    first = next;
    rest = next_rest;
  }
  return w;
}

}  // namespace

Tensor adaptive_avg_pool2d(const Tensor& x, Size2d output_size) {
  detail::check_images("adaptive_avg_pool2d", x);
  detail::check_output_size("adaptive_avg_pool2d", output_size);
  const Shape& shape = x.impl()->shape;
  return detail::window_means("adaptive_avg_pool2d", x, even_windows(shape[shape.size() - 2], output_size.height),
                              even_windows(shape[shape.size() - 1], output_size.width));
}

}  // namespace xtape
