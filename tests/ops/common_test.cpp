// Promotion and broadcasting, which all elementwise ops share.
#include <cstdint>

#include "support/expect.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::leaf;

const DType arithmetic[] = {int32, int64, float32, float64};
const DType all_dtypes[] = {bool_, uint8, int32, int64, float32, float64};

// ---- promotion: SEMANTICS [27]

TEST(Promotion, TakesTheLaterDtype) {
  for (DType a : arithmetic) {
    for (DType b : arithmetic) {
      const DType later = a < b ? b : a;
      EXPECT_EQ((ones({2}, {.dtype = a}) + ones({2}, {.dtype = b})).dtype(), later);
      EXPECT_EQ(maximum(ones({2}, {.dtype = a}), ones({1, 2}, {.dtype = b})).dtype(), later);
    }
  }
  for (DType a : all_dtypes) {
    for (DType b : all_dtypes) {
      const Tensor y = where(tensor({true, false}), ones({2}, {.dtype = a}), zeros({2}, {.dtype = b}));
      EXPECT_EQ(y.dtype(), a < b ? b : a);
    }
  }
}

TEST(Promotion, BoolAndUint8CountBesideAnotherDtype) {
  EXPECT_EQ((tensor({true, false}) + tensor({1, 2})).dtype(), int64);
  EXPECT_EQ((tensor({1, 2}, {.dtype = uint8}) * tensor({0.5f, 0.5f})).dtype(), float32);
  expect_close(tensor({1, 2}, {.dtype = uint8}) * 0.5, {0.5, 1});
  expect_close(tensor({true, false}) + 1, {2, 1});
}

TEST(Promotion, ANumberRaisesTheDtypeOnlyAcrossCategory) {
  const auto of = [](DType d) { return ones({2}, {.dtype = d}); };
  EXPECT_EQ((of(int32) + 1).dtype(), int32);
  EXPECT_EQ((of(int32) + true).dtype(), int32);
  EXPECT_EQ((of(int32) + 1.5).dtype(), float32);
  EXPECT_EQ((1.5 - of(int64)).dtype(), float32);
  EXPECT_EQ((of(float32) * 2.5).dtype(), float32);
  EXPECT_EQ((of(float32) * 2).dtype(), float32);
  EXPECT_EQ((2.5f * of(float64)).dtype(), float64);
  EXPECT_EQ((of(bool_) + 1).dtype(), int64);
  EXPECT_EQ((of(bool_) + 1.0).dtype(), float32);
}

TEST(Promotion, AZeroDimTensorRaisesTheDtypeOnlyAcrossCategory) {
  const auto zero_dim = [](DType d) { return tensor(1, {.dtype = d}); };
  const auto of = [](DType d) { return ones({2}, {.dtype = d}); };
  EXPECT_EQ((of(int32) + zero_dim(int64)).dtype(), int32);
  EXPECT_EQ((of(float32) + zero_dim(float64)).dtype(), float32);
  EXPECT_EQ((zero_dim(float64) + of(float32)).dtype(), float32);
  EXPECT_EQ((of(int64) + zero_dim(float32)).dtype(), float32);
  EXPECT_EQ((of(int64) + zero_dim(float64)).dtype(), float64);
  EXPECT_EQ((of(float32) + zero_dim(int64)).dtype(), float32);
}

TEST(Promotion, TwoZeroDimTensorsPromoteAsAnyOthers) {
  EXPECT_EQ((tensor(1, {.dtype = int32}) + tensor(1)).dtype(), int64);
  EXPECT_EQ((tensor(1.0) + tensor(1.0, {.dtype = float64})).dtype(), float64);
}

TEST(Promotion, IntegersDivideToFloat32) {
  EXPECT_EQ((tensor({1}) / tensor({2})).dtype(), float32);
  EXPECT_EQ((tensor({1}) / 2).dtype(), float32);
  EXPECT_EQ((tensor({1}) / tensor({2.0}, {.dtype = float64})).dtype(), float64);
}

TEST(Promotion, AGradientHasItsTensorsDtype) {
  Tensor a = tensor({1.0f, 2.0f}, {.requires_grad = true}), b = leaf({3, 4}, {2});
  (a * b).sum().backward();
  EXPECT_EQ(a.grad().dtype(), float32);
  EXPECT_EQ(b.grad().dtype(), float64);
  expect_close(a.grad(), {3, 4});
  expect_close(b.grad(), {1, 2});
}

