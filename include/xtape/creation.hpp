// Tensors from values. Default dtypes as in PyTorch: floating literals make float32, integers int64.
#pragma once

#include <initializer_list>
#include <span>
#include <vector>

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
XTAPE_API Tensor eye(std::int64_t n, std::int64_t m, const TensorOptions& options = {});
/// dtype defaults to the value's: bool_, int64 or float32.
XTAPE_API Tensor full(const Shape& shape, Scalar value, const TensorOptions& options = {});
/// start, start + step, ... before end. dtype defaults to int64 when all three are integers, else float32.
/// ValueError when step is 0 or leads away from end.
XTAPE_API Tensor arange(Scalar end, const TensorOptions& options = {});
XTAPE_API Tensor arange(Scalar start, Scalar end, const TensorOptions& options = {});
XTAPE_API Tensor arange(Scalar start, Scalar end, Scalar step, const TensorOptions& options = {});

// Shape of x; dtype defaults to that of x.
XTAPE_API Tensor zeros_like(const Tensor& x, const TensorOptions& options = {});
XTAPE_API Tensor ones_like(const Tensor& x, const TensorOptions& options = {});
XTAPE_API Tensor empty_like(const Tensor& x, const TensorOptions& options = {});
XTAPE_API Tensor full_like(const Tensor& x, Scalar value, const TensorOptions& options = {});

namespace detail {
/// A tensor of the elements' own dtype, then cast to the option's. ShapeError unless shape.numel() is `count`.
XTAPE_API Tensor from_elements(const void* elements, DType dtype, std::int64_t count, const Shape& shape,
                               const TensorOptions& options);
[[noreturn]] XTAPE_API void fail_ragged(std::int64_t row, std::int64_t expected, std::int64_t got);

/// The dtype that a literal of type T makes: double literals make float32, int literals int64.
template <class T>
inline constexpr DType literal_dtype = Scalar(T{}).dtype();
template <class T>
concept Number = std::is_arithmetic_v<T>;

template <Number T, class Row>
void append(std::vector<T>& out, const Row& row) {
  out.insert(out.end(), row.begin(), row.end());
}
template <Number T>
Tensor from_literals(const std::vector<T>& values, const Shape& shape, TensorOptions options) {
  options.dtype = options.dtype.value_or(literal_dtype<T>);
  if constexpr (Element<T> && !std::is_same_v<T, bool>) {
    return from_elements(values.data(), dtype_of<T>, static_cast<std::int64_t>(values.size()), shape, options);
  } else if constexpr (std::is_floating_point_v<T>) {  // long double
    const std::vector<double> narrow(values.begin(), values.end());
    return from_elements(narrow.data(), DType::float64, static_cast<std::int64_t>(narrow.size()), shape, options);
  } else {  // vector<bool> has no array, and short, char, ... have no dtype
    const std::vector<std::int64_t> wide(values.begin(), values.end());
    return from_elements(wide.data(), DType::int64, static_cast<std::int64_t>(wide.size()), shape, options);
  }
}
}  // namespace detail

/// A 0-dim tensor: tensor(2.5), tensor(3, {.dtype = float64}).
template <detail::Number T>
Tensor tensor(T value, const TensorOptions& options = {}) {
  return detail::from_literals(std::vector<T>{value}, Shape{}, options);
}
/// Literals, one, two or three braces deep: tensor({{1.f, 2.f}, {3.f, 4.f}}). ShapeError when rows differ in length.
template <detail::Number T>
Tensor tensor(std::initializer_list<T> values, const TensorOptions& options = {}) {
  return detail::from_literals(std::vector<T>(values), {static_cast<std::int64_t>(values.size())}, options);
}
template <detail::Number T>
Tensor tensor(std::initializer_list<std::initializer_list<T>> rows, const TensorOptions& options = {}) {
  const auto n = static_cast<std::int64_t>(rows.size());
  const auto m = n ? static_cast<std::int64_t>(rows.begin()->size()) : 0;
  std::vector<T> values;
  for (const auto& row : rows) {
    if (static_cast<std::int64_t>(row.size()) != m) {
      detail::fail_ragged(&row - rows.begin(), m, static_cast<std::int64_t>(row.size()));
    }
    detail::append(values, row);
  }
  return detail::from_literals(values, {n, m}, options);
}
template <detail::Number T>
Tensor tensor(std::initializer_list<std::initializer_list<std::initializer_list<T>>> planes,
              const TensorOptions& options = {}) {
  const auto n = static_cast<std::int64_t>(planes.size());
  const auto m = n ? static_cast<std::int64_t>(planes.begin()->size()) : 0;
  const auto k = m ? static_cast<std::int64_t>(planes.begin()->begin()->size()) : 0;
  std::vector<T> values;
  for (const auto& plane : planes) {
    if (static_cast<std::int64_t>(plane.size()) != m) {
      detail::fail_ragged(&plane - planes.begin(), m, static_cast<std::int64_t>(plane.size()));
    }
    for (const auto& row : plane) {
      if (static_cast<std::int64_t>(row.size()) != k) {
        detail::fail_ragged(&row - plane.begin(), k, static_cast<std::int64_t>(row.size()));
      }
      detail::append(values, row);
    }
  }
  return detail::from_literals(values, {n, m, k}, options);
}
/// Copies existing elements; the dtype is the element's own (double stays float64).
template <class T>
  requires Element<std::remove_const_t<T>> Tensor tensor(std::span<T> values, const Shape& shape,
                                                         const TensorOptions& options = {}) {
    return detail::from_elements(values.data(), dtype_of<std::remove_const_t<T>>,
                                 static_cast<std::int64_t>(values.size()), shape, options);
  }
template <Element T>
  requires(!std::is_same_v<T, bool>)
Tensor tensor(const std::vector<T>& values, const Shape& shape, const TensorOptions& options = {}) {
  return tensor(std::span<const T>(values), shape, options);
}
template <Element T>
  requires(!std::is_same_v<T, bool>)
Tensor tensor(const std::vector<T>& values) {
  return tensor(std::span<const T>(values), Shape{static_cast<std::int64_t>(values.size())});
}

}  // namespace xtape
