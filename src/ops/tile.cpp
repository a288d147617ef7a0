// y = x, several times one after another along each dim        dx = the sum of gy over the copies
// tile and repeat, which differ in how many counts they take. Keeps only the extents. Along one dim the value is a
// broadcast of (outer, 1, block) to (outer, count, block), which is xtensor's; xt::tile makes a container first.
#include <utility>
#include <vector>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "kernels/copy.hpp"
#include "ops/checks.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

/// The copies along one dim.
struct Copies {
  std::int64_t outer, count, block;
};

/// Along each dim of `from` from the first to the last; the dims before it are tiled by then.
std::vector<Copies> copies_of(const Shape& from, const Shape& counts) {
  std::vector<Copies> all;
  std::int64_t outer = 1, block = from.numel();
  for (std::int64_t d = 0; d < from.size(); ++d) {
    if (counts[d] != 1) all.push_back({outer, counts[d], block});
    outer *= counts[d] * from[d];
    if (from[d] != 0) block /= from[d];
  }
  return all;
}

/// A tensor of x's elements, each block as often as it counts along each dim.
Tensor repeated(const Tensor& x, const std::vector<Copies>& all) {
  Tensor y = x;
  for (const auto& [outer, count, block] : all) {
    const Tensor longer = detail::make_tensor({outer, count, block}, x.impl()->dtype);
    kernels::expand(itemsize(x.impl()->dtype), y.impl()->data, {outer, 1, block}, longer.impl()->data,
                    {outer, count, block});
    y = longer;
  }
  return all.empty() ? detail::copy_of(x) : y;
}

Tensor tiled(OpName op, const Tensor& x, const Shape& counts) {
  Shape from = x.impl()->shape, to = counts;
  while (from.size() < counts.size()) from.insert(0, 1);
  for (std::int64_t d = 0; d < to.size(); ++d) {
    if (counts[d] < 0) fail<ValueError>(op.text, "count {} in {} is negative", counts[d], counts);
    if (!__builtin_mul_overflow(to[d], from[d], &to[d])) continue;
    fail<ShapeError>(op.text, "{} times {} has too many elements to count", from, counts);
  }
  const std::vector<Copies> all = copies_of(from, counts);
  const Tensor y = to.numel() == 0 ? detail::make_tensor(to, x.impl()->dtype) : repeated(x, all);
  return record(op, {x}, detail::make_view(y, to), [all, from = x.impl()->shape](const Tensor& gy) {
    Tensor dx = gy;
    for (auto along = all.rbegin(); along != all.rend(); ++along) {
      dx = dx.reshape({along->outer, along->count, along->block}).sum(1);
    }
    return Gradients(dx.reshape(from));
  });
}

}  // namespace

Tensor tile(const Tensor& x, const Shape& dims) {
  detail::check_defined("tile", x);
  Shape counts = dims;
  while (counts.size() < x.impl()->shape.size()) counts.insert(0, 1);
  return tiled("tile", x, counts);
}

Tensor Tensor::tile(const Shape& dims) const { return xtape::tile(*this, dims); }

Tensor Tensor::repeat(const Shape& repeats) const {
  detail::check_defined("repeat", *this);
  if (repeats.size() < impl()->shape.size()) {
    fail<ShapeError>("repeat", "{} has fewer counts than the tensor {} has dims; use tile?", repeats, impl()->shape);
  }
  return tiled("repeat", *this, repeats);
}

}  // namespace xtape
