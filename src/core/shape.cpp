#include "xtape/shape.hpp"

#include <limits>
#include <ostream>

#include "core/fail.hpp"

namespace xtape {

Shape::Shape(std::initializer_list<std::int64_t> extents) : Shape(extents.begin(), extents.end()) {}
Shape::Shape(const std::vector<std::int64_t>& extents) : Shape(extents.begin(), extents.end()) {}

void Shape::push_back(std::int64_t extent) {
  if (size_ == max_dim) fail<ShapeError>("shape", "more than {} dims", max_dim);
  extents_[size_++] = extent;
}

void Shape::insert(std::int64_t position, std::int64_t extent) {
  push_back(extent);
  for (std::int64_t i = size_ - 1; i > position; --i) extents_[i] = extents_[i - 1];
  extents_[position] = extent;
}

void Shape::erase(std::int64_t position) noexcept {
  for (std::int64_t i = position + 1; i < size_; ++i) extents_[i - 1] = extents_[i];
  extents_[--size_] = 0;
}

std::int64_t Shape::numel() const noexcept {
  std::int64_t n = 1;
  bool overflows = false;
  for (std::int64_t extent : *this) {
    if (extent == 0) return 0;
    overflows |= __builtin_mul_overflow(n, extent, &n);
  }
  return overflows ? std::numeric_limits<std::int64_t>::max() : n;
}

std::string Shape::to_string() const {
  std::string text = "(";
  for (const std::int64_t extent : *this) {
    if (text.size() > 1) text += ", ";
    text += std::to_string(extent);
  }
  return text + ")";
}

std::ostream& operator<<(std::ostream& out, const Shape& shape) { return out << shape.to_string(); }

}  // namespace xtape
