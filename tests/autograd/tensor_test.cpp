#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <sstream>
#include <type_traits>

#include "support/expect.hpp"
#include "xtape/xtape.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::expect_error;

TEST(Tensor, UndefinedHasNothing) {
  Tensor t;
  EXPECT_FALSE(t.defined());
  EXPECT_FALSE(t.requires_grad());
  EXPECT_FALSE(t.grad().defined());
  EXPECT_TRUE(t.is_leaf());
  EXPECT_EQ(t.to_string(), "tensor(undefined)");
  expect_error<ValueError>([&] { t.shape(); }, "shape: the tensor is undefined");
  expect_error<ValueError>([&] { t.dtype(); }, "dtype: ");
  expect_error<ValueError>([&] { t.item<float>(); }, "item: ");
  expect_error<ValueError>([&] { t.data<float>(); }, "data: ");
  expect_error<ValueError>([&] { t.detach(); }, "detach: ");
  expect_error<ValueError>([&] { t.requires_grad_(); }, "requires_grad_: ");
  expect_error<ValueError>([&] { t.set_grad(zeros({1})); }, "set_grad: ");
}

TEST(Tensor, CopiesAreTheSameTensor) {
  Tensor x = zeros({2}), y = x;
  y.fill_(1);
  y.requires_grad_();
  expect_close(x, {1, 1});
  EXPECT_TRUE(x.requires_grad());
}

TEST(Tensor, SizeCountsFromEitherEnd) {
  Tensor x = zeros({2, 3});
  EXPECT_EQ(x.size(0), 2);
  EXPECT_EQ(x.size(-1), 3);
  EXPECT_EQ(x.dim(), 2);
  EXPECT_EQ(x.numel(), 6);
  expect_error<IndexError>([&] { x.size(2); }, "size: dim 2 is outside [-2, 2)");
  expect_error<IndexError>([] { tensor(1.f).size(0); }, "size: dim 0");
}

TEST(Tensor, ItemWithoutATypeIsAPlainNumber) {
  const Tensor loss = tensor(0.5), count = tensor(3), matrix = tensor({{1.5, 2.5}});
  const float f = loss.item();
  const auto a = loss.item();
  static_assert(std::is_same_v<decltype(a), const double>);
  int correct = 4;
  correct += static_cast<int>(count.item());
  double total = 1;
  total += loss.item();
  EXPECT_EQ(f + a + total, 2.5);
  EXPECT_EQ(correct, 7);
  EXPECT_TRUE(loss.item() < 0.6 && tensor(true).item());
  EXPECT_EQ(matrix[0][1].item(), 2.5);
  EXPECT_EQ(tensor(std::int64_t{1} << 53).item(), 0x1p53);
  EXPECT_EQ(tensor(INT64_MIN).item(), -0x1p63);
  std::ostringstream out;
  out << loss.item() << " " << count.item();
  EXPECT_EQ(out.str(), "0.5 3");
}

TEST(Tensor, SizeWithoutADimIsTheShape) { EXPECT_EQ(zeros({2, 3}).size(), (Shape{2, 3})); }

TEST(Tensor, ItemConvertsTheOnlyElement) {
  EXPECT_EQ(tensor(3).item<std::int64_t>(), 3);
  EXPECT_EQ(tensor({{2.5f}}).item<double>(), 2.5);
  EXPECT_EQ(tensor(2.75f).item<std::int32_t>(), 2);
  EXPECT_TRUE(tensor(true).item<bool>());
  EXPECT_EQ(tensor((std::int64_t{1} << 53) + 1).item<std::int64_t>(), (std::int64_t{1} << 53) + 1);
  expect_error<ValueError>([] { zeros({4}).item<float>(); }, "item: tensor has 4 elements; use to_vector");
  expect_error<ValueError>([] { zeros({0}).item<float>(); }, "item: tensor has 0 elements");
}

TEST(Tensor, DataSpanAndVectorShowTheElements) {
  Tensor x = tensor({1.f, 2.f});
  x.data<float>()[1] = 5;
  x.span<float>()[0] = 4;
  EXPECT_EQ(x.to_vector<float>(), (std::vector<float>{4, 5}));
  const Tensor c = x[1];
  EXPECT_EQ(c.data<float>(), x.data<float>() + 1);
  EXPECT_EQ(c.span<float>().size(), 1u);
  EXPECT_EQ(tensor({true, false}).to_vector<bool>(), (std::vector<bool>{true, false}));
  EXPECT_TRUE(zeros({0}).to_vector<float>().empty());
}

