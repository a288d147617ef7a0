// Ops with a mask, and tensors in brackets: masked_select, masked_fill, nonzero, x[mask], x[index].
#include <cmath>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::cube;
using testing::expect_close;
using testing::expect_error;
using testing::given;
using testing::indices;
using testing::integers;
using testing::truths;
using Tensors = std::vector<Tensor>;

// clang-format off
XTAPE_OP_CASES(masked_select) {
  cases.add("masked_select", "", {any({2, 3}), truths({2, 3})}, "torch.masked_select(x[0], x[1])",
            [](Args x) { return masked_select(x[0], x[1]); });
  cases.add("masked_select", "broadcast", {any({2, 1, 3}), truths({4, 1}), any({3}), truths({2, 3})}, "[x[0].masked_select(x[1]), x[2].masked_select(x[3])]",
            [](Args x) { return Tensors{x[0].masked_select(x[1]), x[2].masked_select(x[3])}; });
  cases.add("masked_select", "edges", {any({}), any({0, 3}), integers({4}, 9), truths({4})}, "[x[0].masked_select(x[0] < 9), x[0].masked_select(x[0] > 9), x[1].masked_select(x[1] > 0), x[2].masked_select(x[3]), x[3].masked_select(x[3])]", [](Args x) {
    return Tensors{x[0].masked_select(x[0] < 9), x[0].masked_select(x[0] > 9), x[1].masked_select(x[1] > 0), x[2].masked_select(x[3]), x[3].masked_select(x[3])};
  });
}

XTAPE_OP_CASES(masked_fill) {
  cases.add("masked_fill", "by a number", {any({2, 3}), truths({2, 3})}, "[torch.masked_fill(x[0], x[1], -1.5), x[0].masked_fill(x[1], -inf)]",
            [](Args x) { return Tensors{masked_fill(x[0], x[1], -1.5), x[0].masked_fill(x[1], -INFINITY)}; }).smooth = false;
  cases.add("masked_fill", "by a tensor", {any({2, 3}), truths({3}), any({})}, "[torch.masked_fill(x[0], x[1], x[2]), x[0].masked_fill(x[1], 3)]",
            [](Args x) { return Tensors{masked_fill(x[0], x[1], x[2]), x[0].masked_fill(x[1], 3)}; });
  cases.add("masked_fill", "broadcast", {any({3}), truths({2, 1}), any({}), any({})}, "[x[0].masked_fill(x[1], 2), x[0].masked_fill(x[1], x[2]), x[2].masked_fill(x[1], x[3])]",
            [](Args x) { return Tensors{x[0].masked_fill(x[1], 2), x[0].masked_fill(x[1], x[2]), x[2].masked_fill(x[1], x[3])}; });
  cases.add("masked_fill", "integers", {integers({4}, 9), truths({4})}, "[x[0].masked_fill(x[1], 7), x[0].masked_fill(x[1], 2.5), x[1].masked_fill(x[1], False), x[0].masked_fill(x[1], torch.tensor(2.5))]", [](Args x) {
    return Tensors{x[0].masked_fill(x[1], 7), x[0].masked_fill(x[1], 2.5), x[1].masked_fill(x[1], false), x[0].masked_fill(x[1], tensor(2.5))};
  });
  cases.add("masked_fill", "special", {testing::special({20}), truths({20})}, "x[0].masked_fill(x[1], 0)",
            [](Args x) { return masked_fill(x[0], x[1], 0); }).smooth = false;
}

XTAPE_OP_CASES(nonzero) {
  cases.add("nonzero", "", {truths({3, 4}), integers({2, 2, 3}, 2), given({4}, {0, -0.0, NAN, 1e-30}), any({}), any({0, 3})}, "[torch.nonzero(u) for u in x]", [](Args x) {
    Tensors y;
    for (const Tensor& u : x) y.push_back(u.nonzero());
    return y;
  });
}

