#include "kernels/print.hpp"

#include <cstddef>
#include <sstream>
#include <vector>
#include <xtensor/xadapt.hpp>
#include <xtensor/xio.hpp>

#include "core/dispatch.hpp"

namespace xtape::kernels {

std::string print(DType dtype, const void* elements, const Shape& shape, int indent) {
  std::ostringstream out;
  visit_dtype(dtype, [&]<class T>() {
    const std::vector<std::size_t> extents(shape.begin(), shape.end());
    const auto array = xt::adapt(static_cast<const T*>(elements), static_cast<std::size_t>(shape.numel()),
                                 xt::no_ownership(), extents);
    out << xt::print_options::precision(4) << xt::print_options::line_width(100) << array;
  });
  // xtensor's braces become brackets, and continuation lines move under the first.
  std::string text = out.str(), s;
  // The sign of a NaN has no meaning, but on x86 0/0 is a negative one.
  for (std::size_t at; (at = text.find("-nan")) != std::string::npos;) text[at] = ' ';
  for (char c : text) {
    s += c == '{' ? '[' : c == '}' ? ']' : c;
    if (c == '\n') s.append(static_cast<std::size_t>(indent), ' ');
  }
  return s;
}

}  // namespace xtape::kernels
