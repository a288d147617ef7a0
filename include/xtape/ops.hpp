// Every op on tensors, as a free function. Each is recorded on the tape if an input requires grad; src/ops/<op>.cpp
// holds its formula, value and gradient. Elementwise ops broadcast as in PyTorch, and their dtype is the higher of the
// operands' (bool_ < uint8 < int32 < int64 < float32 < float64); C++ numbers and 0-dim tensors raise it only to a
// higher category (bool_ < integers < floating). Floating functions of integers and bool_ give float32. Integers wrap
// around; a + b of bool_ is a or b, a * b is a and b.
//
// Errors: DTypeError for a dtype that the op does not take (bool_ - bool_, abs of bool_), ShapeError for shapes
// that do not fit, IndexError for a dim or a position outside its range, ValueError for an undefined tensor and
// for a C++ integer that the tensor's integer dtype cannot hold.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "xtape/creation.hpp"
#include "xtape/losses.hpp"
#include "xtape/tensor.hpp"

namespace xtape {

// ---- arithmetic, elementwise -----------------------------------------------------------------------------------

XTAPE_API Tensor add(const Tensor& a, const Tensor& b);
XTAPE_API Tensor sub(const Tensor& a, const Tensor& b);
XTAPE_API Tensor mul(const Tensor& a, const Tensor& b);
/// True division: integers give float32.
XTAPE_API Tensor div(const Tensor& a, const Tensor& b);
/// 1 / x.
XTAPE_API Tensor reciprocal(const Tensor& x);
/// a^b; the gradient of a^0 is 0, also at a = 0. Integers stay integers; ValueError when one has a negative exponent.
XTAPE_API Tensor pow(const Tensor& a, const Tensor& b);
/// NaN wins; on ties each side gets half of the gradient.
XTAPE_API Tensor maximum(const Tensor& a, const Tensor& b);
XTAPE_API Tensor minimum(const Tensor& a, const Tensor& b);
XTAPE_API Tensor neg(const Tensor& x);
/// Gradient 0 at 0.
XTAPE_API Tensor abs(const Tensor& x);
XTAPE_API Tensor exp(const Tensor& x);
/// e^x - 1 and log(1 + x), which keep their digits near 0.
XTAPE_API Tensor expm1(const Tensor& x);
XTAPE_API Tensor log1p(const Tensor& x);
XTAPE_API Tensor exp2(const Tensor& x);
XTAPE_API Tensor log(const Tensor& x);
XTAPE_API Tensor log2(const Tensor& x);
XTAPE_API Tensor log10(const Tensor& x);
XTAPE_API Tensor sqrt(const Tensor& x);
/// 1 / sqrt(x).
XTAPE_API Tensor rsqrt(const Tensor& x);
XTAPE_API Tensor sin(const Tensor& x);
XTAPE_API Tensor cos(const Tensor& x);
XTAPE_API Tensor tan(const Tensor& x);
/// Whole numbers in x's dtype; integers stay as they are. Gradient 0, recorded.
XTAPE_API Tensor floor(const Tensor& x);
XTAPE_API Tensor ceil(const Tensor& x);
XTAPE_API Tensor trunc(const Tensor& x);
/// Halves to even. `decimals` digits stay behind the point; -1 rounds to tens; of floating dtypes only, unless 0.
XTAPE_API Tensor round(const Tensor& x, std::int64_t decimals = 0);
/// -1, 0 or 1 in x's dtype; 0 for NaN. Gradient 0, recorded.
XTAPE_API Tensor sign(const Tensor& x);
/// 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x.
XTAPE_API Tensor erf(const Tensor& x);
/// min(max(x, min), max); NaN passes through; the gradient passes inside and at both bounds. ValueError for a bound
/// that is NaN.
XTAPE_API Tensor clamp(const Tensor& x, Scalar min, Scalar max);
XTAPE_API Tensor clamp(const Tensor& x, Scalar min);  // no upper bound
XTAPE_API Tensor clamp_min(const Tensor& x, Scalar min);
XTAPE_API Tensor clamp_max(const Tensor& x, Scalar max);
/// a where condition (bool_) holds, else b. All three broadcast.
XTAPE_API Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);

// ---- activations, elementwise ----------------------------------------------------------------------------------