TEST(Tensor, DataRequiresTheDtypesOwnType) {
  Tensor x = zeros({2});
  expect_error<DTypeError>([&] { x.data<double>(); }, "data: the tensor holds float32, not float64", ".to(float64)");
  expect_error<DTypeError>([&] { x.span<std::int32_t>(); }, "int32");
  expect_error<DTypeError>([&] { x.to_vector<double>(); }, "float64");
}

TEST(Tensor, StorageIsAligned) {
  for (int i = 0; i < 5; ++i) {
    Tensor x = zeros({i});
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(x.data<float>()) % 64, 0u);
  }
}

TEST(Tensor, PrintsWhatPyTorchPrints) {
  EXPECT_EQ(tensor(3).to_string(), "tensor(3)");
  EXPECT_EQ(tensor({1, 20, 300}).to_string(), "tensor([  1,  20, 300])");
  EXPECT_EQ(tensor({{1, 2}, {3, 4}}).to_string(), "tensor([[1, 2],\n        [3, 4]])");
  EXPECT_EQ(tensor({1, 2}, {.dtype = uint8}).to_string(), "tensor([1, 2], dtype=uint8)");
  EXPECT_EQ(tensor({true, false}).to_string(), "tensor([ True, False])");
  EXPECT_EQ(arange(2000).to_string(), "tensor([   0,    1,    2,  ..., 1997, 1998, 1999])");
  EXPECT_EQ(tensor({-0.1234567, 0.5}).to_string(), "tensor([-0.1235,  0.5000])");
  EXPECT_EQ(tensor({1e-5, 0.1}).to_string(), "tensor([1.0000e-05, 1.0000e-01])");
  EXPECT_EQ(tensor({1., -2.}).to_string(), "tensor([ 1., -2.])");
}

TEST(Tensor, PrintsWhatAnEmptyTensorIs) {
  EXPECT_EQ(zeros({0}).to_string(), "tensor([])");
  EXPECT_EQ(zeros({2, 0, 3}).to_string(), "tensor([], size=(2, 0, 3))");
  EXPECT_EQ(zeros({0, 3}, {.dtype = int64}).to_string(), "tensor([], size=(0, 3), dtype=int64)");
  EXPECT_EQ(zeros({0}, {.dtype = bool_}).to_string(), "tensor([], dtype=bool_)");
}

TEST(Tensor, PrintsItsPlaceOnTheTape) {
  Tensor x = tensor({-1.0, 2.0}, {.dtype = float64, .requires_grad = true});
  EXPECT_EQ(x.to_string(), "tensor([-1.,  2.], dtype=float64, requires_grad=true)");
  EXPECT_EQ((x * 2).to_string(), "tensor([-2.,  4.], dtype=float64, op=mul)");
}

TEST(Tensor, EqualComparesDtypeShapeAndElements) {
  EXPECT_TRUE(equal(tensor({1, 2}), tensor({1, 2})));
  EXPECT_FALSE(equal(tensor({1, 2}), tensor({1, 3})));
  EXPECT_FALSE(equal(tensor({1, 2}), tensor({{1, 2}})));
  EXPECT_FALSE(equal(tensor({1, 2}), tensor({1, 2}, {.dtype = int32})));
  EXPECT_FALSE(equal(tensor({NAN}), tensor({NAN})));
  EXPECT_TRUE(equal(tensor({0.0}), tensor({-0.0})));
  EXPECT_TRUE(equal(zeros({0, 2}), zeros({0, 2})));
  EXPECT_TRUE(equal(Tensor(), Tensor()));
  EXPECT_FALSE(equal(Tensor(), zeros({0})));
}

TEST(Tensor, RequiresGradMakesALeaf) {
  Tensor x = zeros({2});
  EXPECT_FALSE(x.requires_grad());
  EXPECT_EQ(x.requires_grad_().impl(), x.impl());
  EXPECT_TRUE(x.requires_grad());
  EXPECT_TRUE(x.is_leaf());
  EXPECT_FALSE((x * 2).is_leaf());
  EXPECT_TRUE((x.detach() * 2).is_leaf());
}

