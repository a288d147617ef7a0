// gradcheck: tests gradient functions, above all those of user-defined ops, against central differences.
#pragma once

#include <cstdint>
#include <vector>

#include "xtape/detail/callback.hpp"
#include "xtape/export.hpp"
#include "xtape/tensor.hpp"

namespace xtape::autograd {

struct GradcheckOptions {
  double eps = 1e-5;   ///< step of the central difference
  double atol = 1e-8;  ///< absolute and relative tolerance of each element
  double rtol = 1e-6;
  std::uint64_t seed = 0;       ///< of the random upstream gradient
  bool raise_exception = true;  ///< throw GradError on a mismatch, instead of returning false
};
struct GradgradcheckOptions {
  double eps = 1e-5;
  double atol = 1e-7;
  double rtol = 1e-5;
  std::uint64_t seed = 0;
  bool raise_exception = true;
};

using GradcheckFunction = Callback<Tensor(const std::vector<Tensor>&)>;

/// Compares f's gradient, under a random upstream gradient, with central differences, element by element of every
/// input that requires grad. Inputs must be float64 leaves. The GradError names input, element and both values.
XTAPE_API bool gradcheck(const GradcheckFunction& f, const std::vector<Tensor>& inputs, GradcheckOptions options = {});
/// The same for the gradient of f, as a function of the inputs and of the upstream gradient.
XTAPE_API bool gradgradcheck(const GradcheckFunction& f, const std::vector<Tensor>& inputs,
                             GradgradcheckOptions options = {});

}  // namespace xtape::autograd