XTAPE_OP_CASES(index) {
  cases.add("index", "a mask", {any({3, 2, 2}), truths({3}), truths({3, 2}), truths({3, 2, 2})}, "[x[0][x[1]], x[0][x[2]], x[0][x[3]], x[0][x[0] > 0]]",
            [](Args x) { return Tensors{x[0][x[1]], x[0][x[2]], x[0][x[3]], x[0][x[0] > 0]}; });
  cases.add("index", "a mask without dims", {any({2, 3}), any({})}, "[u[u.sum() < c] for u in x for c in (9, -9)]", [](Args x) {
    return Tensors{x[0][x[0].sum() < 9], x[0][x[0].sum() < -9], x[1][x[1] < 9], x[1][x[1] < -9]};
  });
  cases.add("index", "an index", {any({4, 3}), indices({2, 2}, {3, -1, 0, -4}), indices({}, {-2}), indices({0}, {})}, "[x[0][x[1]], x[0][x[2]], x[0][x[3]], x[0][x[1].to(torch.int32)]]",
            [](Args x) { return Tensors{x[0][x[1]], x[0][x[2]], x[0][x[3]], x[0][x[1].to(int32)]}; });
  cases.add("index", "edges", {any({3, 0}), indices({2}, {0, -1}), integers({3}, 9), truths({3}), any({0, 3})}, "[x[0][x[1]], x[2][x[1]], x[2][x[3]], x[3][x[1]], x[4][x[4] > 0]]",
            [](Args x) { return Tensors{x[0][x[1]], x[2][x[1]], x[2][x[3]], x[3][x[1]], x[4][x[4] > 0]}; });
}
// clang-format on

const Tensor first_and_third = tensor({true, false, true});

TEST(MaskedSelect, AddsNoGradientElsewhere) {
  Tensor x = tensor({1.f, NAN, 3.f}, {.requires_grad = true});
  (masked_select(x, first_and_third) * tensor({5.f, 7.f})).sum().backward();
  expect_close(x.grad(), {5, 0, 7});
}

TEST(MaskedFill, KeepsTheDtypeOfTheTensor) {
  EXPECT_EQ(masked_fill(zeros({3}), first_and_third, tensor(1.5, {.dtype = float64})).dtype(), float32);
  EXPECT_EQ(masked_fill(zeros({3}, {.dtype = uint8}), first_and_third, 255).dtype(), uint8);
}

TEST(MaskedFill, InPlaceIsSeenByEveryHandle) {
  Tensor x = zeros({2, 3}), row = x[1];
  EXPECT_EQ(x.masked_fill_(first_and_third, 2).impl(), x.impl());
  row.masked_fill_(tensor(true), tensor(3));
  expect_close(x, {2, 0, 2, 3, 3, 3});
  Tensor w = ones({3}, {.requires_grad = true});
  NoGradGuard no_grad;
  w.masked_fill_(first_and_third, 0);
  expect_close(w, {0, 1, 0});
}

TEST(MaskedFill, InPlaceReadsItsOperandsFirst) {
  Tensor m = tensor({true, false, true});
  m.masked_fill_(m, false);
  expect_close(m, {0, 0, 0});
  Tensor shifted = tensor({true, true, true, true});
  shifted.narrow(0, 1, 3).masked_fill_(shifted.narrow(0, 0, 3), false);
  expect_close(shifted, {1, 0, 0, 0});
  Tensor x = arange(6).view(3, 2);
  x.masked_fill_(first_and_third.unsqueeze(1), x[0][0]);
  x.masked_fill_(first_and_third.unsqueeze(1), x[1][1]);
  expect_close(x, {3, 3, 2, 3, 3, 3});
}

TEST(MaskedFill, InPlaceCountsAsAModification) {
  Tensor x = ones({3}, {.requires_grad = true}), y = x * 1, z = y * y;
  without_grad([&] { return y.masked_fill_(first_and_third, 0); });
  expect_error<GradError>([&] { z.sum().backward(); }, "mul", "modified in place");
}

TEST(Index, SelectsAsInPyTorch) {
  const Tensor x = arange(12).view(3, 4);
  expect_close(x[x > 8], {9, 10, 11});
  EXPECT_EQ(x[first_and_third].shape(), (Shape{2, 4}));
  expect_close(x[first_and_third][1], {8, 9, 10, 11});
  expect_close(x[tensor({-1, 0})][0], {8, 9, 10, 11});
  EXPECT_EQ(x[tensor({{0}, {1}})].shape(), (Shape{2, 1, 4}));
  expect_close(x[0][tensor({3, 3})], {3, 3});
  expect_close(x[{}], {0, 1, 2, 3});  // braces are a number, as before
}