TEST(Promotion, KeepsTheDigitsOfANumberInFloat64) {
  expect_close(leaf({1}, {1}) * 0.1, {0.1});
  expect_close(pow(leaf({2}, {1}), 0.1), {1.0717734625362931}, 1e-15);
}

// ---- broadcasting

/// The element of x, of shape `from`, that element i of shape `to` meets: computed index by index.
std::int64_t met(const Shape& from, const Shape& to, std::int64_t i) {
  std::int64_t at = 0, stride = 1;
  for (std::int64_t d = 1; d <= to.size(); ++d) {
    const std::int64_t index = i % to[to.size() - d];
    i /= to[to.size() - d];
    if (d > from.size()) continue;
    if (from[from.size() - d] != 1) at += index * stride;
    stride *= from[from.size() - d];
  }
  return at;
}

struct PairCase {
  Shape a, b, y;
};
const PairCase pair_cases[] = {
    {{2, 3}, {2, 3}, {2, 3}},
    {{2, 3}, {3}, {2, 3}},
    {{2, 3}, {2, 1}, {2, 3}},
    {{2, 1}, {1, 3}, {2, 3}},
    {{2, 1}, {3}, {2, 3}},
    {{}, {2, 3}, {2, 3}},
    {{1, 1, 1}, {2}, {1, 1, 2}},
    {{2, 3, 4}, {3, 1}, {2, 3, 4}},
    {{2, 3, 4}, {2, 1, 4}, {2, 3, 4}},
    {{2, 1, 4}, {1, 3, 1}, {2, 3, 4}},
    {{2, 1, 4, 1}, {3, 1, 5}, {2, 3, 4, 5}},
    {{2, 1, 1}, {1, 3, 4}, {2, 3, 4}},
    {{2, 1, 2}, {2, 2, 1}, {2, 2, 2}},
    {{3, 1}, {1, 0}, {3, 0}},
    {{0, 1}, {1, 3}, {0, 3}},
    {{1}, {0}, {0}},
    {{}, {}, {}},
};

Tensor counting(const Shape& shape, double start) {
  return arange(start, start + static_cast<double>(shape.numel()), {.dtype = float64}).reshape(shape);
}

TEST(Broadcasting, PairsTheElementsThatTheIndicesPair) {
  for (const PairCase& c : pair_cases) {
    SCOPED_TRACE(c.a.to_string() + " with " + c.b.to_string());
    const Tensor a = counting(c.a, 1), b = counting(c.b, 100);
    std::vector<double> difference, reversed;
    for (std::int64_t i = 0; i < c.y.numel(); ++i) {
      const double u = 1 + static_cast<double>(met(c.a, c.y, i)), v = 100 + static_cast<double>(met(c.b, c.y, i));
      difference.push_back(u - v);
      reversed.push_back(v - u);
    }
    EXPECT_EQ((a - b).shape(), c.y);
    expect_close(a - b, difference);
    expect_close(b - a, reversed);
    expect_close(where(a < b, a - b, 0), difference);
  }
}

TEST(Broadcasting, SumsTheGradientOverTheCopies) {
  for (const PairCase& c : pair_cases) {
    SCOPED_TRACE(c.a.to_string() + " with " + c.b.to_string());
    Tensor a = counting(c.a, 1).requires_grad_(), b = counting(c.b, 100).requires_grad_();
    std::vector<double> da(static_cast<std::size_t>(c.a.numel())), db(static_cast<std::size_t>(c.b.numel()));
    for (std::int64_t i = 0; i < c.y.numel(); ++i) {
      const auto p = static_cast<std::size_t>(met(c.a, c.y, i)), q = static_cast<std::size_t>(met(c.b, c.y, i));
      da[p] += 100 + static_cast<double>(q);
      db[q] += 1 + static_cast<double>(p);
    }
    (a * b).sum().backward();
    EXPECT_EQ(a.grad().shape(), c.a);
    EXPECT_EQ(b.grad().shape(), c.b);
    expect_close(a.grad(), da);
    expect_close(b.grad(), db);
  }
}

TEST(Elementwise, LeavesNoNodeBehind) {
  const std::int64_t before = autograd::live_nodes();
  {
    Tensor x = leaf({0.5, 1.5, 2.5, 3.5}, {2, 2});
    Tensor y = softmax(relu(tanh(sigmoid(sqrt(exp(log(abs(pow(x, 2)))))))), 1);
    y = logsumexp(maximum(y, clamp(x, 0, 1)), 1) + log_softmax(x, 0).max(1).values + mean(x, 1);
    y.sum().backward();
  }
  EXPECT_EQ(autograd::live_nodes(), before);
}

}  // namespace
}  // namespace xtape
