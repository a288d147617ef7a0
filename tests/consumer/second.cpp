#include "second.hpp"

xtape::Tensor square(const xtape::Tensor& x) { return x * x; }

bool library_records() {
  const xtape::Tensor x = xtape::tensor(2.0, {.requires_grad = true});
  return square(x).requires_grad();
}
