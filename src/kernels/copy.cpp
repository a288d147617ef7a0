#include "kernels/copy.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>
#include <xtensor/xadapt.hpp>
#include <xtensor/xbroadcast.hpp>
#include <xtensor/xmanipulation.hpp>
#include <xtensor/xnoalias.hpp>
#include <xtensor/xstrided_view.hpp>

#include "core/dispatch.hpp"

namespace xtape::kernels {

namespace {

std::vector<std::size_t> extents(const Shape& shape) { return {shape.begin(), shape.end()}; }

template <class T>
auto adapt(const void* p, const Shape& shape) {
  return xt::adapt(static_cast<const T*>(p), static_cast<std::size_t>(shape.numel()), xt::no_ownership(),
                   extents(shape));
}
template <class T>
auto adapt(void* p, const Shape& shape) {
  return xt::adapt(static_cast<T*>(p), static_cast<std::size_t>(shape.numel()), xt::no_ownership(), extents(shape));
}

}  // namespace

void expand(std::int64_t width, const void* src, const Shape& from, void* dst, const Shape& to) {
  const std::int64_t n = to.numel();
  if (n == 0) return;
  visit_width(width, [&]<class T>() {
    if (from.numel() == 1) {  // the gradient of a sum
      std::fill_n(static_cast<T*>(dst), n, *static_cast<const T*>(src));
      return;
    }
    auto out = adapt<T>(dst, to);
    xt::noalias(out) = xt::broadcast(adapt<T>(src, from), extents(to));
  });
}

void permute(std::int64_t width, const void* src, const Shape& from, void* dst, const Shape& dims) {
  if (from.numel() == 0) return;
  Shape to;
  for (std::int64_t d : dims) to.push_back(from[d]);
  visit_width(width, [&]<class T>() {
    auto in = adapt<T>(src, from);
    auto out = adapt<T>(dst, to);
    xt::noalias(out) = xt::transpose(in, extents(dims));
  });
}

void flip(std::int64_t width, const void* src, const Shape& shape, void* dst, const bool* reversed) {
  if (shape.numel() == 0) return;
  // One view for all dims: xt::flip takes a single axis, and gives each call another type.
  using xt::placeholders::_;
  xt::xstrided_slice_vector slices;
  for (std::int64_t d = 0; d < shape.size(); ++d) {
    if (reversed[d]) {
      slices.emplace_back(xt::range(_, _, -1));
    } else {
      slices.emplace_back(xt::all());
    }
  }
  visit_width(width, [&]<class T>() {
    auto in = adapt<T>(src, shape);
    auto out = adapt<T>(dst, shape);
    xt::noalias(out) = xt::strided_view(in, slices);
  });
}

}  // namespace xtape::kernels
