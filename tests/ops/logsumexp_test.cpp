#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::expect_close;
using testing::given;
using testing::gradient;
using testing::leaf;
using testing::Tensors;

XTAPE_OP_CASES(logsumexp) {
  cases.add_softmax("logsumexp", "torch.logsumexp",
                    [](const Tensor& x, std::int64_t dim) { return logsumexp(x, dim); });
  cases.add("logsumexp", "kept", {any({2, 3})}, "torch.logsumexp(x[0], 1, keepdim=True)",
            [](Args x) { return logsumexp(x[0], 1, true); });
  cases.add("logsumexp", "kept, of 3-D input", {any({2, 3, 4})}, [](Args x) {
    return Tensors{logsumexp(x[0], 0, true), logsumexp(x[0], 1, true), logsumexp(x[0], -1, true)};
  });
  const std::string torch = "torch.logsumexp(x[0].detach(), 1)";
  auto value = [](Args x) { return logsumexp(x[0].detach(), 1); };
  cases.add("logsumexp", "all -inf", {given({2, 2}, {-INFINITY, -INFINITY, 0, 1})}, torch, value).smooth = false;
  cases.add("logsumexp", "inf", {given({2, 2}, {INFINITY, 0, 0, 1})}, torch, value).smooth = false;
}

TEST(Logsumexp, HasTheKnownValues) {
  expect_close(logsumexp(leaf({0, 0, 1, 2, 3, 4}, {3, 2}), 1),
               {0.6931471805599453, 2.3132616875182228, 4.313261687518223}, 1e-15);
  expect_close(logsumexp(leaf({0, 1, 0, 1}, {2, 2}), 0), {0.6931471805599453, 1.6931471805599454}, 1e-15);
  EXPECT_EQ(logsumexp(ones({2, 3}), 1, true).shape(), (Shape{2, 1}));
}

TEST(Logsumexp, DoesNotOverflow) {
  expect_close(logsumexp(tensor({1000.0f, 1000.0f}), 0), {1000.6931471805599}, 1e-7);
  expect_close(logsumexp(tensor({-1000.0f, -1000.0f}), 0), {-999.3068528194401}, 1e-7);
  expect_close(logsumexp(tensor({3e38f, -3e38f}), 0), {3e38f});
}

TEST(Logsumexp, OfMinusInfinitiesIsMinusInfinity) {
  expect_close(logsumexp(tensor({{-INFINITY, -INFINITY}, {-INFINITY, 2.0f}}), 1), {-INFINITY, 2});
}

TEST(Logsumexp, OfARowWithPlusInfinityOrNaNIsThat) {
  expect_close(logsumexp(tensor({{INFINITY, 0.0f}, {INFINITY, -INFINITY}, {NAN, INFINITY}}), 1),
               {INFINITY, INFINITY, NAN});
}

TEST(Logsumexp, OfNothingIsMinusInfinity) { expect_close(logsumexp(zeros({2, 0}), 1), {-INFINITY, -INFINITY}); }

TEST(Logsumexp, OfIntegersIsFloat32) { EXPECT_EQ(logsumexp(tensor({1, 2}), 0).dtype(), float32); }

TEST(Logsumexp, HasSoftmaxAsItsGradient) {
  Tensor x = leaf({-INFINITY, 0, 1, 1}, {2, 2});
  expect_close(gradient(logsumexp(x, 1), x, {1, 3}), {0, 1, 1.5, 1.5}, 1e-15);
}

TEST(Logsumexp, HasGradientNaNOnlyInARowWithoutASoftmax) {  // as in PyTorch
  Tensor x = leaf({-INFINITY, -INFINITY, 1, 1}, {2, 2});
  expect_close(gradient(logsumexp(x, 1), x, {1, 1}), {NAN, NAN, 0.5, 0.5}, 1e-15);
}

TEST(Logsumexp, ThrowsOneClearLine) {
  testing::expect_errors({
      {"IndexError: logsumexp: dim 1 is outside [-1, 1)", [] { logsumexp(ones({2}), 1); }},
  });
}

}  // namespace
}  // namespace xtape
