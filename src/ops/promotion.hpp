// Which dtype an op computes in, and its operands in that dtype. Casts are recorded; shapes do not change.
#pragma once

#include <string_view>
#include <vector>

#include "ops/checks.hpp"

namespace xtape::detail {

/// x itself when floating, else as float32.
Tensor to_floating(std::string_view op, const Tensor& x);

/// The dtype that an op on both computes in.
DType result_dtype(const Tensor& x, const Tensor& z);

/// Both operands in the dtype of the result: the caller's own tensors, or casts.
class Operands {
 public:
  Operands(std::string_view op, const Tensor& x, const Tensor& z);
  Operands(const Operands&) = delete;
  Operands& operator=(const Operands&) = delete;

 private:
  Tensor cast_a_, cast_b_;  // defined where a cast was needed

 public:
  const Tensor &a, &b;
};

/// All in the highest of their dtypes. ValueError when the list is empty or a tensor is undefined.
std::vector<Tensor> promote_all(std::string_view op, const std::vector<Tensor>& tensors);

}  // namespace xtape::detail
