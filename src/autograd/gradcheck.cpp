// Compares gradients with central differences, under a random upstream gradient: with all ones, a softmax's gradient is
// zero whatever the bug.
#include "xtape/autograd/gradcheck.hpp"

#include <cmath>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "kernels/random.hpp"
#include "xtape/autograd/grad.hpp"

namespace xtape::autograd {

namespace {

using Outputs = std::vector<Tensor>;
using Function = Callback<Outputs(const std::vector<Tensor>&)>;

/// The k-th upstream gradient: uniform on (-1.5, -0.5) and (0.5, 1.5), never near 0, where an error could hide.
Tensor upstream_like(const char* name, const Tensor& y, std::uint64_t seed, std::uint64_t k) {
  if (y.dtype() != DType::float64) fail<ValueError>(name, "the function returns {}, not float64", y.dtype());
  Tensor g = detail::make_tensor(y.shape(), DType::float64);
  double* p = detail::elements<double>(g);
  kernels::uniform(keyed_stream(seed, StreamUse::gradcheck, k), 0, g.numel(), p);
  for (std::int64_t i = 0; i < g.numel(); ++i) p[i] = 2 * p[i] - (p[i] < 0.5 ? 1.5 : 0.5);
  return g;
}

double dot(const Outputs& y, const Outputs& upstream) {
  double total = 0;
  for (std::size_t k = 0; k < y.size(); ++k) {
    const double *p = detail::elements<double>(y[k]), *g = detail::elements<double>(upstream[k]);
    for (std::int64_t i = 0; i < y[k].numel(); ++i) total += p[i] * g[i];
  }
  return total;
}

bool check(const char* name, const Function& f, const std::vector<Tensor>& inputs, const GradcheckOptions& options) {
  std::vector<Tensor> wanted;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].requires_grad()) continue;
    if (inputs[i].dtype() != DType::float64 || !inputs[i].is_leaf()) {
      fail<ValueError>(name, "inputs[{}] must be a float64 leaf", i);
    }
    wanted.push_back(inputs[i]);
  }
  EnableGradGuard enable_grad;
  const Outputs y = f(inputs);
  Outputs upstream, recorded, seeds;
  for (const Tensor& output : y) {
    upstream.push_back(upstream_like(name, output, options.seed, upstream.size()));
    if (!output.requires_grad()) continue;
    recorded.push_back(output);
    seeds.push_back(upstream.back());
  }
  std::vector<Tensor> analytic(wanted.size());
  if (!recorded.empty()) analytic = grad(recorded, wanted, seeds, {.allow_unused = true});

  for (std::size_t k = 0; k < wanted.size(); ++k) {
    double* x = detail::elements<double>(wanted[k]);
    for (std::int64_t i = 0; i < wanted[k].numel(); ++i) {
      const double x0 = x[i];
      x[i] = x0 + options.eps;
      const double above = dot(f(inputs), upstream);
      x[i] = x0 - options.eps;
      const double below = dot(f(inputs), upstream);
      x[i] = x0;
      const double numeric = (above - below) / (2 * options.eps);
      const double ours = analytic[k].defined() ? detail::elements<double>(analytic[k])[i] : 0.0;
      if (std::abs(ours - numeric) <= options.atol + options.rtol * std::abs(numeric)) continue;
      if (!options.raise_exception) return false;
      fail<GradError>(name, "input {}, element {}: the gradient is {:.12g}, the central difference {:.12g}", k, i, ours,
                      numeric);
    }
  }
  return true;
}

}  // namespace

bool gradcheck(const GradcheckFunction& f, const std::vector<Tensor>& inputs, GradcheckOptions options) {
  return check(
      "gradcheck", [&f](const std::vector<Tensor>& x) { return Outputs{f(x)}; }, inputs, options);
}

bool gradgradcheck(const GradcheckFunction& f, const std::vector<Tensor>& inputs, GradgradcheckOptions options) {
  std::vector<Tensor> with_upstream = inputs;
  const Tensor y = without_grad([&f, &inputs] { return f(inputs); });
  with_upstream.push_back(upstream_like("gradgradcheck", y, options.seed + 1, 0).requires_grad_());
  const Function gradient_of_f = [&f](const std::vector<Tensor>& x) {
    const std::vector<Tensor> arguments(x.begin(), x.end() - 1);
    std::vector<Tensor> wanted;
    for (const Tensor& argument : arguments) {
      if (argument.requires_grad()) wanted.push_back(argument);
    }
    Outputs gradients;
    for (Tensor& g : grad({f(arguments)}, wanted, {x.back()}, {.create_graph = true, .allow_unused = true})) {
      if (g.defined()) gradients.push_back(std::move(g));
    }
    return gradients;
  };
  return check("gradgradcheck", gradient_of_f, with_upstream,
               {options.eps, options.atol, options.rtol, options.seed, options.raise_exception});
}

}  // namespace xtape::autograd
