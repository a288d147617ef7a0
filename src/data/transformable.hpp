// What all transforms of this folder ask of a tensor.
#pragma once

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "ops/checks.hpp"
#include "xtape/autograd/grad_mode.hpp"

namespace xtape::data {

/// DTypeError unless floating; GradError in grad mode if x requires grad. `name` is a literal, for errors.
inline void check_transformable(const char* name, const Tensor& x) {
  xtape::detail::check_floating(name, x);
  if (is_grad_enabled() && x.requires_grad()) {
    fail<GradError>(name, "x requires grad, but transforms are not recorded; use x.detach()");
  }
}

}  // namespace xtape::data
