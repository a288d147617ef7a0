// Ops that move or repeat elements: view, t, squeeze over dims, chunk, split, flip, roll, tile, repeat, tril, triu,
// diag, outer.
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
using testing::Input;
using testing::integers;
using testing::truths;
using Tensors = std::vector<Tensor>;

// clang-format off
XTAPE_OP_CASES(view) {
  cases.add("view", "", {any({2, 3, 4})}, "[x[0].view(4, -1), x[0].view(-1), x[0].view((2, 12)), x[0].view(2, 3, 4, 1)]",
            [](Args x) { return Tensors{x[0].view(4, -1), x[0].view(-1), x[0].view({2, 12}), x[0].view(2, 3, 4, 1)}; });
  cases.add("transpose", "t", {any({2, 3}), any({3}), any({})}, "[u.t() for u in x]",
            [](Args x) { return Tensors{x[0].t(), x[1].t(), x[2].t()}; });
  cases.add("reshape", "squeeze over dims", {any({1, 3, 1, 2})}, "[x[0].squeeze((0, 2)), x[0].squeeze((-2, 1)), x[0].squeeze(()), x[0][0, 0, 0, 0].squeeze((0,))]",
            [](Args x) { return Tensors{x[0].squeeze({0, 2}), squeeze(x[0], {-2, 1}), x[0].squeeze({}), x[0][0][0][0][0].squeeze({0})}; });
}

XTAPE_OP_CASES(split) {
  const std::vector<Input> x25 = {any({2, 5})};
  cases.add("split", "by a size", x25, "[*x[0].split(2, 1), *x[0].split(9, -1), *x[0].split(1)]", [](Args x) {
    Tensors all = x[0].split(2, 1);
    for (const Tensors& parts : {split(x[0], 9, -1), x[0].split(1)}) all.insert(all.end(), parts.begin(), parts.end());
    return all;
  });
  cases.add("split", "by sizes", x25, "x[0].split([1, 0, 4], 1)", [](Args x) { return x[0].split({1, 0, 4}, 1); });
  cases.add("split", "of nothing", {any({0, 2})}, "[*x[0].split(3), *x[0].split(0), *x[0].chunk(2)]", [](Args x) {
    return Tensors{x[0].split(3)[0], x[0].split(0)[0], x[0].chunk(2)[0], x[0].chunk(2)[1]};
  });
  cases.add("chunk", "", {any({3, 4})}, "[*x[0].chunk(3, 1), *x[0].chunk(2), *x[0].chunk(10, -1)]", [](Args x) {
    Tensors all = chunk(x[0], 3, 1);
    for (const Tensors& parts : {x[0].chunk(2), x[0].chunk(10, -1)}) all.insert(all.end(), parts.begin(), parts.end());
    return all;
  });
}

XTAPE_OP_CASES(flip) {
  cases.add("flip", "", {any({2, 3, 4})}, "[x[0].flip(0), x[0].flip(-1, 1), torch.flip(x[0], (0, 1, 2)), x[0].flip(())]",
            [](Args x) { return Tensors{x[0].flip(0), x[0].flip(-1, 1), flip(x[0], {0, 1, 2}), x[0].flip(Shape{})}; });
  cases.add("flip", "edges", {any({}), any({0, 3}), any({1, 2}), integers({5}, 9), truths({5})}, "[x[0].flip(0), *(u.flip(-1) for u in x[1:])]",
            [](Args x) { return Tensors{x[0].flip(0), x[1].flip(-1), x[2].flip(-1), x[3].flip(-1), x[4].flip(-1)}; });
  cases.add("flip", "special", {testing::special({20})}, "x[0].flip(0)", [](Args x) { return flip(x[0], {0}); }).smooth = false;
}

XTAPE_OP_CASES(roll) {
  cases.add("roll", "", {any({2, 3, 4})}, "[x[0].roll(1, 0), x[0].roll(-1, 1), x[0].roll(7, -1), x[0].roll(5), torch.roll(x[0], (1, -2), (2, 0)), x[0].roll((1, 1), (1, 1))]", [](Args x) {
    return Tensors{x[0].roll(1, 0), x[0].roll(-1, 1), roll(x[0], 7, -1), roll(x[0], 5), roll(x[0], {1, -2}, {2, 0}), x[0].roll({1, 1}, {1, 1})};
  });
  cases.add("roll", "edges", {any({}), any({0, 3}), integers({5}, 9), truths({5})}, "[x[0].roll(3), x[1].roll(1, 0), x[1].roll(-2), x[2].roll(-12), x[3].roll(0, 0)]", [](Args x) {
    return Tensors{x[0].roll(3), x[1].roll(1, 0), x[1].roll(-2), x[2].roll(-12), x[3].roll(0, 0)};
  });
}