/// max(x, 0); NaN passes through, -0 stays -0; gradient 0 at 0.
XTAPE_API Tensor relu(const Tensor& x);
XTAPE_API Tensor sigmoid(const Tensor& x);
XTAPE_API Tensor tanh(const Tensor& x);
/// x where x > 0, else negative_slope x; gradient negative_slope at 0. ValueError for a slope that is NaN.
XTAPE_API Tensor leaky_relu(const Tensor& x, double negative_slope = 0.01);

enum class GELUApproximate : std::uint8_t { none, tanh };
/// x times the standard normal distribution function at x, by erf or by its approximation with tanh
/// (https://arxiv.org/abs/1606.08415). -inf gives 0.
XTAPE_API Tensor gelu(const Tensor& x, GELUApproximate approximate = GELUApproximate::none);
/// x sigmoid(x), also named swish; -inf gives 0.
XTAPE_API Tensor silu(const Tensor& x);
/// x tanh(softplus(x)) (https://arxiv.org/abs/1908.08681); -inf gives 0.
XTAPE_API Tensor mish(const Tensor& x);
/// x where x > 0, else alpha (e^x - 1); gradient alpha at 0. ValueError for an alpha that is NaN.
XTAPE_API Tensor elu(const Tensor& x, double alpha = 1.0);
/// scale elu(x, alpha) with the constants of https://arxiv.org/abs/1706.02515, alpha = 1.6733 and scale = 1.0507.
XTAPE_API Tensor selu(const Tensor& x);
/// log(1 + e^(beta x)) / beta without overflow, and x itself where beta x > threshold. ValueError for a beta that is 0
/// or not finite, and for a threshold that is NaN.
XTAPE_API Tensor softplus(const Tensor& x, double beta = 1.0, double threshold = 20.0);
/// log(sigmoid(x)) = -log(1 + e^-x), exact for x of any size.
XTAPE_API Tensor logsigmoid(const Tensor& x);
/// min(max(x, min_val), max_val); NaN passes through; the gradient passes between the bounds (clamp's also at them).
/// Integers stay integers. ValueError for min_val > max_val, for a bound that is NaN and, of integers, for one that is
/// not a whole number or does not fit the dtype.
XTAPE_API Tensor hardtanh(const Tensor& x, double min_val = -1.0, double max_val = 1.0);
/// hardtanh(x, 0, 6).
XTAPE_API Tensor relu6(const Tensor& x);

// ---- comparisons: bool_, never recorded ------------------------------------------------------------------------

XTAPE_API Tensor eq(const Tensor& a, const Tensor& b);
XTAPE_API Tensor ne(const Tensor& a, const Tensor& b);
XTAPE_API Tensor lt(const Tensor& a, const Tensor& b);
XTAPE_API Tensor le(const Tensor& a, const Tensor& b);
XTAPE_API Tensor gt(const Tensor& a, const Tensor& b);
XTAPE_API Tensor ge(const Tensor& a, const Tensor& b);
/// True where x is NaN, infinite, neither.
XTAPE_API Tensor isnan(const Tensor& x);
XTAPE_API Tensor isinf(const Tensor& x);
XTAPE_API Tensor isfinite(const Tensor& x);
/// a == b, or |a - b| finite and at most atol + |rtol b|. equal_nan: NaN is close to NaN. Both have one dtype
/// (DTypeError). ValueError for a tolerance that is negative or NaN.
XTAPE_API Tensor isclose(const Tensor& a, const Tensor& b, double rtol = 1e-5, double atol = 1e-8,
                         bool equal_nan = false);
/// Whether all elements are close.
XTAPE_API bool allclose(const Tensor& a, const Tensor& b, double rtol = 1e-5, double atol = 1e-8,
                        bool equal_nan = false);

// ---- logic: never recorded -------------------------------------------------------------------------------------

/// Of x != 0, which NaN is: bool_, of any dtypes.
XTAPE_API Tensor logical_and(const Tensor& a, const Tensor& b);
XTAPE_API Tensor logical_or(const Tensor& a, const Tensor& b);
XTAPE_API Tensor logical_xor(const Tensor& a, const Tensor& b);
XTAPE_API Tensor logical_not(const Tensor& x);
/// The operators & | ^ ~: of bool_ as above, of integers bit by bit. DTypeError on floating dtypes.
XTAPE_API Tensor bitwise_and(const Tensor& a, const Tensor& b);
XTAPE_API Tensor bitwise_or(const Tensor& a, const Tensor& b);
XTAPE_API Tensor bitwise_xor(const Tensor& a, const Tensor& b);
XTAPE_API Tensor bitwise_not(const Tensor& x);

