// A custom op, by the mechanism that every built-in op uses: the value and its gradient side by side.
#include <fmt/core.h>

#include <xtape/fmt.hpp>
#include <xtape/xtape.hpp>

using namespace xtape;

Tensor cube(const Tensor& x) {                        // y = x^3,  dx = 3 x^2 gy
  Tensor y = without_grad([&] { return x * x * x; });
  return record("cube", {x}, y, [x = save(x)](const Tensor& gy) { return Gradients{3 * *x * *x * gy}; });
}

/// Written so that no exp overflows.
Tensor log_cosh(const Tensor& x) {                    // y = log(cosh x),  dx = gy tanh(x)
  Tensor y = without_grad([&] { return abs(x) + log((1 + exp(-2 * abs(x))) / 2); });
  return record("log_cosh", {x}, y, [x = save(x)](const Tensor& gy) { return Gradients{gy * tanh(*x)}; });
}

int main() {
  Tensor x = tensor({-1., 0., 2.}, {.dtype = float64, .requires_grad = true});

  Tensor y = cube(x);
  fmt::print("cube(x)    {}\n", y);
  Tensor dx = grad({y.sum()}, {x}, {.create_graph = true})[0];
  fmt::print("cube'(x)   {}\n", dx.detach());
  fmt::print("cube''(x)  {}\n", grad({dx.sum()}, {x})[0]);

  // Central differences agree, for the first and the second derivative, under a random upstream gradient.
  for (auto op : {cube, log_cosh}) {
    auto f = [op](const std::vector<Tensor>& in) { return op(in[0]); };
    fmt::print("gradcheck  {} {}\n", autograd::gradcheck(f, {x}), autograd::gradgradcheck(f, {x}));
  }

  // The tape lists a custom op like any other.
  const Tape tape = Tape::of(log_cosh(cube(x)).sum());
  for (const auto& entry : tape.entries()) fmt::print("{} ", entry.op);
  fmt::print("\n");
}
