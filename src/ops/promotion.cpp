#include "ops/promotion.hpp"

#include "core/dispatch.hpp"
#include "xtape/ops.hpp"

namespace xtape::detail {

Tensor to_floating(std::string_view op, const Tensor& x) {
  check_defined(op, x);
  return is_floating(x.impl()->dtype) ? x : to(x, DType::float32);
}

namespace {
// bool_ < integers < floating: a number or a 0-dim tensor raises the dtype only to a higher category.
int category(DType dtype) { return is_floating(dtype) ? 2 : dtype == DType::bool_ ? 0 : 1; }
}  // namespace

DType result_dtype(const Tensor& x, const Tensor& z) {
  const TensorImpl &a = *x.impl(), &b = *z.impl();
  if (a.shape.empty() == b.shape.empty()) return promote(a.dtype, b.dtype);
  if (category(a.dtype) != category(b.dtype)) return category(a.dtype) < category(b.dtype) ? b.dtype : a.dtype;
  return a.shape.empty() ? b.dtype : a.dtype;
}

namespace {
bool dtypes_differ(std::string_view op, const Tensor& x, const Tensor& z) {
  check_defined(op, x);
  check_defined(op, z);
  return x.impl()->dtype != z.impl()->dtype;
}

/// x cast to the dtype of an op on x and z; undefined if x has it already.
Tensor cast_for(const Tensor& x, const Tensor& z) {
  const DType dtype = result_dtype(x, z);
  return x.impl()->dtype == dtype ? Tensor() : to(x, dtype);
}
}  // namespace

Operands::Operands(std::string_view op, const Tensor& x, const Tensor& z)
    : cast_a_(dtypes_differ(op, x, z) ? cast_for(x, z) : Tensor()),
      cast_b_(x.impl()->dtype != z.impl()->dtype ? cast_for(z, x) : Tensor()),
      a(cast_a_.defined() ? cast_a_ : x),
      b(cast_b_.defined() ? cast_b_ : z) {}

std::vector<Tensor> promote_all(std::string_view op, const std::vector<Tensor>& tensors) {
  if (tensors.empty()) fail<ValueError>(op, "there is no tensor in the list");
  DType dtype = DType::bool_;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (!tensors[i].defined()) fail<ValueError>(op, "tensor {} is undefined", i);
    dtype = promote(dtype, tensors[i].impl()->dtype);
  }
  std::vector<Tensor> result;
  result.reserve(tensors.size());
  for (const Tensor& x : tensors) result.push_back(to(x, dtype));
  return result;
}

Tensor wrap(const char* op, Scalar number, const Tensor& like) {
  check_defined(op, like);
  const DType theirs = like.impl()->dtype, ours = number.dtype();
  const DType dtype = category(ours) > category(theirs) ? ours : theirs;
  Tensor y = make_tensor({}, dtype);
  check_fits(op, number, dtype);
  visit_dtype(dtype, [&]<class T>() { *elements<T>(y) = number.to<T>(); });
  return y;
}

}  // namespace xtape::detail