// ---- reductions ------------------------------------------------------------------------------------------------

/// Over all elements, or over `dims`. Integers and bool_ sum to int64. Empty: 0.
XTAPE_API Tensor sum(const Tensor& x);
XTAPE_API Tensor sum(const Tensor& x, const Shape& dims, bool keepdim = false);  // no dims: all of them
inline Tensor sum(const Tensor& x, std::initializer_list<std::int64_t> dims, bool keepdim = false) {
  return sum(x, Shape(dims), keepdim);  // its own overload, so that {} does not mean dim 0
}
XTAPE_API Tensor sum(const Tensor& x, std::int64_t dim, bool keepdim = false);
/// Over all elements, or over `dim`. Integers and bool_ give int64, floats are multiplied in double. Empty: 1.
XTAPE_API Tensor prod(const Tensor& x);
XTAPE_API Tensor prod(const Tensor& x, std::int64_t dim, bool keepdim = false);
/// DTypeError on integers. Empty: NaN.
XTAPE_API Tensor mean(const Tensor& x);
XTAPE_API Tensor mean(const Tensor& x, const Shape& dims, bool keepdim = false);
inline Tensor mean(const Tensor& x, std::initializer_list<std::int64_t> dims, bool keepdim = false) {
  return mean(x, Shape(dims), keepdim);
}
XTAPE_API Tensor mean(const Tensor& x, std::int64_t dim, bool keepdim = false);
/// Sum of (x - mean)^2 / (n - correction), over all elements or over `dims`; correction 0 gives the biased variance.
/// NaN over one element or none. Computed in double: a large mean costs no digits. A bool in the place of the
/// correction is PyTorch's `unbiased`. DTypeError unless floating, ValueError for a correction that is not finite.
XTAPE_API Tensor var(const Tensor& x);
XTAPE_API Tensor var(const Tensor& x, const Shape& dims, double correction = 1, bool keepdim = false);
inline Tensor var(const Tensor& x, std::initializer_list<std::int64_t> dims, double correction = 1,
                  bool keepdim = false) {
  return var(x, Shape(dims), correction, keepdim);
}
XTAPE_API Tensor var(const Tensor& x, std::int64_t dim, double correction = 1, bool keepdim = false);
template <std::same_as<bool> Unbiased>
Tensor var(const Tensor& x, Unbiased unbiased) {
  return var(x, Shape(), unbiased);
}
/// The square root of var; gradient 0 where it is 0. Always written xtape::std(x) or x.std(): after `using namespace
/// xtape`, std alone is ambiguous, but std::vector is not.
XTAPE_API Tensor std(const Tensor& x);
XTAPE_API Tensor std(const Tensor& x, const Shape& dims, double correction = 1, bool keepdim = false);
inline Tensor std(const Tensor& x, std::initializer_list<std::int64_t> dims, double correction = 1,
                  bool keepdim = false) {
  return xtape::std(x, Shape(dims), correction, keepdim);
}
XTAPE_API Tensor std(const Tensor& x, std::int64_t dim, double correction = 1, bool keepdim = false);
template <std::same_as<bool> Unbiased>
Tensor std(const Tensor& x, Unbiased unbiased) {
  return xtape::std(x, Shape(), unbiased);
}
/// (sum of |x|^p)^(1/p) over all elements or over `dims`, without overflow on the way; p = INFINITY: the largest |x|,
/// -INFINITY: the smallest, 0: how many elements are not 0. Gradient 0 where the norm is 0; for infinite p ties share
/// it. DTypeError unless floating; ValueError for p = NaN, and for p < 0 or INFINITY over no elements.
XTAPE_API Tensor norm(const Tensor& x, double p = 2);
XTAPE_API Tensor norm(const Tensor& x, double p, const Shape& dims, bool keepdim = false);
inline Tensor norm(const Tensor& x, double p, std::initializer_list<std::int64_t> dims, bool keepdim = false) {
  return norm(x, p, Shape(dims), keepdim);
}
XTAPE_API Tensor norm(const Tensor& x, double p, std::int64_t dim, bool keepdim = false);
/// The largest element; NaN wins; ties share the gradient. ValueError when empty.
XTAPE_API Tensor max(const Tensor& x);
/// Along a dim; the first on ties, which gets all of the gradient; NaN wins.
XTAPE_API ValuesAndIndices max(const Tensor& x, std::int64_t dim, bool keepdim = false);
XTAPE_API Tensor min(const Tensor& x);
XTAPE_API ValuesAndIndices min(const Tensor& x, std::int64_t dim, bool keepdim = false);
/// int64; first on ties, NaN wins. Without a dim: the position in the flattened tensor.
XTAPE_API Tensor argmax(const Tensor& x);
XTAPE_API Tensor argmax(const Tensor& x, std::int64_t dim, bool keepdim = false);
XTAPE_API Tensor argmin(const Tensor& x);
XTAPE_API Tensor argmin(const Tensor& x, std::int64_t dim, bool keepdim = false);
/// Running sums along a dim, in the shape of x: y[k] = x[0] + ... + x[k]. Integers and bool_ sum to int64, floats in
/// double.
XTAPE_API Tensor cumsum(const Tensor& x, std::int64_t dim);
/// Whether all, or any, of the elements are not 0 (NaN is not): bool_, of uint8 uint8. Empty: all is true, any false.
/// Over no dims, all(x, {}), each element stands for itself, as in PyTorch.
XTAPE_API Tensor all(const Tensor& x);
XTAPE_API Tensor all(const Tensor& x, const Shape& dims, bool keepdim = false);
inline Tensor all(const Tensor& x, std::initializer_list<std::int64_t> dims, bool keepdim = false) {
  return all(x, Shape(dims), keepdim);
}
XTAPE_API Tensor all(const Tensor& x, std::int64_t dim, bool keepdim = false);
XTAPE_API Tensor any(const Tensor& x);
XTAPE_API Tensor any(const Tensor& x, const Shape& dims, bool keepdim = false);
inline Tensor any(const Tensor& x, std::initializer_list<std::int64_t> dims, bool keepdim = false) {
  return any(x, Shape(dims), keepdim);
}
XTAPE_API Tensor any(const Tensor& x, std::int64_t dim, bool keepdim = false);
/// log(sum(exp(x))) along a dim, without overflow; -inf for a row of all -inf.
XTAPE_API Tensor logsumexp(const Tensor& x, std::int64_t dim, bool keepdim = false);

