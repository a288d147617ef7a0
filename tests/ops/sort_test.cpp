// sort, argsort and topk.
#include <limits>
#include <string>
#include <vector>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::expect_close;
using testing::expect_error;
using testing::expect_errors;
using testing::given;
using testing::gradient;
using testing::inf;
using testing::Input;
using testing::integers;
using testing::leaf;
using testing::nan;
using testing::truths;
using Tensors = std::vector<Tensor>;

Tensors pair_of(const ValuesAndIndices& y) { return {y.values, y.indices}; }

XTAPE_OP_CASES(sort) {
  const Input numbers = any({2, 5, 3}), odd = given({9}, {3, nan, -0., 1, -inf, inf, 0, nan, 1});
  for (const std::int64_t dim : {0, 1, -1}) {
    const std::string text = std::to_string(dim);
    cases.add("sort", "over " + text, {numbers}, "torch.sort(x[0], " + text + ")",
              [dim](Args x) { return pair_of(sort(x[0], dim)); });
    cases.add("sort", "over " + text + ", descending", {numbers}, "torch.sort(x[0], " + text + ", True)",
              [dim](Args x) { return pair_of(x[0].sort(dim, true)); });
  }
  cases
      .add("sort", "NaN and ties", {odd},
           "[*torch.sort(x[0], stable=True), *torch.sort(x[0], dim=0, descending=True, stable=True)]",
           [](Args x) {
             const ValuesAndIndices up = sort(x[0], -1, false, true), down = sort(x[0], 0, true, true);
             return Tensors{up.values, up.indices, down.values, down.indices};
           })
      .smooth = false;
  cases.add("sort", "0-dim", {any({})}, "torch.sort(x[0])", [](Args x) { return pair_of(sort(x[0])); });
  cases.add("sort", "empty", {any({2, 0}), any({0, 3})}, "[*torch.sort(x[0]), *torch.sort(x[1])]", [](Args x) {
    const ValuesAndIndices a = sort(x[0]), b = sort(x[1]);
    return Tensors{a.values, a.indices, b.values, b.indices};
  });
  cases.add("sort", "integers", {integers({40}, 9), truths({20})},
            "[*torch.sort(x[0] - 4, stable=True), *torch.sort(x[1], stable=True), "
            "*torch.sort(x[0].to(torch.uint8), stable=True), *torch.sort(x[0].to(torch.int32), stable=True)]",
            [](Args x) {
              Tensors all;
              for (const Tensor& t : {x[0] - 4, x[1], x[0].to(uint8), x[0].to(int32)}) {
                for (const Tensor& y : pair_of(sort(t))) all.push_back(y);
              }
              return all;
            });
  cases.add("sort", "argsort", {numbers}, "[torch.argsort(x[0]), torch.argsort(x[0], 1, True)]", [](Args x) {
    return Tensors{argsort(x[0]), x[0].argsort(1, true)};
  });
}

XTAPE_OP_CASES(topk) {
  const Input numbers = any({2, 5, 3});
  cases.add("topk", "", {numbers}, "torch.topk(x[0], 2)", [](Args x) { return pair_of(topk(x[0], 2)); });
  cases.add("topk", "over 1", {numbers}, "torch.topk(x[0], 3, 1)", [](Args x) { return pair_of(topk(x[0], 3, 1)); });
  cases.add("topk", "over 1, smallest", {numbers}, "torch.topk(x[0], 3, 1, False)",
            [](Args x) { return pair_of(x[0].topk(3, 1, false)); });
  cases.add("topk", "all", {numbers}, "torch.topk(x[0], 2, 0)", [](Args x) { return pair_of(topk(x[0], 2, 0)); });
  cases.add("topk", "none", {numbers}, "torch.topk(x[0], 0, 1)", [](Args x) { return pair_of(topk(x[0], 0, 1)); });
  cases.add("topk", "0-dim", {any({})}, "torch.topk(x[0], 1)", [](Args x) { return pair_of(topk(x[0], 1)); });
  cases.add("topk", "of no rows", {any({0, 3})}, "torch.topk(x[0], 2)", [](Args x) { return pair_of(topk(x[0], 2)); });
  cases.add("topk", "long", {any({1000})}, "torch.topk(x[0], 10)", [](Args x) { return pair_of(topk(x[0], 10)); })
      .smooth = false;
  cases
      .add("topk", "NaN", {given({5}, {3, nan, 1, inf, 2})}, "[*torch.topk(x[0], 2), *torch.topk(x[0], 4, 0, False)]",
           [](Args x) {
             const ValuesAndIndices a = topk(x[0], 2), b = topk(x[0], 4, 0, false);
             return Tensors{a.values, a.indices, b.values, b.indices};
           })
      .smooth = false;
}

TEST(Sort, PutsTheElementsInOrder) {
  const auto [values, indices] = sort(tensor({{3, 1, 2}, {9, 8, 7}}));
  expect_close(values, {1, 2, 3, 7, 8, 9});
  expect_close(indices, {1, 2, 0, 2, 1, 0});
  EXPECT_EQ(indices.dtype(), int64);
  expect_close(tensor({{3, 1, 2}, {9, 8, 7}}).sort(0, true).values, {9, 8, 7, 3, 1, 2});
  expect_close(argsort(tensor({3., 1., 2.}), -1, true), {0, 2, 1});
}