TEST(Index, AddsTheGradientsOfARowTakenTwice) {
  Tensor x = zeros({3, 2}, {.requires_grad = true});
  x[tensor({2, 0, -1})].backward(tensor({{1.f, 2.f}, {3.f, 4.f}, {5.f, 6.f}}));
  expect_close(x.grad(), {3, 4, 0, 0, 6, 8});
}

TEST(Index, KeepsWhatTheIndexWas) {
  Tensor x = zeros({3}, {.requires_grad = true}), index = tensor({2, 0});
  Tensor y = x[index];
  index.fill_(1);
  y.sum().backward();
  expect_close(x.grad(), {1, 0, 1});
}

TEST(Index, GivesACopyThatMayBeWrittenUnderItsName) {
  Tensor x = zeros({3});
  Tensor y = x[first_and_third];
  y += 1;
  y = y * 2;
  y[0] = 5;
  const Tensor z = x[tensor({0, 1})];
  z -= 1;
  z.fill_(3);
  expect_close(y, {5, 2});
  expect_close(x, {0, 0, 0});
}

TEST(Index, OfOneNumberIsAViewThatMayBeAssigned) {
  Tensor x = zeros({2, 2});
  x[tensor(1)] = 3;
  x[tensor(-2)] += 1;
  expect_close(x, {1, 1, 3, 3});
}

TEST(Index, RefusesAssignmentsThatWouldBeLost) {
  Tensor x = zeros({3}), index = tensor({0, 2}), v = ones({2});
  testing::expect_errors({
      {"ValueError: =: x[mask] = v would write into a copy and leave x as it is; use x.masked_fill_(mask, v), or "
       "x.copy_(where(mask, v, x)) for a tensor v",
       [=] { x[first_and_third] = 0; }},
      {"ValueError: =: x[mask] = v would write into a copy and leave x as it is; use x.masked_fill_(mask, v), or "
       "x.copy_(where(mask, v, x)) for a tensor v",
       [=] { x[x > 0] = v; }},
      {"ValueError: =: x[index] = v would write into a copy and leave x as it is; use x.index_copy_(0, index, v)",
       [=] { x[index] = v; }},
      {"ValueError: *=: x[mask] *= v would write into a copy and leave x as it is; use x.copy_(where(mask, ..., x))",
       [=] { x[first_and_third] *= 2; }},
      {"ValueError: +=: x[index] += v would write into a copy and leave x as it is; use x.index_add_(0, index, v) or "
       "x.index_copy_(0, index, ...)",
       [=] { x[index] += v; }},
  });
  for (const std::function<void()>& lost : std::initializer_list<std::function<void()>>{
           [=] { x[index] = 1; }, [=] { x[first_and_third] += v; }, [=] { x[first_and_third] -= v; },
           [=] { x[first_and_third] /= v; }, [=] { x[first_and_third] *= v; }, [=] { x[first_and_third] += 1; },
           [=] { x[index] -= 1; }, [=] { x[index] /= 1; }, [=] { x[0 * index] = Tensor(); },
           [=] {
             NoGradGuard no_grad;
             x[first_and_third] -= 1;
           }}) {
    expect_error<ValueError>(lost, "would write into a copy");
  }
  expect_close(x, {0, 0, 0});
}

