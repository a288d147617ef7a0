// Tensors from values. Default dtypes as in PyTorch: floating literals make float32, integers int64.
#pragma once

#include <concepts>
#include <initializer_list>
#include <utility>
#include <vector>

#include "xtape/detail/callback.hpp"
#include "xtape/detail/numbers.hpp"
#include "xtape/shape.hpp"
#include "xtape/tensor.hpp"

namespace xtape {

/// A dtype, or none: the function's own default.
class DTypeOrDefault {
 public:
  constexpr DTypeOrDefault() = default;
  constexpr DTypeOrDefault(DType dtype) : dtype_(dtype), given_(true) {}  // NOLINT: implicit on purpose
  constexpr DType value_or(DType fallback) const noexcept { return given_ ? dtype_ : fallback; }

 private:
  DType dtype_ = DType::float32;
  bool given_ = false;
};

struct TensorOptions {
  DTypeOrDefault dtype = {};
  bool requires_grad = false;  ///< DTypeError unless the dtype is floating
};

// `options.dtype` defaults to float32 here. ShapeError on negative extents.
XTAPE_API Tensor zeros(const Shape& shape, const TensorOptions& options = {});
XTAPE_API Tensor ones(const Shape& shape, const TensorOptions& options = {});
/// The elements are uninitialized.
XTAPE_API Tensor empty(const Shape& shape, const TensorOptions& options = {});
/// The identity matrix (n, n), or (n, m) with ones on the diagonal.
XTAPE_API Tensor eye(std::int64_t n, const TensorOptions& options = {});
template <detail::Integer M>  // a template, so that eye(2, {}) has default options, not m = 0
Tensor eye(std::int64_t n, M m, const TensorOptions& options = {});
/// dtype defaults to the value's: bool_, int64 or float32.
XTAPE_API Tensor full(const Shape& shape, Scalar value, const TensorOptions& options = {});
/// start, start + step, ... before end. dtype defaults to int64 when all three are integers, else float32.
/// ValueError when step is 0 or leads away from end.
XTAPE_API Tensor arange(Scalar end, const TensorOptions& options = {});
XTAPE_API Tensor arange(Scalar start, Scalar end, const TensorOptions& options = {});
XTAPE_API Tensor arange(Scalar start, Scalar end, Scalar step, const TensorOptions& options = {});
/// `steps` numbers from start to end, both included, at equal distances; start alone if steps is 1. dtype defaults to
/// float32; an integer dtype truncates start, end and the numbers between. ValueError when steps is negative, start or
/// end is not finite or does not fit the dtype; DTypeError for bool_.
XTAPE_API Tensor linspace(Scalar start, Scalar end, std::int64_t steps, const TensorOptions& options = {});

// Shape of x; dtype defaults to that of x.
XTAPE_API Tensor zeros_like(const Tensor& x, const TensorOptions& options = {});
XTAPE_API Tensor ones_like(const Tensor& x, const TensorOptions& options = {});
XTAPE_API Tensor empty_like(const Tensor& x, const TensorOptions& options = {});
XTAPE_API Tensor full_like(const Tensor& x, Scalar value, const TensorOptions& options = {});

// zeros(2, 3): the extents without braces. With options they need them: zeros({2, 3}, {.dtype = int64}).
template <detail::Integer... N>
  requires(sizeof...(N) > 0)
Tensor zeros(N... extents) { return zeros(detail::listed(extents...)); }
template <detail::Integer... N>
  requires(sizeof...(N) > 0)
Tensor ones(N... extents) { return ones(detail::listed(extents...)); }
template <detail::Integer... N>
  requires(sizeof...(N) > 0)
Tensor empty(N... extents) { return empty(detail::listed(extents...)); }

// zeros({2, 3}, int64): a dtype in place of the options. (Templates, so that `{}` still means default options.)
template <std::same_as<DType> D>
Tensor zeros(const Shape& shape, D dtype) {
  return zeros(shape, {.dtype = dtype});
}
template <std::same_as<DType> D>
Tensor ones(const Shape& shape, D dtype) {
  return ones(shape, {.dtype = dtype});
}
template <std::same_as<DType> D>
Tensor empty(const Shape& shape, D dtype) {
  return empty(shape, {.dtype = dtype});
}
template <std::same_as<DType> D>
Tensor eye(std::int64_t n, D dtype) {
  return eye(n, {.dtype = dtype});
}
template <detail::Integer M, std::same_as<DType> D>
Tensor eye(std::int64_t n, M m, D dtype) {
  return eye(n, m, {.dtype = dtype});
}
template <std::same_as<DType> D>
Tensor full(const Shape& shape, Scalar value, D dtype) {
  return full(shape, value, {.dtype = dtype});
}
template <std::same_as<DType> D>
Tensor arange(Scalar end, D dtype) {
  return arange(end, {.dtype = dtype});
}
template <std::same_as<DType> D>
Tensor arange(Scalar start, Scalar end, D dtype) {
  return arange(start, end, {.dtype = dtype});
}
template <std::same_as<DType> D>
Tensor arange(Scalar start, Scalar end, Scalar step, D dtype) {
  return arange(start, end, step, {.dtype = dtype});
}
template <std::same_as<DType> D>
Tensor linspace(Scalar start, Scalar end, std::int64_t steps, D dtype) {
  return linspace(start, end, steps, {.dtype = dtype});
}
template <std::same_as<DType> D>
Tensor zeros_like(const Tensor& x, D dtype) {
  return zeros_like(x, {.dtype = dtype});
}
template <std::same_as<DType> D>
Tensor ones_like(const Tensor& x, D dtype) {
  return ones_like(x, {.dtype = dtype});
}
template <std::same_as<DType> D>
Tensor empty_like(const Tensor& x, D dtype) {
  return empty_like(x, {.dtype = dtype});
}
template <std::same_as<DType> D>
Tensor full_like(const Tensor& x, Scalar value, D dtype) {
  return full_like(x, value, {.dtype = dtype});
}

/// A number, or numbers in braces, of any depth: tensor(2.5), tensor({1, 2}), tensor({{1, 2.5}, {3, 4}}). dtype
/// defaults to int64, to float32 if any number is floating, and to bool_ if all are bool. ShapeError when lists of the
/// same depth differ in length; ValueError for an integer that int64 or the given dtype does not hold.
XTAPE_API Tensor tensor(const detail::Literal& values, const TensorOptions& options = {});
template <std::same_as<DType> D>
Tensor tensor(const detail::Literal& values, D dtype) {
  return tensor(values, {.dtype = dtype});
}

namespace detail {
XTAPE_API Tensor eye(std::int64_t n, std::int64_t m, const TensorOptions& options);
/// `count` elements of `dtype`, cast to the option's. ShapeError unless shape.numel() is `count`.
XTAPE_API Tensor from_elements(const void* elements, DType dtype, std::int64_t count, const Shape& shape,
                               const TensorOptions& options);

/// `shape`: null for that of the range.
template <NumberRange R>
Tensor from_range(const R& values, const Shape* shape, TensorOptions options) {
  using T = NumberIn<R>;
  if constexpr (IsInitializerList<R>) options.dtype = options.dtype.value_or(Scalar(T{}).dtype());
  if constexpr (Element<T> && requires {
                  { std::data(values) } -> std::convertible_to<const T*>;
                }) {
    const auto n = static_cast<std::int64_t>(std::size(values));
    return from_elements(std::data(values), dtype_of<T>, n, shape ? *shape : Shape{n}, options);
  } else {
    NestedShape nest;
    std::vector<Stored<T>> flat;
    collect(values, nest, flat);
    return from_elements(flat.data(), stored_dtype<T>, static_cast<std::int64_t>(flat.size()),
                         shape ? *shape : nest.shape(), options);
  }
}
/// `deleter` may be empty.
XTAPE_API Tensor from_blob(void* data, DType dtype, const Shape& shape, Callback<void(void*)> deleter,
                           const TensorOptions& options);
}  // namespace detail

template <detail::Integer M>
Tensor eye(std::int64_t n, M m, const TensorOptions& options) {
  return detail::eye(n, static_cast<std::int64_t>(m), options);
}

/// Copies a std::vector, std::array, std::span or array of numbers. dtype defaults to that of the elements (double
/// stays float64); integers that have no dtype of their own make int64, ValueError where one does not fit. Nested ones
/// give their shape; ShapeError when lists of the same depth differ in length.
template <detail::NumberRange R>
Tensor tensor(const R& values, const TensorOptions& options = {}) {
  return detail::from_range(values, nullptr, options);
}
template <detail::NumberRange R, std::same_as<DType> D>
Tensor tensor(const R& values, D dtype) {
  return detail::from_range(values, nullptr, {.dtype = dtype});
}
/// The same in another shape. ShapeError unless it has as many elements.
template <detail::NumberRange R>
Tensor tensor(const R& values, const Shape& shape, const TensorOptions& options = {}) {
  return detail::from_range(values, &shape, options);
}
template <detail::NumberRange R, std::same_as<DType> D>
Tensor tensor(const R& values, const Shape& shape, D dtype) {
  return detail::from_range(values, &shape, {.dtype = dtype});
}
/// `{}` is the shape of a 0-dim tensor here, not options.
template <detail::NumberRange R>
Tensor tensor(const R& values, std::initializer_list<std::int64_t> shape, const TensorOptions& options = {}) {
  return tensor(values, Shape(shape), options);
}

namespace detail {
/// Of the elements at a T*.
template <class T>
DType blob_dtype(const TensorOptions& options) {
  if constexpr (std::is_void_v<T>) {
    return options.dtype.value_or(DType::float32);
  } else {
    return dtype_of<T>;
  }
}
}  // namespace detail

/// A tensor on the elements at `data`, row-major, without a copy: each sees what the other writes. The caller owns the
/// memory, and keeps it until the tensor, all that shares its storage and every graph that has saved it are gone. The
/// dtype is the element's; that of a void* is `options.dtype`, float32 by default. DTypeError for another dtype,
/// ValueError for a null pointer unless the tensor is empty.
template <class T>
  requires(Element<T> || std::is_void_v<T>)
Tensor from_blob(T* data, const Shape& shape, const TensorOptions& options = {}) {
  return detail::from_blob(data, detail::blob_dtype<T>(options), shape, {}, options);
}
/// The same, but the tensor owns the memory: deleter(data) is called once, on any thread, when nothing uses it any
/// more. It must not throw. If from_blob throws, the memory is still the caller's. (A template, so that `{}` in its
/// place means default options.)
template <class T, std::invocable<void*> Deleter>
  requires(Element<T> || std::is_void_v<T>)
Tensor from_blob(T* data, const Shape& shape, Deleter deleter, const TensorOptions& options = {}) {
  return detail::from_blob(data, detail::blob_dtype<T>(options), shape, std::move(deleter), options);
}

}  // namespace xtape
