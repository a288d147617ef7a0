// y = x s where kept, else 0        dx = gy s where kept, else 0        s = 1 / (1 - p)
// Keeps the mask, one byte per element: drawn once, never inferred from zeros. The gradient is the same linear map, so
// one kernel serves gradients of every order.
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "core/parallel.hpp"
#include "kernels/isa.hpp"
#include "kernels/random.hpp"
#include "ops/checks.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"
#include "xtape/random.hpp"

namespace xtape {

namespace {

Tensor masked_scale(const Tensor& x, const Tensor& mask, double scale);

Tensor recorded(const Tensor& x, Tensor y, const Tensor& mask, double scale) {
  return record("dropout", {x}, std::move(y),
                [mask = save(mask), scale](const Tensor& gy) { return Gradients(masked_scale(gy, *mask, scale)); });
}

Tensor masked_scale(const Tensor& x, const Tensor& mask, double scale) {
  Tensor y = detail::make_tensor(x.impl()->shape, x.impl()->dtype);
  visit_floating(x.impl()->dtype, [&]<class T>() {
    const T* from = detail::elements<T>(x);
    const auto* m = detail::elements<std::uint8_t>(mask);
    T* to = detail::elements<T>(y);
    parallel_chunks(x.impl()->numel, [=](std::int64_t i, std::int64_t count) {
      kernels::isa_of<T>().masked_scale(from + i, m + i, static_cast<T>(scale), to + i, count);
    });
  });
  return recorded(x, std::move(y), mask, scale);
}

}  // namespace

Tensor dropout(const Tensor& x, double p, bool training) {
  detail::check_floating("dropout", x);
  if (!(p >= 0 && p <= 1)) fail<ValueError>("dropout", "p is {}, it must lie in [0, 1]", p);
  if (!training || p == 0) return x;
  const std::int64_t n = x.impl()->numel;
  const double keep = 1 - p, scale = 1 / keep;
  Tensor mask = detail::make_tensor(x.impl()->shape, DType::uint8);
  Tensor y = detail::make_tensor(x.impl()->shape, x.impl()->dtype);
  const Generator::State begin = default_generator().reserve(kernels::blocks_for(n, kernels::masks_per_block));
  visit_floating(x.impl()->dtype, [&]<class T>() {
    static_assert(chunk_size % kernels::masks_per_block == 0);
    const T* from = detail::elements<T>(x);
    auto* m = detail::elements<std::uint8_t>(mask);
    T* to = detail::elements<T>(y);
    parallel_chunks(n, [=](std::int64_t i, std::int64_t count) {
      kernels::isa_of<T>().dropout({begin.seed, begin.offset}, i, count, keep, static_cast<T>(scale), from + i, m + i,
                                   to + i);
    });
  });
  return recorded(x, std::move(y), mask, scale);
}

}  // namespace xtape