TEST(Masks, RefuseWhatDoesNotFit) {
  testing::expect_errors({
      {"DTypeError: masked_select: the mask is int64, not bool_; compare it with 0?",
       [] {
         masked_select(zeros({2}), tensor({1, 0}));
       }},
      {"ShapeError: masked_select: shapes (2) and (3) do not broadcast: dim -1 is 2 and 3",
       [] { masked_select(zeros({2}), first_and_third); }},
      {"DTypeError: masked_fill: the mask is uint8, not bool_; compare it with 0?",
       [] { masked_fill(zeros({2}), zeros({2}, {.dtype = uint8}), 1); }},
      {"ShapeError: masked_fill: the value must be 0-dim, got (1); use where(mask, value, x)",
       [] { masked_fill(zeros({3}), first_and_third, ones({1})); }},
      {"ShapeError: masked_fill: shapes (2) and (3) do not broadcast: dim -1 is 2 and 3",
       [] { masked_fill(zeros({2}), first_and_third, 1); }},
      {"ValueError: masked_fill: 300 does not fit uint8; take a wider dtype, or convert with .to(int64)",
       [] { masked_fill(zeros({3}, {.dtype = uint8}), first_and_third, 300); }},
      {"ValueError: masked_fill: 300 does not fit uint8; take a wider dtype, or convert with .to(int64)",
       [] { masked_fill(zeros({3}, {.dtype = uint8}), first_and_third, tensor(300)); }},
      {"ValueError: masked_fill_: -1 does not fit uint8; take a wider dtype, or convert with .to(int64)",
       [] { zeros({3}, {.dtype = uint8}).masked_fill_(first_and_third, tensor(-1)); }},
      {"ValueError: masked_fill: the tensor is undefined; has backward run?",
       [] { masked_fill(Tensor(), first_and_third, 1); }},
      {"ShapeError: masked_fill_: the mask (3) does not broadcast to (1)",
       [] { zeros({1}).masked_fill_(first_and_third, 1); }},
      {"GradError: masked_fill_: in place on a leaf of shape (3) that requires grad; do it under a NoGradGuard, or on "
       "a "
       "clone()",
       [] { zeros({3}, {.requires_grad = true}).masked_fill_(first_and_third, 1); }},
      {"GradError: masked_fill_: an operand of shape () requires grad, and this write would not be recorded; make a "
       "new "
       "tensor instead (x = x + y, cat, stack, where), or pass its detach()",
       [] { zeros({3}).masked_fill_(first_and_third, tensor(1.f, {.requires_grad = true})); }},
      {"ValueError: masked_fill_: in place on the result of transpose of shape (3, 2), a copy where PyTorch has a "
       "view: "
       "the original would not change; assign through dim 0 (x[i] = ...), use index_copy_, masked_fill_ or where, or "
       "write into a clone()",
       [] {
         zeros({2, 3}).t().masked_fill_(first_and_third.unsqueeze(1), 1);
       }},
      {"ValueError: nonzero: the tensor is undefined; has backward run?", [] { nonzero(Tensor()); }},
      {"ShapeError: index: the mask (2) must have the leading dims of the tensor (3, 4)",
       [] {
         zeros({3, 4})[tensor({true, false})];
       }},
      {"ShapeError: index: the mask (3, 1) must have the leading dims of the tensor (3, 4)",
       [] {
         zeros({3, 4})[first_and_third.unsqueeze(1)];
       }},
      {"ShapeError: index: the mask (3, 1) must have the leading dims of the tensor (3)",
       [] { zeros({3})[first_and_third.unsqueeze(1)]; }},
      {"IndexError: index: index[1] = 3 is outside [-3, 3)",
       [] {
         zeros({3})[tensor({0, 3})];
       }},
      {"IndexError: index: index[0, 0] = -4 is outside [-3, 3)", [] { zeros({3})[tensor({{-4}})]; }},
      {"IndexError: index: index[0] = 0 is outside [-0, 0)",
       [] {
         zeros({0, 3})[tensor({0})];
       }},
      {"IndexError: index: a 0-dim tensor has no dim to select from; use item()", [] { tensor(1.f)[tensor({0})]; }},
      {"DTypeError: index: PyTorch takes uint8 in brackets as a mask; write x[mask.to(bool_)] or x[index.to(int64)]",
       [] { zeros({3})[ones({3}, {.dtype = uint8})]; }},
      {"DTypeError: index: expected a mask (bool_) or an index (integers) in brackets, got float32",
       [] { zeros({3})[ones({3})]; }},
      {"ValueError: index: the tensor is undefined; has backward run?", [] { zeros({3})[Tensor()]; }},
  });
}

}  // namespace
}  // namespace xtape
