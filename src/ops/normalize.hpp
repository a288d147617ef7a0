// What layer_norm and batch_norm share: y = (x - mean) / sqrt(variance + eps) within groups of elements, then weight
// and bias.
#pragma once

#include <string_view>

#include "kernels/normalize.hpp"
#include "ops/checks.hpp"
#include "xtape/autograd.hpp"

namespace xtape::detail {

struct Normalized {
  Tensor y;               // recorded as `op`
  Tensor mean, variance;  // float64, one number for each group; the variance is the biased one; never recorded
};

/// `dims` are those of x that the groups extend over. ValueError for an eps that is negative or NaN.
Normalized normalize(OpName op, const Tensor& x, const kernels::Groups& groups, const Shape& dims, double eps);

/// ValueError unless eps >= 0.
void check_eps(std::string_view op, double eps);
/// ShapeError or DTypeError unless `t`, a weight, bias or statistic, is undefined or has this shape and dtype.
void check_like(std::string_view op, const char* what, const Tensor& t, const Shape& shape, DType dtype);
/// y weight + bias, each reshaped to `shape` and left out where it is undefined.
Tensor scale_and_shift(Tensor y, const Tensor& weight, const Tensor& bias, const Shape& shape);

}  // namespace xtape::detail
