// What tensor(...) takes: numbers in braces, as a Literal, and ranges of numbers, nested or not.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <type_traits>
#include <utility>
#include <vector>

#include "xtape/dtype.hpp"
#include "xtape/export.hpp"
#include "xtape/shape.hpp"

namespace xtape::detail {

template <class T>
concept Number = std::is_arithmetic_v<T>;
template <class T>
concept NoNumber = !Number<T>;

[[noreturn]] XTAPE_API void fail_beyond_int64(std::uint64_t number);
/// ValueError beyond int64.
template <Number T>
constexpr T checked(T number) {
  if constexpr (std::is_unsigned_v<T> && sizeof(T) == 8) {
    if (number >> 63 != 0) fail_beyond_int64(number);
  }
  return number;
}

/// A number, or a list in braces. It refers to the braces' own arrays, which live as long as the statement.
class Literal {
 public:
  template <Number T>
  Literal(T number) : number_(checked(number)) {}  // NOLINT: implicit on purpose
  Literal(std::initializer_list<Literal> list) {   // NOLINT: implicit on purpose
    list_ = list.begin();
    size_ = static_cast<std::int64_t>(list.size());
    is_list_ = true;
  }

  Literal(Scalar number) : number_(number) {}  // NOLINT: implicit on purpose
  /// Chosen for anything else: the compiler's error shows the line with the hint.
  template <NoNumber T>
  Literal(const T&) = delete;  // tensor(...) takes numbers, lists of numbers in braces, and ranges of numbers

  bool is_list() const noexcept { return is_list_; }
  std::int64_t size() const noexcept { return size_; }
  const Literal* begin() const noexcept { return list_; }
  const Literal* end() const noexcept { return list_ + size_; }
  Scalar number() const noexcept { return number_; }

 private:
  Scalar number_ = false;
  const Literal* list_ = nullptr;
  std::int64_t size_ = 0;
  bool is_list_ = false;
};

/// The shape of nested lists, while they are walked in order.
class XTAPE_API NestedShape {
 public:
  /// A list of n begins. ShapeError if an earlier one of its depth has another length.
  void open(std::int64_t n);
  /// A number. ShapeError if a list stands in its place elsewhere.
  void number();
  void next() noexcept { ++path_[path_.size() - 1]; }
  void close() noexcept { path_.erase(path_.size() - 1); }
  const Shape& shape() const noexcept { return shape_; }

 private:
  Shape shape_;
  Shape path_;  // the position in each open list
  bool has_number_ = false;
};

template <class R>
using ValueIn = std::remove_cvref_t<decltype(*std::begin(std::declval<const R&>()))>;

/// The type of the numbers in a range, or in a range of ranges; void for anything else. Characters are no numbers.
template <class T>
struct NumberOf {
  using type = void;
};
template <Number T>
  requires(!std::is_same_v<T, char> && !std::is_same_v<T, wchar_t> && !std::is_same_v<T, char8_t> &&
           !std::is_same_v<T, char16_t> && !std::is_same_v<T, char32_t>)
struct NumberOf<T> {
  using type = T;
};
template <class R>
  requires requires(const R& r) {
    std::begin(r);
    std::size(r);
  }
struct NumberOf<R> : NumberOf<ValueIn<R>> {};
template <class R>
using NumberIn = typename NumberOf<R>::type;

template <class R>
concept NumberRange = !Number<R> && !std::is_void_v<NumberIn<R>>;

template <class R>
inline constexpr bool IsInitializerList = false;
template <class T>
inline constexpr bool IsInitializerList<std::initializer_list<T>> = true;

/// How numbers of type T are kept until they become elements, and the dtype of that.
template <class T>
using Stored = std::conditional_t<
    std::is_same_v<T, bool>, std::uint8_t,
    std::conditional_t<Element<T>, T, std::conditional_t<std::is_floating_point_v<T>, double, std::int64_t>>>;
template <class T>
inline constexpr DType stored_dtype = std::is_same_v<T, bool> ? DType::bool_ : dtype_of<Stored<T>>;

template <NumberRange R, class T>
void collect(const R& values, NestedShape& nest, std::vector<T>& flat) {
  nest.open(static_cast<std::int64_t>(std::size(values)));
  for (const auto& value : values) {
    if constexpr (Number<ValueIn<R>>) {
      flat.push_back(static_cast<T>(checked(ValueIn<R>(value))));
    } else {
      collect(value, nest, flat);
    }
    nest.next();
  }
  nest.close();
}

}  // namespace xtape::detail