// ---- sorting and counting ----------------------------------------------------------------------------------------

/// Values in ascending or descending order along a dim, and their positions (int64); any dtype. Always stable, also
/// where `stable` is not set: equal elements keep their order. NaN counts as the largest.
XTAPE_API ValuesAndIndices sort(const Tensor& x, std::int64_t dim = -1, bool descending = false, bool stable = false);
XTAPE_API Tensor argsort(const Tensor& x, std::int64_t dim = -1, bool descending = false, bool stable = false);
/// A flag in the place of the dim is an error, not dim 1: `sort(x, -1, true)`.
template <std::same_as<bool> Descending>
void sort(const Tensor& x, Descending descending) = delete;
template <std::same_as<bool> Descending>
void argsort(const Tensor& x, Descending descending) = delete;
/// The k largest or smallest elements along a dim, and their positions; in order, also where `sorted` is false. Of
/// equal elements the first ones are taken. ValueError unless 0 <= k <= the extent of dim.
XTAPE_API ValuesAndIndices topk(const Tensor& x, std::int64_t k, std::int64_t dim = -1, bool largest = true,
                                bool sorted = true);
/// y[v] = how many elements of x, a 1-D tensor of integers, are v: int64, of max(x) + 1 or, if that is more, minlength
/// elements. With weights, in the shape of x, the sum of the weights of these elements: in their dtype if floating,
/// else float64. Not recorded. ValueError names the first negative element.
XTAPE_API Tensor bincount(const Tensor& x, const Tensor& weights = {}, std::int64_t minlength = 0);
/// x (...) of integers -> (..., num_classes), int64: 1 at the class that x gives, else 0. -1: as many classes as the
/// largest needs. IndexError names the first element outside [0, num_classes).
XTAPE_API Tensor one_hot(const Tensor& x, std::int64_t num_classes = -1);