TEST(Tensor, FreezingDropsTheGradient) {  // SEMANTICS [22]
  Tensor x = ones({2}, {.requires_grad = true});
  x.sum().backward();
  x.requires_grad_(false);
  EXPECT_FALSE(x.grad().defined());
  x.requires_grad_();
  EXPECT_FALSE(x.grad().defined());
}

TEST(Tensor, RequiringGradAgainKeepsTheGradient) {
  Tensor x = ones({2}, {.requires_grad = true});
  x.sum().backward();
  x.requires_grad_(true);
  expect_close(x.grad(), {1, 1});
}

TEST(Tensor, RequiresGradRefusesNonLeavesAndIntegers) {  // SEMANTICS [29]
  Tensor x = ones({2}, {.requires_grad = true});
  expect_error<GradError>([&] { (x * 2).requires_grad_(false); }, "requires_grad_: ", "mul", "detach()");
  expect_error<DTypeError>([] { tensor({1}).requires_grad_(); }, "requires_grad_: ", "int64");
  EXPECT_NO_THROW(tensor({1}).requires_grad_(false));
}

TEST(Tensor, SetGradKeepsADetachedTensor) {
  Tensor x = ones({2}, {.requires_grad = true}), g = ones({2}, {.requires_grad = true}) * 3;
  x.set_grad(g);
  expect_close(x.grad(), {3, 3});
  EXPECT_FALSE(x.grad().requires_grad());
  x.sum().backward();
  expect_close(x.grad(), {4, 4});
  expect_close(g, {3, 3});
  x.set_grad(Tensor());
  EXPECT_FALSE(x.grad().defined());
}

TEST(Tensor, SetGradRefusesWhatDoesNotFit) {
  Tensor x = ones({2}, {.requires_grad = true});
  expect_error<ShapeError>([&] { x.set_grad(ones({3})); }, "set_grad: gradient of shape (3) for a tensor of (2)");
  expect_error<DTypeError>([&] { x.set_grad(ones({2}, {.dtype = float64})); }, "set_grad: ", "float64", "float32");
  expect_error<GradError>([&] { (x * 2).set_grad(ones({2})); }, "set_grad: ", "mul", "not a leaf");
  expect_error<DTypeError>([] { tensor({1}).set_grad(tensor({1})); }, "int64");
}

TEST(Tensor, DetachSharesStorageWithoutHistory) {
  Tensor x = ones({2}, {.requires_grad = true}), y = x * 2, d = y.detach();
  EXPECT_FALSE(d.requires_grad());
  EXPECT_TRUE(d.is_leaf());
  NoGradGuard no_grad;
  d.fill_(7);
  expect_close(y, {7, 7});
}

TEST(Tensor, ItemRefusesWhatAnIntegerDoesNotHold) {
  expect_error<ValueError>([] { tensor(300).item<std::uint8_t>(); }, "item: 300 does not fit uint8");
  expect_error<ValueError>([] { tensor(1e20).item<std::int64_t>(); }, "does not fit int64");
  expect_error<ValueError>([] { tensor(-1).item<std::uint8_t>(); }, "item: -1 does not fit uint8");
  expect_error<ValueError>([] { tensor(std::nan("")).item<std::int32_t>(); }, "item: nan does not fit int32");
  EXPECT_EQ(tensor(-2147483648.9, {.dtype = float64}).item<std::int32_t>(), std::numeric_limits<std::int32_t>::min());
  EXPECT_EQ(tensor(-0x1p63, {.dtype = float64}).item<std::int64_t>(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(tensor(255.9, {.dtype = float64}).item<std::uint8_t>(), 255);
  EXPECT_EQ(tensor(std::numeric_limits<std::int64_t>::min()).item<std::int64_t>(),
            std::numeric_limits<std::int64_t>::min());
}

TEST(Scalar, BeyondInt64IsARealNumber) {
  EXPECT_EQ(Scalar(~std::uint64_t{0}).to<double>(), 0x1p64);
  EXPECT_EQ(Scalar(std::uint64_t{7}).dtype(), int64);
}

TEST(Tensor, AGradientThatWasSetMayBeWritten) {
  const Tensor w = zeros({2, 3}).requires_grad_();
  w.set_grad(ones({3, 2}).transpose(0, 1));
  w.grad() *= 0.5;
  EXPECT_EQ(w.grad().sum().item<float>(), 3);
}

}  // namespace
}  // namespace xtape
