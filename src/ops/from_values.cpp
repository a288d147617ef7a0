// Tensors from the program's own numbers: tensor(...), which copies them, and from_blob, which does not. None is
// recorded.
#include <cstring>
#include <string>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "ops/checks.hpp"
#include "xtape/autograd.hpp"
#include "xtape/creation.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace detail {

namespace {
/// "row 1", or deeper "row [1, 0]".
std::string row_name(const Shape& path) {
  std::string name;
  for (const std::int64_t i : path) name += (name.empty() ? "" : ", ") + std::to_string(i);
  return path.size() == 1 ? "row " + name : "row [" + name + "]";
}

Shape first_of(Shape path) {
  for (std::int64_t& i : path) i = 0;
  return path;
}

/// In the same list as a number stands a list.
[[noreturn]] void fail_mixed(const Shape& path, const char* here, const char* first) {
  Shape neighbour = path;
  neighbour[path.size() - 1] = 0;
  fail<ShapeError>("tensor", "{} is a {}, {} is a {}", row_name(path), here, row_name(neighbour), first);
}
}  // namespace

void fail_beyond_int64(std::uint64_t number) { fail<ValueError>("tensor", "{} does not fit int64", number); }

void NestedShape::open(std::int64_t n) {
  const std::int64_t depth = path_.size();
  if (depth == shape_.size()) {
    if (has_number_) fail_mixed(path_, "list", "number");
    shape_.push_back(n);
  } else if (shape_[depth] != n) {
    fail<ShapeError>("tensor", "{} has {} elements, {} has {}", row_name(path_), n, row_name(first_of(path_)),
                     shape_[depth]);
  }
  path_.push_back(0);
}

void NestedShape::number() {
  if (path_.size() < shape_.size()) fail_mixed(path_, "number", "list");
  has_number_ = true;
}

Tensor from_elements(const void* elements, DType dtype, std::int64_t count, const Shape& shape,
                     const TensorOptions& options) {
  Tensor y = make_tensor(shape, dtype);
  if (y.impl()->numel != count) fail<ShapeError>("tensor", "{} elements do not fill shape {}", count, shape);
  if (count) std::memcpy(y.impl()->data, elements, static_cast<std::size_t>(count * itemsize(dtype)));
  const DType wanted = options.dtype.value_or(dtype);
  if (wanted != dtype && !is_floating(wanted)) {
    visit_dtype(dtype, [&]<class T>() {
      for (std::int64_t i = 0; i < count; ++i) check_fits("tensor", detail::elements<T>(y)[i], wanted);
    });
  }
  return without_grad([&] { return to(y, wanted); }).requires_grad_(options.requires_grad);
}

Tensor from_blob(void* data, DType dtype, const Shape& shape, Callback<void(void*)> deleter,
                 const TensorOptions& options) {
  if (options.dtype.value_or(dtype) != dtype) {
    fail<DTypeError>("from_blob", "the elements are {}, not {}; convert with .to({})", dtype,
                     options.dtype.value_or(dtype), options.dtype.value_or(dtype));
  }
  Tensor y = borrow(data, shape, dtype);
  if (!data && y.impl()->numel > 0)
    fail<ValueError>("from_blob", "the pointer to {} elements is null", y.impl()->numel);
  y.requires_grad_(options.requires_grad);
  y.impl()->storage->set_deleter(std::move(deleter), data);  // nothing fails any more
  return y;
}

}  // namespace detail

namespace {
void flatten(const detail::Literal& values, detail::NestedShape& nest, std::vector<Scalar>& numbers) {
  if (!values.is_list()) {
    nest.number();
    numbers.push_back(values.number());
    return;
  }
  nest.open(values.size());
  for (const detail::Literal& value : values) {
    flatten(value, nest, numbers);
    nest.next();
  }
  nest.close();
}
}  // namespace

Tensor tensor(const detail::Literal& values, const TensorOptions& options) {
  detail::NestedShape nest;
  std::vector<Scalar> numbers;
  flatten(values, nest, numbers);
  DType dtype = numbers.empty() ? DType::float32 : DType::bool_;
  for (const Scalar number : numbers) dtype = promote(dtype, number.dtype());
  Tensor y = detail::make_tensor(nest.shape(), options.dtype.value_or(dtype));
  visit_dtype(y.dtype(), [&]<class T>() {
    T* out = detail::elements<T>(y);
    for (const Scalar number : numbers) {
      detail::check_fits("tensor", number, y.impl()->dtype);
      *out++ = number.to<T>();
    }
  });
  return y.requires_grad_(options.requires_grad);
}

}  // namespace xtape