// ---- matrices --------------------------------------------------------------------------------------------------

/// 1-D and 2-D as in linear algebra; beyond that a batch of matrices, batch dims broadcast. Both have one dtype
/// (DTypeError), not bool_; integers wrap around.
XTAPE_API Tensor matmul(const Tensor& a, const Tensor& b);
/// a (n) and b (m) -> (n, m), a[i] b[j]. ShapeError unless both are 1-D.
XTAPE_API Tensor outer(const Tensor& a, const Tensor& b);
/// x (..., in), weight (out, in), bias (out) or undefined -> (..., out): x weight^T + bias.
XTAPE_API Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {});

// ---- shapes ----------------------------------------------------------------------------------------------------
// reshape, flatten, squeeze and unsqueeze share storage with x. So do transpose, permute, expand, chunk, split, and
// below narrow and select, where the elements of the result lie together in x in their order: along dim 0, say, or
// where only dims of extent 1 change places. Elsewhere they copy, where PyTorch has a view: a write in place into the
// result is a ValueError until clone().

/// One extent may be -1: it is inferred from the others.
XTAPE_API Tensor reshape(const Tensor& x, const Shape& shape);
XTAPE_API Tensor flatten(const Tensor& x, std::int64_t start_dim = 0, std::int64_t end_dim = -1);
XTAPE_API Tensor squeeze(const Tensor& x);
XTAPE_API Tensor squeeze(const Tensor& x, std::int64_t dim);
/// Without those of the dims whose extent is 1.
XTAPE_API Tensor squeeze(const Tensor& x, const Shape& dims);
inline Tensor squeeze(const Tensor& x, std::initializer_list<std::int64_t> dims) { return squeeze(x, Shape(dims)); }
XTAPE_API Tensor unsqueeze(const Tensor& x, std::int64_t dim);
XTAPE_API Tensor transpose(const Tensor& x, std::int64_t dim0, std::int64_t dim1);
XTAPE_API Tensor permute(const Tensor& x, const Shape& dims);
/// Repeats extents of 1; -1 keeps an extent.
XTAPE_API Tensor expand(const Tensor& x, const Shape& shape);
/// One after another along `dim`; beside it their shapes agree. A tensor of shape (0) fits everywhere and adds nothing
/// but its dtype, so a list of results may begin with zeros({0}).
XTAPE_API Tensor cat(const std::vector<Tensor>& tensors, std::int64_t dim = 0);
XTAPE_API Tensor stack(const std::vector<Tensor>& tensors, std::int64_t dim = 0);
/// At most `chunks` parts along `dim`, each a narrow of ceil(n / chunks) slices, the last of the rest; of an extent of
/// 0 as many empty ones. ValueError for chunks < 1, ShapeError for a 0-dim tensor.
XTAPE_API std::vector<Tensor> chunk(const Tensor& x, std::int64_t chunks, std::int64_t dim = 0);
/// Parts of split_size slices along `dim`, the last of the rest; or parts of the given sizes. ValueError for a negative
/// size, or 0 on an extent that is not; ShapeError for sizes that do not add up to the extent, and a 0-dim tensor.
XTAPE_API std::vector<Tensor> split(const Tensor& x, std::int64_t split_size, std::int64_t dim = 0);
XTAPE_API std::vector<Tensor> split(const Tensor& x, const std::vector<std::int64_t>& sizes, std::int64_t dim = 0);
inline std::vector<Tensor> split(const Tensor& x, std::initializer_list<std::int64_t> sizes, std::int64_t dim = 0) {
  return split(x, std::vector<std::int64_t>(sizes), dim);  // its own overload, so that {2} is not a split_size
}
/// The elements in reverse order along the dims. ValueError for a dim that is given twice.
XTAPE_API Tensor flip(const Tensor& x, const Shape& dims);
/// Each element moved on by `shift` along a dim, those at the end to the front; a negative shift moves back. Without
/// dims, one shift of the flattened tensor. ValueError unless shifts and dims are as many.
XTAPE_API Tensor roll(const Tensor& x, const Shape& shifts, const Shape& dims = {});
template <detail::Integer Shift>
Tensor roll(const Tensor& x, Shift shift) {
  return x.roll(shift);
}
template <detail::Integer Shift, detail::Integer Dim>
Tensor roll(const Tensor& x, Shift shift, Dim dim) {
  return x.roll(shift, dim);
}
/// x one after another along each dim, dims[d] times; the shorter of x's shape and `dims` counts as preceded by ones.
XTAPE_API Tensor tile(const Tensor& x, const Shape& dims);
/// The elements of each matrix on and below diagonal `diagonal` (0: the main one; above it positive), zeros elsewhere;
/// triu: on and above. ShapeError for fewer than two dims.
XTAPE_API Tensor tril(const Tensor& x, std::int64_t diagonal = 0);
XTAPE_API Tensor triu(const Tensor& x, std::int64_t diagonal = 0);
/// Of a matrix, a copy of its diagonal; of a 1-D tensor, the square matrix that has it as diagonal `diagonal`.
XTAPE_API Tensor diag(const Tensor& x, std::int64_t diagonal = 0);

