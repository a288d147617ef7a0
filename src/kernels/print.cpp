#include "kernels/print.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/dispatch.hpp"

namespace xtape::kernels {

namespace {

// PyTorch's own print options.
constexpr std::int64_t most_shown = 1000, edge_items = 3, line_width = 80;

template <class T>
class Printer {
 public:
  Printer(const T* x, const Shape& shape) : x_(x), shape_(shape), summarizes_(shape.numel() > most_shown) {
    if constexpr (std::is_floating_point_v<T>) choose_format();
    each_shown([this](T value) {
      if (!std::is_floating_point_v<T> || is_measured(value)) width_ = std::max(width_, text(value).size());
    });
  }

  std::string print(std::int64_t indent) const { return shape_.empty() ? padded(*x_) : nested(0, 0, indent); }

 private:
  /// Zeros, infinities and NaN have no say in how the others are written.
  static bool is_measured(T value) { return std::isfinite(value) && value != 0; }

  void choose_format() {
    double lowest = std::numeric_limits<double>::infinity(), highest = 0;
    each_shown([this, &lowest, &highest](T value) {
      if (!is_measured(value)) return;
      lowest = std::min(lowest, std::fabs(static_cast<double>(value)));
      highest = std::max(highest, std::fabs(static_cast<double>(value)));
      is_whole_ = is_whole_ && value == std::ceil(value);
    });
    if (highest > 0) is_scientific_ = highest / lowest > 1000 || highest > 1e8 || lowest < 1e-4;
  }

  std::string text(T value) const {
    if constexpr (std::is_same_v<T, bool>) {
      return value ? "True" : "False";
    } else if constexpr (std::is_integral_v<T>) {
      return fmt::format("{}", value);
    } else {
      const double v = static_cast<double>(value);
      if (std::isnan(v)) return "nan";  // its sign means nothing, and 0/0 has one on x86
      if (is_scientific_) return fmt::format("{:.4e}", v);
      if (is_whole_) return fmt::format("{:.0f}{}", v, std::isfinite(v) ? "." : "");
      return fmt::format("{:.4f}", v);
    }
  }
  std::string padded(T value) const { return fmt::format("{:>{}}", text(value), width_); }

  /// Whether only the ends of a dim of extent n are shown.
  bool is_cut(std::int64_t n) const { return summarizes_ && n > 2 * edge_items; }

  /// f(value) for each element that is shown.
  template <class F>
  void each_shown(const F& f, std::int64_t d = 0, std::int64_t at = 0) const {
    if (d == shape_.size()) return f(x_[at]);
    const std::int64_t n = shape_[d];
    for (std::int64_t i = 0; i < n; ++i) {
      if (i == edge_items && is_cut(n)) i = n - edge_items;
      each_shown(f, d + 1, at * n + i);
    }
  }

  /// Dims d and after, from element `at` in units of what lies below dim d; continuation lines begin below the bracket.
  std::string nested(std::int64_t d, std::int64_t at, std::int64_t indent) const {
    const std::int64_t n = shape_[d], below = shape_.size() - d - 1;
    std::vector<std::string> items;
    for (std::int64_t i = 0; i < n; ++i) {
      if (i == edge_items && is_cut(n)) {
        items.push_back(below ? "..." : " ...");
        i = n - edge_items;
      }
      items.push_back(below ? nested(d + 1, at * n + i, indent + 1) : padded(x_[at * n + i]));
    }
    const std::string blanks(static_cast<std::size_t>(indent + 1), ' ');
    if (below) return "[" + joined(items, "," + std::string(static_cast<std::size_t>(below), '\n') + blanks) + "]";
    const auto width = static_cast<std::int64_t>(width_) + 2;
    return "[" + in_lines(items, std::max<std::int64_t>(1, (line_width - indent) / width), ",\n" + blanks) + "]";
  }

  static std::string joined(const std::vector<std::string>& items, std::string_view separator) {
    return fmt::format("{}", fmt::join(items, separator));
  }
  static std::string in_lines(const std::vector<std::string>& items, std::int64_t per_line, std::string_view newline) {
    std::string s;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) s += i % static_cast<std::size_t>(per_line) == 0 ? newline : std::string_view(", ");
      s += items[i];
    }
    return s;
  }

  const T* const x_;
  const Shape& shape_;
  const bool summarizes_;
  bool is_whole_ = true, is_scientific_ = false;
  std::size_t width_ = 1;
};

}  // namespace

std::string print(DType dtype, const void* elements, const Shape& shape, std::int64_t indent) {
  if (shape.numel() == 0) return "[]";
  return visit_dtype(dtype,
                     [&]<class T>() { return Printer<T>(static_cast<const T*>(elements), shape).print(indent); });
}

}  // namespace xtape::kernels
