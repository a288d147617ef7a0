// grad(): gradients as return values. (backward(), which adds them to the leaves, is a method of Tensor.)
#pragma once

#include <concepts>
#include <initializer_list>
#include <utility>
#include <vector>

#include "xtape/export.hpp"
#include "xtape/tensor.hpp"

namespace xtape {

struct GradOptions {
  bool retain_graph = false;  ///< keep saved values for another pass (implied by create_graph)
  bool create_graph = false;  ///< record the gradients' own ops, so that they can be differentiated
  bool allow_unused = false;  ///< an input that no output depends on gets an undefined gradient, not a GradError
};

/// The gradients that arrive at outputs: grad({y}, {x}, {seed}), or {} for none. (A std::vector would make
/// `{.create_graph = true}` in its place ambiguous for GCC 12.)
class XTAPE_API Seeds {
 public:
  Seeds(std::initializer_list<Tensor> seeds);  // NOLINT: implicit on purpose
  Seeds(std::vector<Tensor> seeds);            // NOLINT: implicit on purpose
  std::vector<Tensor> tensors;
};

/// d(sum of outputs)/d(inputs), without touching any leaf's grad(). `seeds` are the gradients that arrive at the
/// outputs (one each; an undefined one, or none at all: 1 for scalar outputs). GradError when an input does not require
/// grad or, unless allow_unused, no output depends on it; ValueError for another number of seeds.
XTAPE_API std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                                   const Seeds& seeds, GradOptions options = {});
/// The same without seeds. (A template, so that `grad({y}, {x}, {})` is not ambiguous.)
template <std::same_as<GradOptions> Options = GradOptions>
std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs, Options options = {}) {
  return grad(outputs, inputs, Seeds(std::vector<Tensor>()), options);
}

}  // namespace xtape
