#include <cstdint>
#include <limits>
#include <string>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::expect_close;
using testing::expect_errors;
using testing::given;
using testing::gradient;
using testing::inf;
using testing::integers;
using testing::leaf;
using testing::nan;
using testing::truths;

XTAPE_OP_CASES(prod) {
  for (const std::int64_t dim : {0, 1, -1}) {
    const std::string text = std::to_string(dim);
    cases.add("prod", "over " + text, {any({2, 3, 4})}, "torch.prod(x[0], " + text + ")",
              [dim](Args x) { return prod(x[0], dim); });
  }
  cases.add("prod", "keepdim", {any({2, 3})}, "torch.prod(x[0], 1, True)", [](Args x) { return prod(x[0], 1, true); });
  const auto over_all = [](Args x) { return prod(x[0]); };
  const auto over_1 = [](Args x) { return prod(x[0], 1); };
  cases.add("prod", "over all", {any({2, 3})}, "torch.prod(x[0])", over_all);
  cases.add("prod", "0-dim", {any({})}, "torch.prod(x[0])", over_all);
  cases.add("prod", "one element", {any({3, 1})}, "torch.prod(x[0], 1)", over_1);
  cases.add("prod", "empty", {any({0, 3})}, "torch.prod(x[0], 0)", [](Args x) { return prod(x[0], 0); });
  cases.add("prod", "empty rows", {any({0, 3})}, "torch.prod(x[0], 1)", over_1);
  // PyTorch and we take both kinds of rows: with one zero, whose gradient alone is not 0, and with two.
  cases.add("prod", "zeros", {given({4, 3}, {2, 0, 3, 0, 5, 0, 0, 0, 0, 1, 2, 3})}, "torch.prod(x[0], 1)", over_1);
  // The values only: PyTorch's gradient divides by the elements.
  cases.add("prod", "NaN and infinities", {given({3, 2}, {inf, 2, -inf, 0, nan, 0})}, "torch.prod(x[0].detach(), 1)",
            [](Args x) { return prod(x[0].detach(), 1); });
  cases.add("prod", "integers", {integers({2, 3}, 9), truths({2, 3})},
            "[x[0].prod(), x[0].prod(0), x[0].to(torch.int32).prod(1), x[1].prod(), x[0].to(torch.uint8).prod(-1)]",
            [](Args x) {
              return std::vector<Tensor>{x[0].prod(), x[0].prod(0), x[0].to(int32).prod(1), x[1].prod(),
                                         x[0].to(uint8).prod(-1)};
            });
}

TEST(Prod, MultipliesAlongADimOrEverything) {
  const Tensor x = tensor({{1, 2, 3}, {4, 5, 6}});
  expect_close(x.prod(0), {4, 10, 18});
  expect_close(x.prod(-1), {6, 120});
  expect_close(prod(x), {720});
  EXPECT_EQ(x.prod(1, true).shape(), (Shape{2, 1}));
  expect_close(prod(zeros({0})), {1});
}

TEST(Prod, OfIntegersIsInt64AndWrapsAround) {
  for (DType d : {bool_, uint8, int32, int64}) EXPECT_EQ(ones({3}, d).prod().dtype(), int64);
  EXPECT_EQ(full({9}, 10, int32).prod().item<std::int64_t>(), 1000000000);
  EXPECT_EQ(tensor({std::numeric_limits<std::int64_t>::max(), std::int64_t{2}}).prod().item<std::int64_t>(), -2);
}

TEST(Prod, OfFloatsDoesNotOverflowOnTheWay) { expect_close(prod(tensor({1e30f, 1e30f, 1e-30f, 1e-30f})), {1}); }

TEST(Prod, GivesAZeroTheProductOfTheOthers) {
  const Tensor x = leaf({2, 3, 0, 4, 5}, {5});
  expect_close(gradient(prod(x), x, {1}), {0, 0, 120, 0, 0});
  const Tensor two = leaf({2, 0, 3, 0, 5}, {5});
  const Tensor g = grad({prod(two)}, {two}, {.create_graph = true})[0];
  expect_close(g, {0, 0, 0, 0, 0});
  expect_close(grad({g[1]}, {two})[0], {0, 0, 0, 30, 0});
}

TEST(Prod, GivesAnInfiniteElementTheProductOfTheOthers) {
  const Tensor x = leaf({2, inf, 3}, {3});
  expect_close(gradient(prod(x), x, {1}), {inf, 6, inf});
}

TEST(Prod, ThrowsOneClearLine) {
  // clang-format off
  expect_errors({
      {"ValueError: prod: the tensor is undefined; has backward run?", [] { prod(Tensor()); }},
      {"IndexError: prod: dim 2 is outside [-2, 2)", [] { prod(ones({2, 2}), 2); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
