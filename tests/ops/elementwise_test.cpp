// Broadcasting, which all elementwise ops share.
#include <cstdint>

#include "support/expect.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::leaf;

/// The position in a tensor of shape `from` that broadcasts to position i of shape `to`, computed index by index.
std::int64_t source_position(const Shape& from, const Shape& to, std::int64_t i) {
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

TEST(Broadcasting, PairsElementsByTheirIndices) {
  for (const PairCase& c : pair_cases) {
    SCOPED_TRACE(c.a.to_string() + " with " + c.b.to_string());
    const Tensor a = counting(c.a, 1), b = counting(c.b, 100);
    std::vector<double> difference, reversed;
    for (std::int64_t i = 0; i < c.y.numel(); ++i) {
      const double u = 1 + static_cast<double>(source_position(c.a, c.y, i)),
                   v = 100 + static_cast<double>(source_position(c.b, c.y, i));
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
      const auto p = static_cast<std::size_t>(source_position(c.a, c.y, i)),
                 q = static_cast<std::size_t>(source_position(c.b, c.y, i));
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
