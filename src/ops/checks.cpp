#include "ops/checks.hpp"

#include "core/fits.hpp"
#include "core/subscript.hpp"
#include "xtape/ops.hpp"

namespace xtape::detail {

void check_defined(std::string_view op, const Tensor& x) {
  if (!x.defined()) fail_undefined(op);
}

void check_floating(std::string_view op, const Tensor& x) {
  check_defined(op, x);
  if (!is_floating(x.impl()->dtype)) {
    const char* scale = x.impl()->dtype == DType::uint8 ? ", images with .to(float32) / 255" : "";
    fail<DTypeError>(op, "expected a floating dtype, got {}; convert it with .to(float32){}", x.impl()->dtype, scale);
  }
}

void check_arithmetic(std::string_view op, const Tensor& x) {
  check_defined(op, x);
  if (x.impl()->dtype == DType::bool_) {
    fail<DTypeError>(op, "not defined for bool_; use & | ^ ~, or convert it with .to(int64) or .to(float32)");
  }
}

void check_integer(std::string_view op, const Tensor& x) {
  check_defined(op, x);
  if (is_floating(x.impl()->dtype) || x.impl()->dtype == DType::bool_) {
    fail<DTypeError>(op, "expected an integer dtype, got {}", x.impl()->dtype);
  }
}

void check_lookup(std::string_view op, const Tensor& indices, const Tensor& table) {
  check_defined(op, table);
  check_defined(op, indices);
  const DType index = indices.impl()->dtype, rows = table.impl()->dtype;
  if (is_floating(index) && !is_floating(rows)) {
    fail<DTypeError>(op, "the indices are {} and the weight is {}; the indices come first", index, rows);
  }
}

void check_fits(std::string_view op, Scalar number, DType dtype) {
  if (is_floating(dtype) || dtype == DType::bool_) return;
  if (fits(number, dtype)) return;
  if (is_floating(number.dtype())) fail<ValueError>(op, "{} does not fit {}", number.to<double>(), dtype);
  fail<ValueError>(op, "{} does not fit {}; take a wider dtype, or convert with .to(int64)", number.to<std::int64_t>(),
                   dtype);
}

Tensor checked_index(std::string_view op, const Tensor& index, std::int64_t n) {
  check_integer(op, index);
  Tensor at = to(index, DType::int64);
  const std::int64_t* p = elements<std::int64_t>(at);
  for (std::int64_t j = 0; j < at.impl()->numel; ++j) {
    if (p[j] >= 0 && p[j] < n) continue;
    fail<IndexError>(op, "index{} = {} is outside [0, {})", subscript(at.impl()->shape, j), p[j], n);
  }
  return at;
}

void check_size(std::string_view op, const char* what, Size2d size, std::int64_t least, std::int64_t most) {
  for (const std::int64_t n : {size.height, size.width}) {
    if (n < least) fail<ValueError>(op, "{} is {}, it must be at least {}", what, n, least);
    if (n > most) fail<ValueError>(op, "{} is {}, it must be at most {}", what, n, most);
  }
}

}  // namespace xtape::detail