XTAPE_OP_CASES(tile) {
  cases.add("tile", "", {any({2, 3})}, "[x[0].tile(2), torch.tile(x[0], (2, 1)), x[0].tile(2, 1, 3), x[0].tile(())]",
            [](Args x) { return Tensors{x[0].tile(2), tile(x[0], {2, 1}), x[0].tile(2, 1, 3), x[0].tile(Shape{})}; });
  cases.add("repeat", "", {any({2, 3})}, "[x[0].repeat(2, 1), x[0].repeat(3, 2, 2), x[0].repeat((1, 1)), x[0].repeat(2, 0)]",
            [](Args x) { return Tensors{x[0].repeat(2, 1), x[0].repeat(3, 2, 2), x[0].repeat({1, 1}), x[0].repeat(2, 0)}; });
  cases.add("repeat", "edges", {any({}), any({0, 3}), integers({2}, 9), truths({2})}, "[x[0].repeat(2), x[0].repeat(()), x[0].tile(2, 2), x[1].repeat(2, 2), x[2].repeat(3), x[3].tile(3)]", [](Args x) {
    return Tensors{x[0].repeat(2), x[0].repeat(Shape{}), x[0].tile(2, 2), x[1].repeat(2, 2), x[2].repeat(3), x[3].tile(3)};
  });
}

XTAPE_OP_CASES(tril) {
  cases.add("tril", "", {any({3, 4})}, "[x[0].tril(), x[0].tril(1), x[0].tril(-2), torch.tril(x[0], 9), x[0].tril(-9), x[0].tril(3), x[0].tril(-3)]", [](Args x) {
    return Tensors{x[0].tril(), x[0].tril(1), x[0].tril(-2), tril(x[0], 9), x[0].tril(-9), x[0].tril(3), x[0].tril(-3)};
  });
  cases.add("triu", "", {any({4, 3})}, "[x[0].triu(), x[0].triu(1), x[0].triu(-2), torch.triu(x[0], 9), x[0].triu(-9), x[0].triu(3), x[0].triu(-3)]", [](Args x) {
    return Tensors{x[0].triu(), x[0].triu(1), x[0].triu(-2), triu(x[0], 9), x[0].triu(-9), x[0].triu(3), x[0].triu(-3)};
  });
  cases.add("tril", "edges", {any({2, 3, 2}), any({0, 3}), any({3, 0}), integers({2, 2}, 9), truths({3, 3})}, "[torch.triu(u, 1) for u in x] + [torch.tril(u) for u in x]", [](Args x) {
    Tensors y;
    for (const Tensor& u : x) y.push_back(triu(u, 1));
    for (const Tensor& u : x) y.push_back(tril(u));
    return y;
  });
}

XTAPE_OP_CASES(triu) {
  cases.add("triu", "special", {testing::special({5, 4})}, "torch.triu(x[0])", [](Args x) { return triu(x[0]); }).smooth = false;
}

XTAPE_OP_CASES(diag) {
  cases.add("diag", "of a matrix", {any({3, 4})}, "[x[0].diag(k) for k in (0, 1, -1, 3, 4, 9, -3, -9)]", [](Args x) {
    Tensors y;
    for (int k : {0, 1, -1, 3, 4, 9, -3, -9}) y.push_back(x[0].diag(k));
    return y;
  });
  cases.add("diag", "to a matrix", {any({3})}, "[torch.diag(x[0]), x[0].diag(2), x[0].diag(-1)]",
            [](Args x) { return Tensors{diag(x[0]), x[0].diag(2), x[0].diag(-1)}; });
  cases.add("diag", "edges", {any({0}), any({0, 3}), integers({2}, 9), truths({2, 2}), truths({2})}, "[x[0].diag(), x[0].diag(1), x[1].diag(1), x[2].diag(), x[3].diag(), x[4].diag()]", [](Args x) {
    return Tensors{x[0].diag(), x[0].diag(1), x[1].diag(1), x[2].diag(), x[3].diag(), x[4].diag()};
  });
}

XTAPE_OP_CASES(outer) {
  cases.add("outer", "", {any({2}), any({3})}, "[torch.outer(x[0], x[1]), x[1].outer(x[1])]",
            [](Args x) { return Tensors{outer(x[0], x[1]), x[1].outer(x[1])}; });
  cases.add("outer", "edges", {any({0}), any({3}), integers({2}, 9)}, "[torch.outer(x[0], x[1]), torch.outer(x[2], x[1]), torch.outer(x[2], x[2])]",
            [](Args x) { return Tensors{outer(x[0], x[1]), outer(x[2], x[1]), outer(x[2], x[2])}; });
}
// clang-format on

