// Unchecked ops that other ops are made of: dims must be counted from the front, and shapes must fit. Each is defined
// in the file of a related op.
#pragma once

#include <cstdint>
#include <string_view>

#include "xtape/autograd/record.hpp"
#include "xtape/tensor.hpp"

namespace xtape::detail {

/// A tensor of `value` everywhere; ValueError, of this op, for a number that the dtype cannot hold. Not recorded.
/// Defined in ops/creation.cpp.
Tensor filled(std::string_view op, const Shape& shape, Scalar value, DType dtype);
/// The value of narrow: a view where the slices lie together, else a copy. Not recorded. Defined in ops/narrow.cpp.
Tensor slices(const Tensor& x, std::int64_t dim, std::int64_t start, std::int64_t length);
/// narrow, recorded and marked as a copy under the name of the op that it is a part of. Defined in ops/narrow.cpp.
Tensor narrow_as(OpName op, const Tensor& x, std::int64_t dim, std::int64_t start, std::int64_t length);
/// x with zeros before and after along a dim. Defined in ops/narrow.cpp.
Tensor pad(const Tensor& x, std::int64_t dim, std::int64_t before, std::int64_t after);
/// A tensor of zeros with n slices along d, to which slice j of x is added at index[j]. The index is int64, each place
/// in [0, n); integers and floating dtypes, whose sums are as exact as sum(). Defined in ops/index_add.cpp.
Tensor index_add(const Tensor& x, std::int64_t d, const Tensor& index, std::int64_t n);
/// A tensor of zeros of shape `to`, to which each element of x is added where gather would read it; the rest as in
/// index_add. Defined in ops/scatter.cpp.
Tensor scatter_add(const Tensor& x, std::int64_t d, const Tensor& index, const Shape& to);
/// y = a where the condition holds, else b: three operands that broadcast to y's shape, a and b of its dtype. Not
/// recorded. Defined in ops/where.cpp.
void write_where(const Tensor& condition, const Tensor& a, const Tensor& b, Tensor& y);
/// y = a + b, a - b, a b, a / b, all of one dtype, whose operands broadcast to y's shape; y may be a. Not recorded. No
/// sum and no difference of bool_, no quotient of integers. Defined in ops/add.cpp and so on.
void write_sum(const Tensor& a, const Tensor& b, Tensor& y);
void write_difference(const Tensor& a, const Tensor& b, Tensor& y);
void write_product(const Tensor& a, const Tensor& b, Tensor& y);
void write_quotient(const Tensor& a, const Tensor& b, Tensor& y);
/// GradError if grad mode forbids to write b's elements into x without recording. Defined in ops/in_place.cpp.
void check_unrecorded(const char* op, const Tensor& x, const Tensor& b);
/// b, or a copy where its elements would change while x is written. Defined in ops/in_place.cpp.
Tensor apart_from(const Tensor& x, const Tensor& b);
/// a b for matrices or batches of them, either one optionally transposed. Defined in ops/matmul.cpp.
Tensor matmul_t(const Tensor& a, const Tensor& b, bool trans_a, bool trans_b);

}  // namespace xtape::detail
