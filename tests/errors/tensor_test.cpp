// Misuses of tensors and of the tape.
// clang-format off
#include <gtest/gtest.h>

#include <cstdint>

#include "support/constants.hpp"
#include "support/misuse.hpp"

namespace xtape {
namespace {

using testing::expect_errors;
using testing::nan;

TEST(Errors, OfTensors) {
  expect_errors({
      {"ShapeError: shape: more than 8 dims", [] { Shape{1, 1, 1, 1, 1, 1, 1, 1, 1}; }},
      {"ValueError: item: tensor has 4 elements; use to_vector", [] { tensor({1, 2, 3, 4}).item<int>(); }},
      {"ValueError: item: tensor has 2 elements; use to_vector", [] { ones({2}).item(); }},
      {"ValueError: item: the tensor is undefined; has backward run?", [] { Tensor().item(); }},
      {"ValueError: item: 9007199254740993 is not exact as a double; use item<std::int64_t>()",
       [] { tensor(9007199254740993).item(); }},
      {"ValueError: item: 9223372036854775807 is not exact as a double; use item<std::int64_t>()",
       [] { tensor(INT64_MAX).item(); }},
      {"ValueError: item: 24999999488 does not fit int32", [] { tensor(2.5e10).item<int>(); }},
      {"ValueError: item: nan does not fit int64", [] { tensor(nan).item<std::int64_t>(); }},
      {"DTypeError: data: the tensor holds float32, not float64; convert it with .to(float64)",
       [] { ones({2}).to_vector<double>(); }},
      {"DTypeError: data: the tensor holds float32, not int64; convert it with .to(int64)",
       [] { Tensor t = ones({2}); t.data<std::int64_t>(); }},
      {"ValueError: shape: the tensor is undefined; has backward run?", [] { Tensor().shape(); }},
      {"ValueError: item: the tensor is undefined; has backward run?", [] { Tensor().item<float>(); }},
      {"IndexError: size: dim 2 is outside [-2, 2)", [] { ones({2, 3}).size(2); }},
  });
}

TEST(Errors, OfWritingIntoCopies) {
  expect_errors({
      {"ValueError: fill_: in place on the result of select of shape (2), a copy where PyTorch has a view: the original "
       "would not change; assign through dim 0 (x[i] = ...), use index_copy_, masked_fill_ or where, or write into a "
       "clone()",
       [] { Tensor x = zeros({2, 3}); select(x, 1, 0) = 5; }},
      {"ValueError: +=: in place on the result of narrow of shape (2, 1), a copy where PyTorch has a view: the original "
       "would not change; assign through dim 0 (x[i] = ...), use index_copy_, masked_fill_ or where, or write into a "
       "clone()",
       [] { Tensor x = zeros({2, 3}); x.narrow(1, 0, 1) += 5; }},
      {"ValueError: SGD: parameter 0 of shape (2, 3) is the result of transpose, a copy where PyTorch has a view: the "
       "original would not move; pass its clone()",
       [] { optim::SGD({zeros({3, 2}).transpose(0, 1).requires_grad_()}, {.lr = 0.1}); }},
  });
}

TEST(Errors, OfAutograd) {
  expect_errors({
      {"GradError: backward: nothing on the tape leads to this float32 tensor of shape (): no input required "
       "grad, or it was computed under a NoGradGuard or detached",
       [] { ones({}).backward(); }},
      {"GradError: backward: a tensor of shape (3) is not a scalar; reduce it with sum() or mean(), or pass a seed "
       "of that shape",
       [] { ones({3}, {.requires_grad = true}).backward(); }},
      {"ShapeError: backward: the seed has shape (2), the tensor (3)",
       [] { (ones({3}, {.requires_grad = true}) * 2).backward(ones({2})); }},
      {"DTypeError: backward: the seed is float64, the tensor float32",
       [] { (ones({3}, {.requires_grad = true}) * 2).backward(ones({3}, {.dtype = float64})); }},
      {"GradError: backward: nothing on the tape leads to this float32 tensor of shape (): no input required "
       "grad, or it was computed under a NoGradGuard or detached",
       [] { without_grad([] { return ones({3}, {.requires_grad = true}).sum(); }).backward(); }},
      {"GradError: mul: its saved values were released by an earlier backward; pass {.retain_graph = true} to "
       "that one, or compute the loss again",
       [] {
         Tensor x = ones({2}, {.requires_grad = true});
         Tensor y = (x * x).sum();
         y.backward();
         y.backward();
       }},
      {"GradError: mul: a saved value of shape (2) was modified in place (version 1, saved at 0); modify a clone "
       "instead, or do it after backward",
       [] {
         Tensor x = ones({2}, {.requires_grad = true});
         Tensor y = (x * x).sum();
         NoGradGuard no_grad;
         x.add_(x);
         y.backward();
       }},
      {"GradError: requires_grad_: the tensor is the result of mul, not a leaf; use detach() for a constant that "
       "shares its elements",
       [] { Tensor x = ones({2}, {.requires_grad = true}); (x * 2).requires_grad_(false); }},
      {"DTypeError: requires_grad_: only floating tensors have gradients, this one is int64",
       [] { tensor({1, 2}).requires_grad_(); }},
      {"ShapeError: set_grad: gradient of shape (3) for a tensor of (2)", [] { ones({2}).set_grad(ones({3})); }},
      {"DTypeError: set_grad: gradient of float64 for a tensor of float32",
       [] { ones({2}).set_grad(ones({2}, {.dtype = float64})); }},
      {"DTypeError: set_grad: only floating tensors have gradients, this one is int64",
       [] { tensor({1, 2}).set_grad(tensor({1, 2})); }},
      {"GradError: set_grad: the tensor is the result of mul, not a leaf",
       [] { Tensor x = ones({2}, {.requires_grad = true}); (x * 2).set_grad(ones({2})); }},
      {"GradError: grad: inputs[0] does not require grad",
       [] { Tensor x = ones({2}, {.requires_grad = true}); grad({x.sum()}, {ones({2})}); }},
      {"GradError: grad: no output depends on inputs[0]; pass {.allow_unused = true} to get an undefined gradient "
       "for it",
       [] {
         Tensor x = ones({2}, {.requires_grad = true}), z = ones({2}, {.requires_grad = true});
         grad({x.sum()}, {z});
       }},
      {"ValueError: grad: 1 seeds for 2 outputs; pass one for each, an undefined one for 1",
       [] {
         Tensor x = ones({2}, {.requires_grad = true});
         grad({x.sum(), x.sum()}, {x}, {ones({})});
       }},
      {"GradError: grad: a tensor of shape (2) is not a scalar; reduce it with sum() or mean(), or pass a seed of "
       "that shape",
       [] { Tensor x = ones({2}, {.requires_grad = true}); grad({x * 2}, {x}); }},
      {"GradError: mine: its gradient function returned 2 gradients for 1 inputs",
       [] {
         Tensor x = ones({2}, {.requires_grad = true});
         record("mine", {x}, x.detach() * 2, [](const Tensor& gy) { return Gradients(gy, gy); }).sum().backward();
       }},
      {"GradError: mine: its gradient for input 0 is float32 (3), but the input is float32 (2)",
       [] {
         Tensor x = ones({2}, {.requires_grad = true});
         record("mine", {x}, x.detach() * 2, [](const Tensor&) { return Gradients(ones({3})); }).sum().backward();
       }},
      {"GradError: mine: record: only floating values have gradients, this one is int64",
       [] {
         Tensor x = ones({2}, {.requires_grad = true});
         record("mine", {x}, tensor({1, 2}), [](const Tensor& gy) { return Gradients(gy); });
       }},
      {"GradError: mine: its gradient function keeps the op's output by save(y), as if it were a constant; use "
       "save_output(y), or save(x.detach()) if the output is the constant x itself",
       [] {
         Tensor x = ones({2}, {.requires_grad = true}), y = x.detach() * 2;
         y = record("mine", {x}, y, [y = save(y)](const Tensor& gy) { return Gradients(*y * gy); });
         grad({y.sum()}, {x}, {.create_graph = true});
       }},
      {"GradError: mine: save_output: the tensor of shape (3) is not the output of the op whose gradient function runs",
       [] {
         Tensor x = ones({2}, {.requires_grad = true});
         record("mine", {x}, x.detach() * 2, [y = save_output(ones({3}))](const Tensor& gy) {
           return Gradients(*y * gy);
         }).sum().backward();
       }},
      {"ValueError: save_output: the tensor is undefined; was it moved from beside this call?",
       [] { save_output(Tensor()); }},
      {"GradError: mine: record: the value is an undefined tensor",
       [] {
         Tensor x = ones({2}, {.requires_grad = true});
         record("mine", {x}, Tensor(), [](const Tensor& gy) { return Gradients(gy); });
       }},
      {"GradError: register_hook: the tensor does not require grad: no gradient will arrive",
       [] { ones({2}).register_hook([](const Tensor&) {}); }},
      {"GradError: register_post_accumulate_grad_hook: only a leaf that requires grad accumulates a gradient; "
       "this is the result of an op: use register_hook",
       [] {
         Tensor x = ones({2}, {.requires_grad = true});
         (x * 2).register_post_accumulate_grad_hook([](const Tensor&) {});
       }},
      {"GradError: log: anomaly: the value is NaN at element [0], and no input is",
       [] {
         Tensor x = tensor({-1.0}, {.requires_grad = true});
         const autograd::DetectAnomalyGuard guard;
         log(x);
       }},
      {"GradError: gradcheck: input 0, element 0: the gradient is -1.10960896991, the central difference "
       "-2.21921793984",
       [] {
         autograd::gradcheck([](const std::vector<Tensor>& x) { return x[0] * x[0].detach(); },
                             {tensor({2.0}, {.dtype = float64, .requires_grad = true})});
       }},
      {"ValueError: gradcheck: inputs[0] must be a float64 leaf",
       [] {
         autograd::gradcheck([](const std::vector<Tensor>& x) { return x[0] * 2; }, {ones({2}, {.requires_grad = true})});
       }},
  });
}

}  // namespace
}  // namespace xtape
