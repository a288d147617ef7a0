// The ops that are methods of Tensor too: x.exp() is exp(x). (The methods that write in place are in ops/in_place.cpp.)
#include "xtape/ops.hpp"

namespace xtape {

Tensor Tensor::operator[](std::int64_t i) const { return select(*this, 0, i); }
Tensor Tensor::to(DType dtype) const { return xtape::to(*this, dtype); }
Tensor Tensor::clone() const { return xtape::clone(*this); }
Tensor Tensor::exp() const { return xtape::exp(*this); }
Tensor Tensor::log() const { return xtape::log(*this); }
Tensor Tensor::sqrt() const { return xtape::sqrt(*this); }
Tensor Tensor::abs() const { return xtape::abs(*this); }
Tensor Tensor::neg() const { return xtape::neg(*this); }
Tensor Tensor::relu() const { return xtape::relu(*this); }
Tensor Tensor::sigmoid() const { return xtape::sigmoid(*this); }
Tensor Tensor::tanh() const { return xtape::tanh(*this); }
Tensor Tensor::pow(Scalar exponent) const { return xtape::pow(*this, exponent); }
Tensor Tensor::pow(const Tensor& exponent) const { return xtape::pow(*this, exponent); }
Tensor Tensor::clamp(Scalar min, Scalar max) const { return xtape::clamp(*this, min, max); }
Tensor Tensor::sum() const { return xtape::sum(*this); }
Tensor Tensor::sum(const Shape& dims, bool keepdim) const { return xtape::sum(*this, dims, keepdim); }
Tensor Tensor::sum(std::initializer_list<std::int64_t> dims, bool keepdim) const {
  return xtape::sum(*this, Shape(dims), keepdim);
}
Tensor Tensor::sum(std::int64_t dim, bool keepdim) const { return xtape::sum(*this, dim, keepdim); }
Tensor Tensor::mean() const { return xtape::mean(*this); }
Tensor Tensor::mean(const Shape& dims, bool keepdim) const { return xtape::mean(*this, dims, keepdim); }
Tensor Tensor::mean(std::initializer_list<std::int64_t> dims, bool keepdim) const {
  return xtape::mean(*this, Shape(dims), keepdim);
}
Tensor Tensor::mean(std::int64_t dim, bool keepdim) const { return xtape::mean(*this, dim, keepdim); }
Tensor Tensor::max() const { return xtape::max(*this); }
ValuesAndIndices Tensor::max(std::int64_t dim, bool keepdim) const { return xtape::max(*this, dim, keepdim); }
Tensor Tensor::min() const { return xtape::min(*this); }
ValuesAndIndices Tensor::min(std::int64_t dim, bool keepdim) const { return xtape::min(*this, dim, keepdim); }
Tensor Tensor::argmax() const { return xtape::argmax(*this); }
Tensor Tensor::argmax(std::int64_t dim, bool keepdim) const { return xtape::argmax(*this, dim, keepdim); }
Tensor Tensor::logsumexp(std::int64_t dim, bool keepdim) const { return xtape::logsumexp(*this, dim, keepdim); }
Tensor Tensor::softmax(std::int64_t dim) const { return xtape::softmax(*this, dim); }
Tensor Tensor::log_softmax(std::int64_t dim) const { return xtape::log_softmax(*this, dim); }
Tensor Tensor::matmul(const Tensor& other) const { return xtape::matmul(*this, other); }
Tensor Tensor::transpose(std::int64_t dim0, std::int64_t dim1) const { return xtape::transpose(*this, dim0, dim1); }
Tensor Tensor::permute(const Shape& dims) const { return xtape::permute(*this, dims); }
Tensor Tensor::reshape(const Shape& shape) const { return xtape::reshape(*this, shape); }
Tensor Tensor::flatten(std::int64_t start_dim, std::int64_t end_dim) const {
  return xtape::flatten(*this, start_dim, end_dim);
}
Tensor Tensor::squeeze() const { return xtape::squeeze(*this); }
Tensor Tensor::squeeze(std::int64_t dim) const { return xtape::squeeze(*this, dim); }
Tensor Tensor::unsqueeze(std::int64_t dim) const { return xtape::unsqueeze(*this, dim); }
Tensor Tensor::expand(const Shape& shape) const { return xtape::expand(*this, shape); }
Tensor Tensor::index_select(std::int64_t dim, const Tensor& index) const {
  return xtape::index_select(*this, dim, index);
}
Tensor Tensor::gather(std::int64_t dim, const Tensor& index) const { return xtape::gather(*this, dim, index); }
Tensor Tensor::narrow(std::int64_t dim, std::int64_t start, std::int64_t length) const {
  return xtape::narrow(*this, dim, start, length);
}

}  // namespace xtape
