// Clipping writes into the gradients' storage, as zero_grad does: every handle to a gradient sees the change.
#include "xtape/nn/utils.hpp"

#include <cmath>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "kernels/vector_norm.hpp"
#include "xtape/ops.hpp"

namespace xtape::nn::utils {

namespace {

std::vector<Tensor> gradients(const char* op, const std::vector<Tensor>& params) {
  std::vector<Tensor> found;
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (!params[i].defined()) fail<ValueError>(op, "parameter {} is undefined", i);
    if (Tensor g = params[i].grad(); g.defined()) found.push_back(std::move(g));
  }
  return found;
}

double largest_magnitude(const std::vector<Tensor>& tensors) {
  double largest = 0;
  for (const Tensor& t : tensors) {
    const double magnitude = visit_floating(t.impl()->dtype, [&t]<class T>() {
      return kernels::largest_magnitude(xtape::detail::elements<T>(t), t.impl()->numel);
    });
    if (!(magnitude <= largest)) largest = magnitude;
    if (std::isnan(largest)) break;
  }
  return largest;
}

double sum_of_powers(const std::vector<Tensor>& tensors, double p, double scale) {
  double sum = 0;
  for (const Tensor& t : tensors) {
    sum += visit_floating(t.impl()->dtype, [&t, p, scale]<class T>() {
      return kernels::sum_of_powers(xtape::detail::elements<T>(t), t.impl()->numel, p, scale);
    });
  }
  return sum;
}

double norm_of(const std::vector<Tensor>& tensors, double p) {
  return kernels::norm_from(p, largest_magnitude(tensors),
                            [&tensors, p](double scale) { return sum_of_powers(tensors, p, scale); });
}

}  // namespace

double clip_grad_norm_(const std::vector<Tensor>& params, double max_norm, ClipGradNormOptions options) {
  constexpr const char* op = "clip_grad_norm_";
  if (!(max_norm >= 0)) fail<ValueError>(op, "max_norm = {}; expected a number >= 0", max_norm);
  if (!(options.norm_type > 0)) {
    fail<ValueError>(op, "norm_type = {}; expected a number > 0, or INFINITY", options.norm_type);
  }
  const std::vector<Tensor> grads = gradients(op, params);
  const double norm = norm_of(grads, options.norm_type);
  if (options.error_if_nonfinite && !std::isfinite(norm)) {
    fail<ValueError>(op, "the norm of the gradients is {}; pass error_if_nonfinite = false to scale them anyway", norm);
  }
  const double factor = max_norm / (norm + 1e-6);
  if (factor >= 1) return norm;
  NoGradGuard no_grad;
  for (const Tensor& g : grads) g.mul_(factor);
  return norm;
}

void clip_grad_value_(const std::vector<Tensor>& params, double clip_value) {
  constexpr const char* op = "clip_grad_value_";
  if (!(clip_value >= 0)) fail<ValueError>(op, "clip_value = {}; expected a number >= 0", clip_value);
  const std::vector<Tensor> grads = gradients(op, params);
  NoGradGuard no_grad;
  for (const Tensor& g : grads) g.copy_(clamp(g, -clip_value, clip_value));
}

}  // namespace xtape::nn::utils