TEST(Sort, CountsNaNAsTheLargest) {
  const Tensor x = tensor({NAN, 1.f, INFINITY, -NAN, -INFINITY});
  expect_close(x.sort().values, {-INFINITY, 1, INFINITY, NAN, NAN});
  expect_close(x.sort().indices, {4, 1, 2, 0, 3});
  expect_close(x.sort(0, true).indices, {0, 3, 2, 1, 4});
  expect_close(full({1000}, NAN).sort().indices, arange(1000).to(float64).to_vector<double>());
}

TEST(Sort, KeepsTheOrderOfEqualElements) {
  std::vector<int> values;
  for (int i = 0; i < 999; ++i) values.push_back(i % 3);
  const Tensor x = tensor(values);
  std::vector<double> up, down;
  for (int v : {0, 1, 2}) {
    for (int i = v; i < 999; i += 3) up.push_back(i);
  }
  for (int v : {2, 1, 0}) {
    for (int i = v; i < 999; i += 3) down.push_back(i);
  }
  expect_close(argsort(x), up);
  expect_close(argsort(x, 0, true), down);
  expect_close(tensor({0., -0.}).sort().indices, {0, 1});  // they are equal
  EXPECT_TRUE(std::signbit(tensor({0., -0.}).sort().values[1].item<double>()));
}

TEST(Sort, OrdersTheExtremesOfEveryDType) {
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min(), most = -(least + 1);
  const std::vector<std::int64_t> wide = {0, most, -1, least, 1};
  EXPECT_EQ(tensor(wide).sort().values.to_vector<std::int64_t>(), (std::vector<std::int64_t>{least, -1, 0, 1, most}));
  const std::vector<double> tiny = {5e-324, -5e-324, 1e308, -1e308, 0};
  expect_close(tensor(tiny).sort().values, {-1e308, -5e-324, 0, 5e-324, 1e308});
  expect_close(tensor({200, 3, 255}).to(uint8).sort().values, {3, 200, 255});
  expect_close(tensor({true, false, true}).sort(-1, true).indices, {0, 2, 1});
}

TEST(Sort, SendsTheGradientBack) {
  Tensor x = leaf({3, 1, 2}, {3});
  expect_close(gradient(x.sort().values, x, {1, 10, 100}), {100, 1, 10});
  EXPECT_FALSE(x.argsort().requires_grad());
  EXPECT_FALSE(x.sort().indices.requires_grad());
}

TEST(Sort, NoticesIndicesModifiedInPlace) {
  Tensor x = leaf({3, 1}, {2});
  const ValuesAndIndices y = x.sort();
  y.indices.fill_(1);
  expect_error<GradError>([&] { y.values.sum().backward(); }, "sort", "modified in place");
}

template <class T>
concept SortsByFlag = requires(const T& x) {
  x.sort(true);
}
|| requires(const T& x) { sort(x, true); }
|| requires(const T& x) { x.argsort(true); }
|| requires(const T& x) { argsort(x, true); };
static_assert(!SortsByFlag<Tensor>, "true would be dim 1");

TEST(Topk, FindsTheLargestInOrder) {
  const Tensor x = tensor({{5., 9., 7., 9.}, {1., 0., 2., 3.}});
  const auto [values, indices] = x.topk(2);
  expect_close(values, {9, 9, 3, 2});
  expect_close(indices, {1, 3, 3, 2});  // the first of equals first
  expect_close(topk(x, 1, 0, false).values, {1, 0, 2, 3});
  expect_close(topk(x, 3, -1, false, false).values, {5, 7, 9, 0, 1, 2});
  EXPECT_EQ(topk(x, 0).values.shape(), (Shape{2, 0}));
  expect_close(tensor({true, false, true}).topk(2).values, {1, 1});
}

TEST(Topk, AgreesWithSort) {
  const Tensor x = randint(0, 50, {4, 300});
  for (const std::int64_t k : {1, 7, 299, 300}) {
    const ValuesAndIndices some = topk(x, k), all = sort(x, -1, true);
    EXPECT_TRUE(equal(some.values, narrow(all.values, 1, 0, k)));
    EXPECT_TRUE(equal(some.indices, narrow(all.indices, 1, 0, k)));
    EXPECT_TRUE(equal(x.gather(1, some.indices), some.values));
  }
}

TEST(Topk, SendsTheGradientBack) {
  Tensor x = leaf({3, 1, 2}, {3});
  expect_close(gradient(x.topk(2).values, x, {1, 10}), {1, 0, 10});
}

TEST(Sort, RefusesDimsAndNumbersOutsideTheRange) {
  expect_errors({
      {"IndexError: sort: dim 1 is outside [-1, 1)", [] { ones({2}).sort(1); }},
      {"IndexError: argsort: dim -2 is outside [-1, 1)", [] { ones({2}).argsort(-2); }},
      {"ValueError: sort: the tensor is undefined; has backward run?", [] { sort(Tensor()); }},
      {"ValueError: argsort: the tensor is undefined; has backward run?", [] { argsort(Tensor()); }},
      {"ValueError: topk: the tensor is undefined; has backward run?", [] { topk(Tensor(), 1); }},
      {"ValueError: topk: k is 4, dim -1 of (2, 3) has 3 elements",
       [] {
         ones({2, 3}).topk(4);
       }},
      {"ValueError: topk: k is -1, dim 0 of (2, 3) has 2 elements",
       [] {
         ones({2, 3}).topk(-1, 0);
       }},
      {"ValueError: topk: k is 0, a 0-dim tensor has one element", [] { tensor(3.).topk(0); }},
      {"IndexError: topk: dim 2 is outside [-2, 2)",
       [] {
         ones({2, 3}).topk(1, 2);
       }},
  });
}

}  // namespace
}  // namespace xtape