TEST(View, IsAReshapeThatSharesStorage) {
  Tensor x = zeros({2, 3});
  x.view(-1)[5] = 1;
  x.view({3, 2})[0] = 2;
  expect_close(x, {2, 2, 0, 0, 0, 1});
  EXPECT_EQ(x.view(std::size_t{3}, 2).shape(), (Shape{3, 2}));
  EXPECT_EQ(zeros({1}).view({}).shape(), Shape{});
}

TEST(View, MethodsOfAListTakeItsIntegers) {
  const Tensor x = cube();
  EXPECT_TRUE(equal(x.reshape(4, -1), x.reshape({4, -1})));
  EXPECT_TRUE(equal(x.permute(2, 0, 1), x.permute({2, 0, 1})));
  EXPECT_TRUE(equal(x.narrow(1, 0, 1).expand(-1, 3, -1), x.narrow(1, 0, 1).expand({-1, 3, -1})));
  EXPECT_TRUE(equal(x.flip(0, 2), flip(x, {0, 2})));
  EXPECT_TRUE(equal(x.tile(1, 2, 1), tile(x, {1, 2, 1})));
}

TEST(T, SwapsTheDimsOfAMatrixAlone) {
  EXPECT_EQ(zeros({2, 3}).t().shape(), (Shape{3, 2}));
  Tensor x = zeros({3});
  x.t().fill_(1);
  expect_close(x, {1, 1, 1});
}

TEST(Squeeze, WithoutDimsInTheListRemovesNone) {
  EXPECT_EQ(squeeze(zeros({1, 2}), {}).shape(), (Shape{1, 2}));
  EXPECT_EQ(zeros({1, 2, 1}).squeeze({0}).shape(), (Shape{2, 1}));
}

TEST(Split, AlongDim0SharesStorageElsewhereItCopies) {
  Tensor x = zeros({2, 4});
  x.split(1)[1].fill_(1);
  chunk(x, 2)[0][0][3] = 2;
  expect_close(x, {0, 0, 0, 2, 1, 1, 1, 1});
  expect_error<ValueError>([&] { x.split(2, 1)[0].fill_(3); },
                           "fill_: in place on the result of split of shape (2, 2)");
  expect_error<ValueError>([&] { x.chunk(2, 1)[0] += 3; }, "+=: in place on the result of chunk of shape (2, 2)");
}

TEST(Split, OneSizeInBracesIsAListOfSizes) {
  EXPECT_EQ(split(zeros({2}), {2}).size(), 1u);
  expect_error<ShapeError>([] { split(zeros({4}), {2}); }, "split: the sizes add up to 2, dim 0 has 4");
  const std::vector<std::int64_t> sizes = {1, 3};
  EXPECT_EQ(zeros({4}).split(sizes)[1].shape(), Shape{3});
}

TEST(Flip, WorksForEveryDtype) {
  for (DType dtype : {bool_, uint8, int32, int64, float32, float64}) {
    const Tensor x = tensor({{0, 1, 1}, {1, 0, 0}}, {.dtype = dtype}), y = flip(x, {1});
    EXPECT_EQ(y.dtype(), dtype);
    expect_close(y, {1, 1, 0, 0, 0, 1});
    expect_close(roll(x, 1, 1), {1, 0, 1, 0, 1, 0});
    expect_close(tril(x), {0, 0, 0, 1, 0, 0});
    expect_close(tile(x, {2}), {0, 1, 1, 0, 1, 1, 1, 0, 0, 1, 0, 0});
    expect_close(diag(x, 1), {1, 0});
    EXPECT_EQ(diag(x[0]).dtype(), dtype);
  }
}

TEST(Flip, IsACopyThatMayBeWritten) {
  Tensor x = zeros({2, 2});
  for (const Tensor& y : {x.flip(Shape{}), x.roll(0), x.tile(1), x.repeat(1, 1), x.tril(5), x.diag()}) y.fill_(1);
  expect_close(x, {0, 0, 0, 0});
}

TEST(Roll, TakesAnyShift) {
  const Tensor x = arange(5);
  expect_close(roll(x, INT64_MAX), {3, 4, 0, 1, 2});  // 2^63 - 1 = 2 (mod 5)
  expect_close(roll(x, INT64_MIN), {3, 4, 0, 1, 2});  // -2^63 = 2 (mod 5)
  expect_close(x.roll({1, 1}, {0, 0}), {3, 4, 0, 1, 2});
}

TEST(Tile, OfManyDimsStaysWithinTheLimit) {
  const Tensor x = arange(2).view(1, 1, 1, 1, 1, 1, 1, 2);
  const Tensor y = x.repeat(2, 1, 2, 1, 1, 1, 1, 2);
  EXPECT_EQ(y.shape(), (Shape{2, 1, 2, 1, 1, 1, 1, 4}));
  EXPECT_TRUE(equal(y.view(-1), arange(2).repeat(8)));
}