// ---- selecting -------------------------------------------------------------------------------------------------

/// `length` slices from `start` along `dim`.
XTAPE_API Tensor narrow(const Tensor& x, std::int64_t dim, std::int64_t start, std::int64_t length);
/// Slice `index` along `dim`, which is removed; x[i] is select(x, 0, i). A negative index counts from the end.
XTAPE_API Tensor select(const Tensor& x, std::int64_t dim, std::int64_t index);
/// Slices index[0], index[1], ... along `dim`; index is a 1-D integer tensor. A 0-dim x has one slice, itself.
XTAPE_API Tensor index_select(const Tensor& x, std::int64_t dim, const Tensor& index);
/// y[i][j] = x[i][index[i][j]] for dim 1; index has the rank of x and, except in dim, no larger extents. 0-dim tensors
/// count as (1).
XTAPE_API Tensor gather(const Tensor& x, std::int64_t dim, const Tensor& index);
/// The elements of x where the mask holds, in row-major order, (n). Both broadcast. The mask is bool_ (DTypeError),
/// here and in masked_fill.
XTAPE_API Tensor masked_select(const Tensor& x, const Tensor& mask);
/// value where the mask holds, else x; both broadcast. The value is a number or 0-dim (ShapeError), and cast to the
/// dtype of x, which must hold it (ValueError).
XTAPE_API Tensor masked_fill(const Tensor& x, const Tensor& mask, const Tensor& value);
XTAPE_API Tensor masked_fill(const Tensor& x, const Tensor& mask, Scalar value);
/// The subscripts of the elements that are not 0, row-major: int64, (n, x.dim()). Never recorded.
XTAPE_API Tensor nonzero(const Tensor& x);
/// x with slice j of `source` at index[j] along `dim`; of slices with the same place the last stays. The index is 1-D
/// or 0-dim; source has the dtype and, except for as many slices as the index has elements, the shape of x. Here and
/// below IndexError for a place outside [0, n), and 0-dim tensors count as (1).
XTAPE_API Tensor index_copy(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source);
/// x with slice j of `source` added at index[j] along `dim`, as exactly as sum(). Shapes and dtypes as in index_copy.
XTAPE_API Tensor index_add(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source);
/// x with source[i][j] at [i][index[i][j]] for dim 1; of elements with the same place the last stays. The three have
/// one rank; index is no larger than source, nor, except in dim, than x. source has the dtype of x, or is a number.
XTAPE_API Tensor scatter(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source);
XTAPE_API Tensor scatter(const Tensor& x, std::int64_t dim, const Tensor& index, Scalar value);
/// x with source[i][j] added at [i][index[i][j]] for dim 1, as exactly as sum(). The rest as in scatter.
XTAPE_API Tensor scatter_add(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source);

// ---- dtypes and copies -----------------------------------------------------------------------------------------

/// x itself if it has that dtype already. Floating to integer truncates; ValueError where the result does not fit, or
/// is NaN. Integer to narrower integer wraps around. To bool_: x != 0.
XTAPE_API Tensor to(const Tensor& x, DType dtype);
XTAPE_API Tensor clone(const Tensor& x);

// ---- layers and their functions ---------------------------------------------------------------------------------

