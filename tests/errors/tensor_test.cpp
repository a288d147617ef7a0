// Misuses of tensors, their creation and their elements.
// clang-format off
#include <gtest/gtest.h>

#include <cstdint>

#include "support/constants.hpp"
#include "support/misuse.hpp"

namespace xtape {
namespace {

using testing::expect_errors;
using testing::inf;
using testing::nan;

TEST(Errors, OfCreation) {
  expect_errors({
      {"ShapeError: shape: negative extent -1 in (2, -1)", [] { zeros({2, -1}); }},
      {"ShapeError: shape: (1099511627776, 1099511627776) has too many elements to count",
       [] { zeros({1LL << 40, 1LL << 40}); }},
      {"ValueError: allocate: no memory for a tensor of 4503599627370496 bytes", [] { zeros({1LL << 50}); }},
      {"ShapeError: tensor: row 1 has 1 elements, row 0 has 2", [] { tensor({{1, 2}, {3}}); }},
      {"ShapeError: tensor: 3 elements do not fill shape (2, 2)",
       [] { tensor(std::vector<float>{1, 2, 3}, {2, 2}); }},
      {"ShapeError: tensor: row 1 has 2 elements, row 0 has 1", [] { tensor({{1}, {2, 3}}); }},
      {"ValueError: tensor: 300 does not fit uint8; take a wider dtype, or convert with .to(int64)",
       [] { tensor({1, 300}, {.dtype = uint8}); }},
      {"ValueError: tensor: nan does not fit int64", [] { tensor({nan}, {.dtype = int64}); }},
      {"ShapeError: tensor: row 1 has 1 elements, row 0 has 2", [] { tensor({{{1, 2}, {3, 4}}, {{5, 6}}}); }},
      {"ShapeError: tensor: row 1 has 1 elements, row 0 has 2", [] { tensor({{{1, 2}, {3, 4}}, {{5, 6}, {7}}}); }},
      {"ShapeError: shape: more than 8 dims", [] { Shape{1, 1, 1, 1, 1, 1, 1, 1, 1}; }},
      {"DTypeError: requires_grad_: only floating tensors have gradients, this one is int64",
       [] { ones({2}, {.dtype = int64, .requires_grad = true}); }},
      {"ValueError: full: 300 does not fit uint8; take a wider dtype, or convert with .to(int64)",
       [] { full({2}, 300, {.dtype = uint8}); }},
      {"ValueError: full: nan does not fit int64", [] { full({2}, nan, {.dtype = int64}); }},
      {"ValueError: full: -1 does not fit uint8; take a wider dtype, or convert with .to(int64)",
       [] { full({1}, -1, {.dtype = uint8}); }},
      {"ValueError: full: 1e+30 does not fit int32", [] { full({1}, 1e30, {.dtype = int32}); }},
      {"ValueError: full: 9.223372036854776e+18 does not fit int64", [] { full({1}, 0x1p63, {.dtype = int64}); }},
      {"ValueError: arange: step is 0, it must be a number other than 0", [] { arange(0, 5, 0); }},
      {"ValueError: arange: step -1 never leads from 0 to 5", [] { arange(0, 5, -1); }},
      {"ValueError: arange: step 1 never leads from 0 to nan", [] { arange(nan); }},
      {"ValueError: arange: step is nan, it must be a number other than 0", [] { arange(0, 3, nan); }},
      {"ValueError: arange: step 1 never leads from 3 to 0", [] { arange(3, 0); }},
      {"ValueError: arange: step 1 never leads from 0 to -1", [] { arange(-1); }},
      {"ValueError: arange: inf elements from 0 to inf by 1 are too many", [] { arange(0, inf, 1); }},
      {"ValueError: arange: 9.999999999999999e+29 elements from 0 to 1 by 1e-30 are too many",
       [] { arange(0, 1, 1e-30); }},
      {"ValueError: arange: 1.8446744073709552e+19 elements from -9.223372036854776e+18 to 9.223372036854776e+18 by 1 "
       "are too many",
       [] { arange(INT64_MIN, INT64_MAX); }},
      {"ValueError: arange: 299 does not fit uint8; take a wider dtype, or convert with .to(int64)",
       [] { arange(300, {.dtype = uint8}); }},
      {"ShapeError: shape: negative extent -1 in (-1, -1)", [] { eye(-1); }},
      {"ValueError: zeros_like: the tensor is undefined", [] { zeros_like(Tensor()); }},
      {"DTypeError: rand: draws real numbers, not int64; use randint, or convert with .to()",
       [] { rand({2}, {.dtype = int64}); }},
      {"ShapeError: shape: negative extent -2 in (2, -2)", [] { randn({2, -2}); }},
      {"ShapeError: shape: (1099511627776, 0, 1099511627776) has too many elements to count",
       [] { empty({1LL << 40, 0, 1LL << 40}); }},
      {"ShapeError: shape: negative extent -2 in (-2)", [] { rand({-2}); }},
      {"ValueError: randint: no integer lies in [5, 5); low must be below high", [] { randint(5, 5, {2}); }},
      {"ValueError: randint: uint8 holds integers from 0 to 255, not from 0 to 299",
       [] { randint(0, 300, {2}, {.dtype = uint8}); }},
      {"ValueError: randint: bool_ holds integers from 0 to 1, not from -1 to 0",
       [] { randint(-1, 1, {2}, {.dtype = bool_}); }},
      {"ValueError: randperm: n is -1, it must not be negative", [] { randperm(-1); }},
      {"ValueError: randperm: uint8 holds integers from 0 to 255, not from 0 to 299",
       [] { randperm(300, {.dtype = uint8}); }},
      {"ValueError: bernoulli: p[1] = 1.5 is not a probability, it must lie in [0, 1]",
       [] { bernoulli(tensor({0.5, 1.5})); }},
      {"ValueError: bernoulli: p[0] = -0.1 is not a probability, it must lie in [0, 1]",
       [] { bernoulli(tensor({-0.1})); }},
      {"ValueError: bernoulli: p[0] = nan is not a probability, it must lie in [0, 1]", [] { bernoulli(tensor({nan})); }},
      {"DTypeError: bernoulli: expected a floating dtype, got int64; convert it with .to(float32)",
       [] { bernoulli(tensor({1})); }},
      {"ValueError: full_like: 2147483648 does not fit int32; take a wider dtype, or convert with .to(int64)",
       [] { full_like(zeros({1}, {.dtype = int32}), 1LL << 31); }},
      {"DTypeError: rand_like: draws real numbers, not int64; use randint, or convert with .to()",
       [] { rand_like(tensor({1, 2})); }},
      {"ValueError: rand_like: the tensor is undefined", [] { rand_like(Tensor()); }},
      {"ValueError: randn_like: the tensor is undefined", [] { randn_like(Tensor()); }},
  });
}

TEST(Errors, OfElements) {
  expect_errors({
      {"ValueError: item: tensor has 4 elements; use to_vector", [] { tensor({1, 2, 3, 4}).item<int>(); }},
      {"ValueError: item: 24999999488 does not fit int32", [] { tensor(2.5e10).item<int>(); }},
      {"ValueError: item: nan does not fit int64", [] { tensor(nan).item<std::int64_t>(); }},
      {"DTypeError: data: the tensor holds float32, not float64; convert it with .to(float64)",
       [] { ones({2}).to_vector<double>(); }},
      {"DTypeError: data: the tensor holds float32, not int64; convert it with .to(int64)",
       [] { Tensor t = ones({2}); t.data<std::int64_t>(); }},
      {"ValueError: shape: the tensor is undefined", [] { Tensor().shape(); }},
      {"ValueError: item: the tensor is undefined", [] { Tensor().item<float>(); }},
      {"IndexError: size: dim 2 is outside [-2, 2)", [] { ones({2, 3}).size(2); }},
      {"IndexError: select: index 2 is outside [-2, 2) in dim 0", [] { ones({2, 3})[2]; }},
      {"IndexError: select: index -3 is outside [-2, 2) in dim 0", [] { ones({2, 3})[-3]; }},
      {"IndexError: select: a 0-dim tensor has no dim to select from; use item()", [] { tensor(1.0)[0]; }},
      {"ValueError: to: nan does not fit int64", [] { tensor({1.5, nan}).to(int64); }},
      {"ValueError: to: 1e+20 does not fit int32", [] { tensor({1.5, 1e20}).to(int32); }},
      {"ValueError: eq: 300 does not fit uint8; take a wider dtype, or convert with .to(int64)",
       [] { static_cast<void>(tensor({1, 2}).to(uint8) == 300); }},
  });
}

TEST(Errors, OfWritingInPlace) {
  expect_errors({
      {"GradError: zero_: in place on a leaf of shape (2) that requires grad; do it under a NoGradGuard, or on a "
       "clone()",
       [] { ones({2}, {.requires_grad = true}).zero_(); }},
      {"GradError: fill_: in place on a recorded result of shape (2) that requires grad; do it under a "
       "NoGradGuard, or on a clone()",
       [] { Tensor x = ones({2}, {.requires_grad = true}); (x * 2).fill_(1); }},
      {"GradError: fill_: in place on a tensor of shape (2) that shares storage with one that requires grad; do "
       "it under a NoGradGuard, or on a clone()",
       [] { Tensor x = ones({2, 2}, {.requires_grad = true}); x.detach()[0] = 3; }},
      {"ShapeError: copy_: (3) does not broadcast to (2)", [] { ones({2}).copy_(ones({3})); }},
      {"ValueError: copy_: the tensor is undefined", [] { ones({2}).copy_(Tensor()); }},
      {"DTypeError: add_: float32 values cannot be written into a tensor of int64 in place; convert it with .to(float32)",
       [] { zeros({2}, {.dtype = int64}).add_(tensor({0.5, 1.0})); }},
      {"ShapeError: add_: (4, 2, 3) does not broadcast to (2, 3)", [] { zeros({2, 3}).add_(zeros({4, 2, 3})); }},
      {"DTypeError: add_: uint8 has no arithmetic; convert it with .to(int64) or .to(float32)",
       [] { zeros({1}, {.dtype = uint8}).add_(tensor({1})); }},
      {"ValueError: add_: the tensor is undefined", [] { zeros({1}).add_(Tensor()); }},
      {"DTypeError: add_: float32 values cannot be written into a tensor of int64 in place; convert it with .to(float32)",
       [] { zeros({1}, {.dtype = int64}).add_(tensor({1}), 0.5); }},
      {"ValueError: fill_: -1 does not fit uint8; take a wider dtype, or convert with .to(int64)",
       [] { zeros({2}, {.dtype = uint8}).fill_(-1); }},
      {"ValueError: fill_: 256 does not fit uint8; take a wider dtype, or convert with .to(int64)",
       [] { zeros({1}, {.dtype = uint8}).fill_(256); }},
      {"ValueError: fill_: nan does not fit int64", [] { zeros({1}, {.dtype = int64}).fill_(nan); }},
      {"ValueError: fill_: the tensor is undefined", [] { Tensor().fill_(1); }},
      {"DTypeError: mul_: bool_ has no arithmetic; convert it with .to(int64) or .to(float32)",
       [] { zeros({2}, {.dtype = bool_}).mul_(2); }},
      {"DTypeError: mul_: float32 values cannot be written into a tensor of int64 in place; convert it with .to(float32)",
       [] { zeros({1}, {.dtype = int64}).mul_(1.5); }},
      {"ValueError: mul_: the tensor is undefined", [] { Tensor().mul_(2); }},
      {"IndexError: select: index 4 is outside [-4, 4) in dim 0", [] { Tensor w = zeros({4, 2}); w[4] = 1.0; }},
      {"ShapeError: copy_: (3) does not broadcast to (2)", [] { Tensor w = zeros({4, 2}); w[0] = ones({3}); }},
      {"ShapeError: copy_: (2) does not broadcast to (2, 3)", [] { zeros({2, 3}).copy_(zeros({2})); }},
  });
}

TEST(Errors, OfCompoundAssignment) {
  expect_errors({
      {"GradError: -=: in place on a leaf of shape (2) that requires grad; do it under a NoGradGuard, or on a clone()",
       [] { Tensor w = ones({2}, {.requires_grad = true}); w -= 0.1; }},
      {"GradError: +=: in place on a recorded result of shape () that requires grad; do it under a NoGradGuard, or on "
       "a clone()",
       [] { Tensor w = ones({2}, {.requires_grad = true}); w[0] += 1; }},
      {"GradError: *=: the result must be recorded, but another handle or view of this tensor of shape (2) would keep "
       "the old elements; write x = x * y, or start from a clone()",
       [] { Tensor h = ones({2}, {.requires_grad = true}) * 2; const Tensor row = h[0]; h *= 2; }},
      {"GradError: +=: an operand of shape (2) requires grad, and this write would not be recorded; make a new tensor "
       "instead (x = x + y, cat, stack, where), or pass its detach()",
       [] { Tensor rows = zeros({2, 2}); rows[0] += ones({2}, {.requires_grad = true}); }},
      {"GradError: copy_: an operand of shape (2) requires grad, and this write would not be recorded; make a new "
       "tensor instead (x = x + y, cat, stack, where), or pass its detach()",
       [] { Tensor rows = zeros({2, 2}); rows[0] = ones({2}, {.requires_grad = true}); }},
      {"DTypeError: +=: float32 values cannot be written into a tensor of int64 in place; convert it with .to(float32)",
       [] { Tensor n = tensor({1, 2}); n += 0.5; }},
      {"DTypeError: /=: float32 values cannot be written into a tensor of int64 in place; convert it with .to(float32)",
       [] { Tensor n = tensor({1, 2}); n /= 2; }},
      {"DTypeError: +=: bool_ has no arithmetic; convert it with .to(int64) or .to(float32)",
       [] { Tensor b = tensor({true}); b += true; }},
      {"ValueError: +=: 4294967296 does not fit int32; take a wider dtype, or convert with .to(int64)",
       [] { Tensor n = zeros({1}, {.dtype = int32}); n += 1LL << 32; }},
      {"ShapeError: +=: (3) does not broadcast to ()", [] { Tensor total = zeros({}); total += ones({3}); }},
      {"ValueError: +=: the left side is undefined; begin with zeros(...) or, for a gradient, run backward first",
       [] { Tensor total; total += 1; }},
      {"ValueError: *=: the left side is undefined; begin with zeros(...) or, for a gradient, run backward first",
       [] { ones({1}, {.requires_grad = true}).grad() *= 0.5; }},
      {"ValueError: -=: the right side is undefined; has backward run?",
       [] { Tensor w = ones({1}); w -= w.grad(); }},
      {"ValueError: zero_: the tensor is undefined; has backward run?",
       [] { ones({1}, {.requires_grad = true}).grad().zero_(); }},
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
