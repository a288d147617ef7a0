// Unchecked ops that other ops are made of: dims must be counted from the front, and shapes must fit. Each is defined
// in the file of a related op.
#pragma once

#include <cstdint>

#include "xtape/tensor.hpp"

namespace xtape::detail {

/// The value of narrow: a view where the slices lie together, else a copy. Not recorded. Defined in ops/narrow.cpp.
Tensor slices(const Tensor& x, std::int64_t dim, std::int64_t start, std::int64_t length);
/// x with zeros before and after along a dim. Defined in ops/narrow.cpp.
Tensor pad(const Tensor& x, std::int64_t dim, std::int64_t before, std::int64_t after);
/// A tensor of zeros with n slices along d, to which slice j of x is added at index[j]. Defined in
/// ops/index_select.cpp.
Tensor index_add(const Tensor& x, std::int64_t d, const Tensor& index, std::int64_t n);
/// A tensor of zeros of shape `to`, to which each element of x is added at the position that gather would read. Defined
/// in ops/gather.cpp.
Tensor scatter_add(const Tensor& x, std::int64_t d, const Tensor& index, const Shape& to);
/// a b for matrices or batches of them, either one optionally transposed. Defined in ops/matmul.cpp.
Tensor matmul_t(const Tensor& a, const Tensor& b, bool trans_a, bool trans_b);

}  // namespace xtape::detail