/// exp(x) / sum(exp(x)) along `dim`, in the shape of x; floating dtypes. A row with NaN or +inf in it, or of -inf
/// alone, becomes NaN, and no other does.
XTAPE_API Tensor softmax(const Tensor& x, std::int64_t dim);
/// log(softmax(x, dim)), without overflow.
XTAPE_API Tensor log_softmax(const Tensor& x, std::int64_t dim);
/// In training each element is kept with probability 1 - p and scaled by 1 / (1 - p), else 0; in evaluation x itself.
/// Draws from the default generator. ValueError unless 0 <= p <= 1.
XTAPE_API Tensor dropout(const Tensor& x, double p = 0.5, bool training = true);
/// The same for whole channels: x (N, C, ...), and one draw for each of the N C channels. As in PyTorch, (a, b, c) is
/// (N, C, L), never one image. ShapeError for less than two dims; DTypeError unless x is floating.
XTAPE_API Tensor dropout2d(const Tensor& x, double p = 0.5, bool training = true);

/// (x - mean) / sqrt(variance + eps) over the last dims, which are `normalized_shape`, with the biased variance; then
/// times weight plus bias, both of that shape and x's dtype (else DTypeError) or undefined. ShapeError unless x ends in
/// normalized_shape, which has at least one dim; ValueError for an eps that is negative or NaN.
XTAPE_API Tensor layer_norm(const Tensor& x, const Shape& normalized_shape, const Tensor& weight = {},
                            const Tensor& bias = {}, double eps = 1e-5);
/// The same over all dims except the channels': x (N, C) or (N, C, L...), weight and bias (C) or undefined. Training
/// uses the batch's mean and biased variance, and updates running_mean and running_var (C), where defined, in place and
/// unrecorded: (1 - momentum) times the old value plus momentum times the batch's mean or unbiased variance. Evaluation
/// uses running_mean and running_var as constants. All have x's dtype. ValueError for momentum outside [0, 1], for only
/// one running statistic, for evaluation without them, for training with one value per channel, and as in layer_norm.
XTAPE_API Tensor batch_norm(const Tensor& x, const Tensor& running_mean, const Tensor& running_var,
                            const Tensor& weight = {}, const Tensor& bias = {}, bool training = false,
                            double momentum = 0.1, double eps = 1e-5);

/// For embedding: no index is padding.
constexpr std::int64_t no_padding_idx = INT64_MIN;
/// Rows of weight (n, d) by integer indices of any shape: (...) -> (..., d). The row padding_idx (negative: from the
/// end) gets no gradient. IndexError names the first index outside [0, n).
XTAPE_API Tensor embedding(const Tensor& indices, const Tensor& weight, std::int64_t padding_idx = no_padding_idx);

// ---- operators and C++ numbers ---------------------------------------------------------------------------------

namespace detail {
/// `number` as a 0-dim tensor of `like`'s dtype, or of its own where that has a higher category. `op` is for errors.
XTAPE_API Tensor wrap(const char* op, Scalar number, const Tensor& like);
}  // namespace detail

inline Tensor operator-(const Tensor& x) { return neg(x); }
inline Tensor operator+(const Tensor& a, const Tensor& b) { return add(a, b); }
inline Tensor operator+(const Tensor& a, Scalar b) { return add(a, detail::wrap("add", b, a)); }
inline Tensor operator+(Scalar a, const Tensor& b) { return add(detail::wrap("add", a, b), b); }
inline Tensor operator-(const Tensor& a, const Tensor& b) { return sub(a, b); }
inline Tensor operator-(const Tensor& a, Scalar b) { return sub(a, detail::wrap("sub", b, a)); }
inline Tensor operator-(Scalar a, const Tensor& b) { return sub(detail::wrap("sub", a, b), b); }
inline Tensor operator*(const Tensor& a, const Tensor& b) { return mul(a, b); }
inline Tensor operator*(const Tensor& a, Scalar b) { return mul(a, detail::wrap("mul", b, a)); }
inline Tensor operator*(Scalar a, const Tensor& b) { return mul(detail::wrap("mul", a, b), b); }
inline Tensor operator/(const Tensor& a, const Tensor& b) { return div(a, b); }
inline Tensor operator/(const Tensor& a, Scalar b) { return div(a, detail::wrap("div", b, a)); }
inline Tensor operator/(Scalar a, const Tensor& b) { return div(detail::wrap("div", a, b), b); }

