// tensor(...) of whatever holds numbers, and from_blob.
#include <array>
#include <cstdint>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "xtape/xtape.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::nan;

void expect_tensor(const Tensor& x, DType dtype, const Shape& shape, const std::vector<double>& elements) {
  EXPECT_EQ(x.dtype(), dtype);
  EXPECT_EQ(x.shape(), shape);
  expect_close(x, elements);
}

TEST(FromValues, MixedNumbersMakeTheHigherDtype) {
  expect_tensor(tensor({1, 2.5}), float32, {2}, {1, 2.5});
  expect_tensor(tensor({1.0, 2}), float32, {2}, {1, 2});
  expect_tensor(tensor({true, 2}), int64, {2}, {1, 2});
  expect_tensor(tensor({{1, 2}, {3, 4.5}}), float32, {2, 2}, {1, 2, 3, 4.5});
  expect_tensor(tensor({{1}, {2.5}}), float32, {2, 1}, {1, 2.5});
  expect_tensor(tensor({0.1, 1}, float64), float64, {2}, {0.1, 1});
  const std::size_t n = 3;
  const float f = 0.5f;
  expect_tensor(tensor({1, f}), float32, {2}, {1, 0.5});
  expect_tensor(tensor({1, n}), int64, {2}, {1, 3});
  expect_tensor(tensor({tensor(2.0).item(), tensor(3).item()}), float32, {2}, {2, 3});
}

TEST(FromValues, BracesMayBeOfAnyDepthAndEmpty) {
  expect_tensor(tensor({}), float32, {0}, {});
  expect_tensor(tensor({{}, {}}), float32, {2, 0}, {});
  expect_tensor(tensor({{{{1, 2}}}}), int64, {1, 1, 1, 2}, {1, 2});
  expect_tensor(tensor({{1}}), int64, {1, 1}, {1});
}

TEST(FromValues, IntegersStayExact) {
  const std::int64_t n = (std::int64_t{1} << 53) + 1;
  EXPECT_EQ(tensor({n, INT64_MIN}).to_vector<std::int64_t>(), (std::vector<std::int64_t>{n, INT64_MIN}));
  EXPECT_EQ(tensor(std::vector<std::uint64_t>{static_cast<std::uint64_t>(n)}).item<std::int64_t>(), n);
}

TEST(FromValues, RangesKeepTheirElementsDtype) {
  expect_tensor(tensor(std::array{1.5f, 2.5f}), float32, {2}, {1.5, 2.5});
  expect_tensor(tensor(std::array<double, 2>{1, 2}), float64, {2}, {1, 2});
  expect_tensor(tensor(std::array<bool, 2>{true, false}), bool_, {2}, {1, 0});
  expect_tensor(tensor(std::vector<bool>{true, false, true}), bool_, {3}, {1, 0, 1});
  expect_tensor(tensor(std::vector<unsigned>{1, 4294967295u}), int64, {2}, {1, 4294967295.0});
  expect_tensor(tensor(std::vector<short>{-1, 2}), int64, {2}, {-1, 2});
  expect_tensor(tensor(std::vector<long double>{0.1L}), float64, {1}, {0.1});
  const double of_c[2][3] = {{1, 2, 3}, {4, 5, 6}};
  expect_tensor(tensor(of_c), float64, {2, 3}, {1, 2, 3, 4, 5, 6});
  expect_tensor(tensor(zeros(2, 3).shape()), int64, {2}, {2, 3});
  const std::initializer_list<double> literals = {0.5, 1};
  expect_tensor(tensor(literals), float32, {2}, {0.5, 1});
}

TEST(FromValues, NestedRangesGiveTheirShape) {
  expect_tensor(tensor(std::vector<std::vector<float>>{{1, 2}, {3, 4}, {5, 6}}), float32, {3, 2}, {1, 2, 3, 4, 5, 6});
  expect_tensor(tensor(std::vector<std::array<bool, 2>>{{true, false}}), bool_, {1, 2}, {1, 0});
  expect_tensor(tensor(std::array<std::array<std::array<int, 1>, 2>, 1>{{{{{1}, {2}}}}}), int32, {1, 2, 1}, {1, 2});
  expect_tensor(tensor(std::vector<std::vector<double>>{}), float64, {0}, {});
  expect_tensor(tensor(std::vector<std::vector<float>>{{1, 2}}, float64), float64, {1, 2}, {1, 2});
}

TEST(FromValues, ARangeTakesOptionsOrAShapeAndOptions) {
  const std::vector<float> values{1, 2, 3, 4};
  EXPECT_TRUE(tensor(values, {.requires_grad = true}).requires_grad());
  expect_tensor(tensor(values, {.dtype = int32}), int32, {4}, {1, 2, 3, 4});
  expect_tensor(tensor(values, {2, 2}, {.dtype = float64}), float64, {2, 2}, {1, 2, 3, 4});
  expect_tensor(tensor(values, ones(4, 1).shape()), float32, {4, 1}, {1, 2, 3, 4});
  expect_tensor(tensor(std::vector<bool>{true, false}, {2, 1}), bool_, {2, 1}, {1, 0});
}

