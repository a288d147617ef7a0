// Shape: the extents of a tensor, held in place (no allocation), at most `Shape::max_dim` of them.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <type_traits>
#include <vector>

#include "xtape/export.hpp"

namespace xtape {

/// Extents, outermost first. Empty for a 0-dim tensor. Also serves as a list of dims. May hold negative integers, too
/// (`reshape({-1, 4})`); a tensor's own shape holds none.
class XTAPE_API Shape {
 public:
  static constexpr std::int64_t max_dim = 8;

  Shape() = default;
  Shape(std::initializer_list<std::int64_t> extents);  // NOLINT: implicit, zeros({2, 3})
  Shape(const std::vector<std::int64_t>& extents);     // NOLINT: implicit
  template <class Iterator>
  Shape(Iterator first, Iterator last) {
    for (; first != last; ++first) push_back(static_cast<std::int64_t>(*first));
  }

  std::int64_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  std::int64_t& operator[](std::int64_t i) noexcept { return extents_[i]; }
  std::int64_t operator[](std::int64_t i) const noexcept { return extents_[i]; }
  std::int64_t back() const noexcept { return extents_[size_ - 1]; }
  std::int64_t* begin() noexcept { return extents_; }
  std::int64_t* end() noexcept { return extents_ + size_; }
  const std::int64_t* begin() const noexcept { return extents_; }
  const std::int64_t* end() const noexcept { return extents_ + size_; }

  /// ShapeError beyond max_dim.
  void push_back(std::int64_t extent);
  void insert(std::int64_t position, std::int64_t extent);
  void erase(std::int64_t position) noexcept;

  /// The number of elements: 1 for a 0-dim shape; the largest int64 where there are more.
  std::int64_t numel() const noexcept;
  /// "(2, 3)", "(3)", "()".
  std::string to_string() const;
  /// Prints shape.to_string(). (In the class, so that it is not found for a std::vector.)
  friend XTAPE_API std::ostream& operator<<(std::ostream& out, const Shape& shape);

  friend bool operator==(const Shape& a, const Shape& b) noexcept {
    if (a.size_ != b.size_) return false;
    for (std::int64_t i = 0; i < a.size_; ++i) {
      if (a.extents_[i] != b.extents_[i]) return false;
    }
    return true;
  }

 private:
  std::int64_t size_ = 0;
  std::int64_t extents_[max_dim] = {};
};

namespace detail {
template <class T>
concept Integer = std::is_integral_v<T> && !std::is_same_v<T, bool>;

/// One or more integers, written without braces, as a list.
template <Integer First, Integer... Rest>
Shape listed(First first, Rest... rest) {
  return {static_cast<std::int64_t>(first), static_cast<std::int64_t>(rest)...};
}
}  // namespace detail

}  // namespace xtape