inline Tensor operator~(const Tensor& x) { return bitwise_not(x); }
inline Tensor operator&(const Tensor& a, const Tensor& b) { return bitwise_and(a, b); }
inline Tensor operator&(const Tensor& a, Scalar b) { return bitwise_and(a, detail::wrap("bitwise_and", b, a)); }
inline Tensor operator&(Scalar a, const Tensor& b) { return bitwise_and(detail::wrap("bitwise_and", a, b), b); }
inline Tensor operator|(const Tensor& a, const Tensor& b) { return bitwise_or(a, b); }
inline Tensor operator|(const Tensor& a, Scalar b) { return bitwise_or(a, detail::wrap("bitwise_or", b, a)); }
inline Tensor operator|(Scalar a, const Tensor& b) { return bitwise_or(detail::wrap("bitwise_or", a, b), b); }
inline Tensor operator^(const Tensor& a, const Tensor& b) { return bitwise_xor(a, b); }
inline Tensor operator^(const Tensor& a, Scalar b) { return bitwise_xor(a, detail::wrap("bitwise_xor", b, a)); }
inline Tensor operator^(Scalar a, const Tensor& b) { return bitwise_xor(detail::wrap("bitwise_xor", a, b), b); }

inline Tensor operator==(const Tensor& a, const Tensor& b) { return eq(a, b); }
inline Tensor operator==(const Tensor& a, Scalar b) { return eq(a, detail::wrap("eq", b, a)); }
inline Tensor operator==(Scalar a, const Tensor& b) { return eq(detail::wrap("eq", a, b), b); }
inline Tensor operator!=(const Tensor& a, const Tensor& b) { return ne(a, b); }
inline Tensor operator!=(const Tensor& a, Scalar b) { return ne(a, detail::wrap("ne", b, a)); }
inline Tensor operator!=(Scalar a, const Tensor& b) { return ne(detail::wrap("ne", a, b), b); }
inline Tensor operator<(const Tensor& a, const Tensor& b) { return lt(a, b); }
inline Tensor operator<(const Tensor& a, Scalar b) { return lt(a, detail::wrap("lt", b, a)); }
inline Tensor operator<(Scalar a, const Tensor& b) { return lt(detail::wrap("lt", a, b), b); }
inline Tensor operator<=(const Tensor& a, const Tensor& b) { return le(a, b); }
inline Tensor operator<=(const Tensor& a, Scalar b) { return le(a, detail::wrap("le", b, a)); }
inline Tensor operator<=(Scalar a, const Tensor& b) { return le(detail::wrap("le", a, b), b); }
inline Tensor operator>(const Tensor& a, const Tensor& b) { return gt(a, b); }
inline Tensor operator>(const Tensor& a, Scalar b) { return gt(a, detail::wrap("gt", b, a)); }
inline Tensor operator>(Scalar a, const Tensor& b) { return gt(detail::wrap("gt", a, b), b); }
inline Tensor operator>=(const Tensor& a, const Tensor& b) { return ge(a, b); }
inline Tensor operator>=(const Tensor& a, Scalar b) { return ge(a, detail::wrap("ge", b, a)); }
inline Tensor operator>=(Scalar a, const Tensor& b) { return ge(detail::wrap("ge", a, b), b); }

inline Tensor pow(const Tensor& x, Scalar exponent) { return pow(x, detail::wrap("pow", exponent, x)); }
inline Tensor pow(Scalar base, const Tensor& x) { return pow(detail::wrap("pow", base, x), x); }
inline Tensor maximum(const Tensor& a, Scalar b) { return maximum(a, detail::wrap("maximum", b, a)); }
inline Tensor minimum(const Tensor& a, Scalar b) { return minimum(a, detail::wrap("minimum", b, a)); }
inline Tensor where(const Tensor& condition, const Tensor& a, Scalar b) {
  return where(condition, a, detail::wrap("where", b, a));
}
inline Tensor where(const Tensor& condition, Scalar a, const Tensor& b) {
  return where(condition, detail::wrap("where", a, b), b);
}
inline Tensor where(const Tensor& condition, Scalar a, Scalar b) {  // bool_ lets both keep their own dtypes
  return where(condition, detail::wrap("where", a, condition), detail::wrap("where", b, condition));
}

}  // namespace xtape