TEST(Tril, LeavesNothingOfANaN) {
  expect_close(tril(full({2, 2}, NAN)), {NAN, 0, NAN, NAN});
  expect_close(triu(ones({2, 2}), INT64_MAX), {0, 0, 0, 0});
  expect_close(tril(ones({2, 2}), INT64_MIN), {0, 0, 0, 0});
}

TEST(Outer, OfBoolIsAProductAsElsewhere) {
  const Tensor mask = tensor({true, false});
  EXPECT_TRUE(equal(outer(mask, tensor({true, true, false})), tensor({{true, true, false}, {false, false, false}})));
  EXPECT_TRUE(equal(outer(tensor({2, 3}), mask), tensor({{2, 0}, {3, 0}})));
}

TEST(Rearranging, RefusesWhatDoesNotFit) {
  testing::expect_errors({
      {"ShapeError: view: 6 elements of (2, 3) do not fit (4, -1)",
       [] {
         zeros({2, 3}).view(4, -1);
       }},
      {"ShapeError: t: expected at most 2 dims, got (2, 3, 4); use transpose or permute", [] { cube().t(); }},
      {"ValueError: squeeze: dim -1 is given twice in (1, -1)",
       [] {
         squeeze(zeros({1, 1}), {1, -1});
       }},
      {"IndexError: squeeze: dim 2 is outside [-2, 2)",
       [] {
         squeeze(zeros({1, 1}), {0, 2});
       }},
      {"ValueError: chunk: 0 chunks; there must be at least 1", [] { chunk(zeros({3}), 0); }},
      {"ShapeError: chunk: a 0-dim tensor has no dim to split", [] { chunk(tensor(1.f), 1); }},
      {"IndexError: chunk: dim 1 is outside [-1, 1)", [] { chunk(zeros({3}), 2, 1); }},
      {"ValueError: split: split_size -1 must not be negative", [] { split(zeros({3}), -1); }},
      {"ValueError: split: split_size 0 does not divide dim 0 of extent 3", [] { split(zeros({3}), 0); }},
      {"ValueError: split: size -1 must not be negative",
       [] {
         split(zeros({3}), {4, -1});
       }},
      {"ShapeError: split: the sizes add up to more than the extent 3 of dim 0",
       [] {
         split(zeros({3}), {2, 2});
       }},
      {"ShapeError: split: the sizes add up to 0, dim 0 has 3", [] { split(zeros({3}), {}); }},
      {"ShapeError: split: a 0-dim tensor has no dim to split", [] { tensor(1.f).split({1}); }},
      {"ValueError: flip: dim -2 is given twice in (0, -2)",
       [] {
         zeros({2, 2}).flip(0, -2);
       }},
      {"IndexError: flip: dim 2 is outside [-2, 2)",
       [] {
         flip(zeros({2, 2}), {2});
       }},
      {"ValueError: roll: there is no shift", [] { roll(zeros({2}), Shape{}); }},
      {"ValueError: roll: shifts (1, 2) and dims () must be as many",
       [] {
         roll(zeros({2}), {1, 2});
       }},
      {"ValueError: roll: shifts (1) and dims (0, 1) must be as many",
       [] {
         roll(zeros({2, 2}), {1}, {0, 1});
       }},
      {"IndexError: roll: a 0-dim tensor has no dim 0", [] { roll(tensor(1.f), 1, 0); }},
      {"IndexError: roll: dim 1 is outside [-1, 1)", [] { roll(zeros({2}), 1, 1); }},
      {"ValueError: tile: count -1 in (2, -1) is negative",
       [] {
         tile(zeros({2}), {2, -1});
       }},
      {"ShapeError: repeat: (2) has fewer counts than the tensor (2, 3) has dims; use tile?",
       [] {
         zeros({2, 3}).repeat(2);
       }},
      {"ShapeError: tile: (2) times (4611686018427387904) has too many elements to count",
       [] { tile(zeros({2}), {std::int64_t{1} << 62}); }},
      {"ShapeError: tril: expected a matrix or a batch of them, got (3)", [] { tril(zeros({3})); }},
      {"ShapeError: triu: expected a matrix or a batch of them, got ()", [] { triu(tensor(1.f)); }},
      {"ShapeError: diag: expected a 1-D or 2-D tensor, got (2, 3, 4)", [] { diag(cube()); }},
      {"ShapeError: diag: a matrix with diagonal -9223372036854775808 has too many elements to count",
       [] { diag(zeros({1}), INT64_MIN); }},
      {"ShapeError: outer: expected 1-D tensors, got (2, 1)",
       [] {
         outer(zeros({2}), zeros({2, 1}));
       }},
      {"ValueError: outer: the tensor is undefined; has backward run?", [] { outer(zeros({2}), Tensor()); }},
      {"ValueError: view: the tensor is undefined; has backward run?", [] { Tensor().view(1); }},
  });
}

}  // namespace
}  // namespace xtape
