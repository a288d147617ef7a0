// y = whether all, or any, of the elements over dims are not 0: bool_, of uint8 uint8, as in PyTorch
// Never recorded: neither has a gradient.
#include "autograd/tensor_impl.hpp"
#include "ops/dims.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

Tensor in_dtype_for(const Tensor& x, const Tensor& truth) {
  return x.impl()->dtype == DType::uint8 ? to(truth, DType::uint8) : truth;
}

/// Over no dims, each element stands for itself.
Tensor each(const Tensor& x) { return in_dtype_for(x, x != 0); }

}  // namespace

Tensor all(const Tensor& x) {
  detail::check_defined("all", x);
  return in_dtype_for(x, sum(x == 0) == 0);
}

Tensor all(const Tensor& x, const Shape& dims, bool keepdim) {
  detail::reduced_dims("all", x, dims);  // checks
  return dims.empty() ? each(x) : in_dtype_for(x, sum(x == 0, dims, keepdim) == 0);
}

Tensor any(const Tensor& x) {
  detail::check_defined("any", x);
  return in_dtype_for(x, sum(x != 0) != 0);
}

Tensor any(const Tensor& x, const Shape& dims, bool keepdim) {
  detail::reduced_dims("any", x, dims);  // checks
  return dims.empty() ? each(x) : in_dtype_for(x, sum(x != 0, dims, keepdim) != 0);
}

Tensor all(const Tensor& x, std::int64_t dim, bool keepdim) { return all(x, Shape{dim}, keepdim); }
Tensor any(const Tensor& x, std::int64_t dim, bool keepdim) { return any(x, Shape{dim}, keepdim); }

Tensor Tensor::all() const { return xtape::all(*this); }
Tensor Tensor::all(const Shape& dims, bool keepdim) const { return xtape::all(*this, dims, keepdim); }
Tensor Tensor::all(std::initializer_list<std::int64_t> dims, bool keepdim) const {
  return xtape::all(*this, Shape(dims), keepdim);
}
Tensor Tensor::all(std::int64_t dim, bool keepdim) const { return xtape::all(*this, dim, keepdim); }
Tensor Tensor::any() const { return xtape::any(*this); }
Tensor Tensor::any(const Shape& dims, bool keepdim) const { return xtape::any(*this, dims, keepdim); }
Tensor Tensor::any(std::initializer_list<std::int64_t> dims, bool keepdim) const {
  return xtape::any(*this, Shape(dims), keepdim);
}
Tensor Tensor::any(std::int64_t dim, bool keepdim) const { return xtape::any(*this, dim, keepdim); }

}  // namespace xtape