TEST(FromValues, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"ShapeError: tensor: row 1 has 1 elements, row 0 has 2", [] { tensor({{1, 2}, {3}}); }},
      {"ShapeError: tensor: 3 elements do not fill shape (2, 2)",
       [] { tensor(std::vector<float>{1, 2, 3}, {2, 2}); }},
      {"ShapeError: tensor: row 1 has 2 elements, row 0 has 1", [] { tensor({{1}, {2, 3}}); }},
      {"ValueError: tensor: 300 does not fit uint8; take a wider dtype, or convert with .to(int64)",
       [] { tensor({1, 300}, {.dtype = uint8}); }},
      {"ValueError: tensor: nan does not fit int64", [] { tensor({nan}, {.dtype = int64}); }},
      {"ShapeError: tensor: row 1 has 1 elements, row 0 has 2", [] { tensor({{{1, 2}, {3, 4}}, {{5, 6}}}); }},
      {"ShapeError: tensor: row [1, 1] has 1 elements, row [0, 0] has 2",
       [] { tensor({{{1, 2}, {3, 4}}, {{5, 6}, {7}}}); }},
      {"ShapeError: tensor: row 1 is a number, row 0 is a list", [] { tensor({{1, 2}, 3}); }},
      {"ShapeError: tensor: row 1 is a list, row 0 is a number", [] { tensor({1, {2}}); }},
      {"ShapeError: tensor: row [0, 1] is a list, row [0, 0] is a number", [] { tensor({{1, {2}}}); }},
      {"ShapeError: tensor: row 1 has 1 elements, row 0 has 0", [] { tensor({{}, {{1}}}); }},
      {"ShapeError: tensor: row 1 has 2 elements, row 0 has 1",
       [] { tensor(std::vector<std::vector<float>>{{1}, {2, 3}}); }},
      {"ShapeError: shape: more than 8 dims", [] { tensor({{{{{{{{{1}}}}}}}}}); }},
      {"ValueError: tensor: 18446744073709551615 does not fit int64", [] { tensor({1, ~0ULL}); }},
      {"ValueError: tensor: 9223372036854775808 does not fit int64",
       [] { tensor(std::vector<std::uint64_t>{1, 1ULL << 63}); }},
      {"ValueError: tensor: 256 does not fit uint8; take a wider dtype, or convert with .to(int64)",
       [] { tensor(std::vector<unsigned>{1, 256}, uint8); }},
      {"DTypeError: requires_grad_: only floating tensors have gradients, this one is int64",
       [] { tensor({1, 2}, {.requires_grad = true}); }},
  });
  // clang-format on
}

TEST(FromBlob, CopiesNothing) {
  std::vector<float> values{1, 2, 3, 4};
  Tensor x = from_blob(values.data(), {2, 2});
  EXPECT_EQ(x.data<float>(), values.data());
  values[3] = 9;
  expect_tensor(x, float32, {2, 2}, {1, 2, 3, 9});
  x[0] += 1;
  EXPECT_EQ(values[0], 2);
  const Tensor flat = x.reshape({4});
  EXPECT_EQ(flat.data<float>(), values.data());
}

TEST(FromBlob, TakesTheDtypeOfItsElements) {
  std::int64_t label = 3;
  expect_tensor(from_blob(&label, {}), int64, {}, {3});
  double real = 0.5;
  expect_tensor(from_blob(static_cast<void*>(&real), {1}, {.dtype = float64}), float64, {1}, {0.5});
  float single = 0.25;
  expect_tensor(from_blob(static_cast<void*>(&single), {1}), float32, {1}, {0.25});
  EXPECT_EQ(from_blob(static_cast<float*>(nullptr), {0, 3}).shape(), (Shape{0, 3}));
}

TEST(FromBlob, NeverFreesOrTakesOverTheMemory) {
  std::vector<double> values{1, 2}, gradient{3, 4};
  {
    Tensor x = from_blob(values.data(), {2}, {.requires_grad = true});
    x.register_hook([&gradient](const Tensor&) { return from_blob(gradient.data(), {2}); });
    (x * 2).sum().backward();
    Tensor g = x.grad();
    expect_close(g, {3, 4});
    EXPECT_NE(g.data<double>(), gradient.data());
  }
  EXPECT_EQ(values, (std::vector<double>{1, 2}));
}

TEST(FromBlob, CallsTheDeleterWhenNothingUsesTheMemoryAnyMore) {
  int calls = 0;
  auto* memory = new float[2]{1, 2};
  const auto deleter = [&calls](void* p) {
    ++calls;
    delete[] static_cast<float*>(p);
  };
  Tensor view, gradient;
  {
    const Tensor x = from_blob(memory, {2}, deleter, {.requires_grad = true});
    view = x.detach()[1];
    gradient = grad({(x * x).sum()}, {x})[0];
  }
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(view.item(), 2);
  view = Tensor();
  EXPECT_EQ(calls, 1);
  expect_close(gradient, {2, 4});
  from_blob(std::malloc(8), {1}, std::free, {.dtype = float64});
  EXPECT_THROW(from_blob(&calls, {1}, [&calls](void*) { ++calls; }, {.requires_grad = true}), DTypeError);
  EXPECT_EQ(calls, 1);
}

TEST(FromBlob, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"ValueError: from_blob: the pointer to 2 elements is null", [] { from_blob(static_cast<float*>(nullptr), {2}); }},
      {"DTypeError: from_blob: the elements are float32, not float64; convert with .to(float64)",
       [] { float a[2] = {}; from_blob(a, {2}, {.dtype = float64}); }},
      {"ShapeError: shape: negative extent -2 in (-2)", [] { float a[2] = {}; from_blob(a, {-2}); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
