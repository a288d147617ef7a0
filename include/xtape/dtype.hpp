// Element types and C++ scalars. The order of DType is the order of promotion: the result of an op on two dtypes is the
// higher one.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <type_traits>

#include "xtape/export.hpp"

namespace xtape {

enum class DType : std::uint8_t { bool_, uint8, int32, int64, float32, float64 };

inline constexpr DType bool_ = DType::bool_;
inline constexpr DType uint8 = DType::uint8;
inline constexpr DType int32 = DType::int32;
inline constexpr DType int64 = DType::int64;
inline constexpr DType float32 = DType::float32;
inline constexpr DType float64 = DType::float64;

/// "float32", "bool_", ...
XTAPE_API const char* to_string(DType dtype) noexcept;
/// Prints to_string(dtype).
XTAPE_API std::ostream& operator<<(std::ostream& out, DType dtype);

/// Bytes of one element.
constexpr std::int64_t itemsize(DType dtype) noexcept {
  switch (dtype) {
    case DType::bool_:
    case DType::uint8: return 1;
    case DType::int32:
    case DType::float32: return 4;
    default: return 8;
  }
}

constexpr bool is_floating(DType dtype) noexcept { return dtype >= DType::float32; }

/// The higher of two dtypes in bool_ < uint8 < int32 < int64 < float32 < float64.
constexpr DType promote(DType a, DType b) noexcept { return a < b ? b : a; }

/// dtype_of<float> is float32, and so on. Other types have none: a compile-time error.
template <class T>
struct DTypeOf;
template <>
struct DTypeOf<bool> {
  static constexpr DType value = DType::bool_;
};
template <>
struct DTypeOf<std::uint8_t> {
  static constexpr DType value = DType::uint8;
};
template <>
struct DTypeOf<std::int32_t> {
  static constexpr DType value = DType::int32;
};
template <>
struct DTypeOf<long> {
  static constexpr DType value = DType::int64;
};
template <>
struct DTypeOf<long long> {
  static constexpr DType value = DType::int64;
};
template <>
struct DTypeOf<float> {
  static constexpr DType value = DType::float32;
};
template <>
struct DTypeOf<double> {
  static constexpr DType value = DType::float64;
};
template <class T>
inline constexpr DType dtype_of = DTypeOf<T>::value;

template <class T>
concept Element = requires {
  DTypeOf<T>::value;
};

/// A C++ number as an argument of an op. Keeps its category (bool, integer, floating), not its width, since a scalar
/// raises a tensor's dtype only to a higher category.
class Scalar {
 public:
  template <class T>
    requires std::is_arithmetic_v<T>
  constexpr Scalar(T value) noexcept {  // NOLINT: implicit on purpose, `x * 2`
    if constexpr (std::is_floating_point_v<T>) {
      dtype_ = DType::float32;
      real_ = static_cast<double>(value);
    } else if (std::is_unsigned_v<T> && sizeof(T) == 8 && static_cast<std::uint64_t>(value) >> 63 != 0) {
      dtype_ = DType::float32;  // beyond int64: rounded to a real number
      real_ = static_cast<double>(value);
    } else {
      dtype_ = std::is_same_v<T, bool> ? DType::bool_ : DType::int64;
      integer_ = static_cast<std::int64_t>(value);
    }
  }

  /// The dtype of a tensor made from this number alone: bool_, int64 or float32.
  constexpr DType dtype() const noexcept { return dtype_; }

  template <class T>
  constexpr T to() const noexcept {
    return is_floating(dtype_) ? static_cast<T>(real_) : static_cast<T>(integer_);
  }

 private:
  DType dtype_;
  union {
    double real_;
    std::int64_t integer_;
  };
};

}  // namespace xtape
