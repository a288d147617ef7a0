// y[i][j] = x[i][index[i][j]] (dim 1)        dx[i][k] = sum of gy[i][j] over the j with index[i][j] = k
// Keeps the index. The gradient is scatter_add, whose own gradient is gather.
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "ops/indexing.hpp"
#include "ops/primitives.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor gather(const Tensor& x, std::int64_t dim, const Tensor& index) {
  const detail::Places places = detail::checked_elements("gather", x, dim, index);
  const Shape& shape = x.impl()->shape;
  Tensor y = detail::make_tensor(places.at.impl()->shape, x.impl()->dtype);
  visit_width(itemsize(x.impl()->dtype), [&]<class T>() {
    const T* in = detail::elements<T>(x);
    T* out = detail::elements<T>(y);
    detail::for_each_place(places, shape, [in, out](std::int64_t j, std::int64_t place) { out[j] = in[place]; });
  });
  return record("gather", {x}, std::move(y), [d = places.dim, shape, index = save(places.at)](const Tensor& gy) {
    return Gradients(detail::scatter_add(gy, d, *index, shape));
  });
}

Tensor Tensor::gather(std::int64_t dim, const Tensor& index) const { return xtape::gather(*this, dim, index); }

}  // namespace xtape
