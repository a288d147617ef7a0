#include "xtape/embedding_bag.hpp"

#include <cmath>
#include <cstring>

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
using testing::indices;
using testing::inf;
using testing::Input;
using testing::leaf;
using testing::nan;

struct NamedMode {
  BagMode mode;
  std::string name;
};
const NamedMode bag_modes[] = {{BagMode::sum, "sum"}, {BagMode::mean, "mean"}, {BagMode::max, "max"}};

/// Every mode with and without padding: bags of rows, and bags by offsets, of which some are empty.
void add_each_mode(testing::OpCases& cases) {
  const Input rows = indices({4, 3}, {3, 0, 0, 2, 3, 1, 0, 0, 0, 4, 2, 4}), list = indices({6}, {3, 0, 0, 4, 2, 3});
  const Input table = any({5, 3}), begin = indices({4}, {0, 2, 2, 6}), ends = indices({5}, {0, 0, 3, 4, 6});
  for (const NamedMode& named : bag_modes) {
    const BagMode mode = named.mode;
    const std::string& name = named.name;
    for (std::int64_t padding : {no_padding_idx, std::int64_t{0}, std::int64_t{-1}}) {
      const std::string pads = padding == no_padding_idx ? "" : ", padding_idx=" + std::to_string(padding);
      const std::string rest = ", mode='" + name + "'" + pads + ")", title = name + pads;
      cases.add("embedding_bag", title + ": rows", {rows, table}, "F.embedding_bag(x[0], x[1]" + rest,
                [mode, padding](Args x) { return embedding_bag(x[0], x[1], {.mode = mode, .padding_idx = padding}); });
      cases.add("embedding_bag", title + ": offsets", {list, table, begin}, "F.embedding_bag(x[0], x[1], x[2]" + rest,
                [mode, padding](Args x) {
                  return embedding_bag(x[0], x[1], {.offsets = x[2], .mode = mode, .padding_idx = padding});
                });
      cases.add("embedding_bag", title + ": last offset", {list, table, ends},
                "F.embedding_bag(x[0], x[1], x[2], include_last_offset=True" + rest, [mode, padding](Args x) {
                  return embedding_bag(
                      x[0], x[1], {.offsets = x[2], .mode = mode, .include_last_offset = true, .padding_idx = padding});
                });
    }
  }
}

void add_weighted(testing::OpCases& cases) {
  const Input rows = indices({2, 3}, {3, 0, 0, 2, 3, 1}), table = any({4, 2});
  for (std::int64_t padding : {no_padding_idx, std::int64_t{3}}) {
    const std::string pads = padding == no_padding_idx ? "" : ", padding_idx=" + std::to_string(padding);
    const std::string rest = ", mode='sum', per_sample_weights=x[2]" + pads + ")";
    cases.add("embedding_bag", "weighted" + pads, {rows, table, any({2, 3})}, "F.embedding_bag(x[0], x[1]" + rest,
              [padding](Args x) {
                return embedding_bag(x[0], x[1],
                                     {.mode = BagMode::sum, .per_sample_weights = x[2], .padding_idx = padding});
              });
    cases.add("embedding_bag", "weighted" + pads + ": offsets",
              {indices({6}, {3, 0, 0, 2, 3, 1}), table, any({6}), indices({3}, {0, 0, 4})},
              "F.embedding_bag(x[0], x[1], x[3]" + rest, [padding](Args x) {
                return embedding_bag(
                    x[0], x[1],
                    {.offsets = x[3], .mode = BagMode::sum, .per_sample_weights = x[2], .padding_idx = padding});
              });
  }
}

XTAPE_OP_CASES(embedding_bag) {
  add_each_mode(cases);
  add_weighted(cases);
  const Input pairs = indices({6, 2}, {0, 1, 1, 0, 0, 2, 2, 0, 1, 2, 2, 1});
  for (const auto& [mode, name] : bag_modes) {
    const auto run = [mode = mode](Args x) { return embedding_bag(x[0], x[1], {.mode = mode}); };
    const std::string torch = "F.embedding_bag(x[0], x[1], mode='" + name + "')";
    cases
        .add("embedding_bag", name + ": ties, NaN and infinities",
             {pairs, given({3, 3}, {1, nan, -inf,  //
                                    1, 2, inf,     //
                                    0, nan, inf})},
             torch, run)
        .smooth = false;
    // 16 columns and a rest; rows that occur many times.
    cases.add("embedding_bag", name + ": wide", {testing::integers({7, 9}, 11), any({11, 37})}, torch, run);
    cases.add("embedding_bag", name + ": no columns", {pairs, any({3, 0})}, torch, run);
  }
}

const std::vector<double> bag_rows = {1, 2, 3, 4, 5, 6};

TEST(EmbeddingBag, CombinesTheRowsOfEachBagByTheirMeanUnlessToldOtherwise) {
  const Tensor w = leaf(bag_rows, {3, 2}), x = tensor({{2, 0}, {1, 1}});
  expect_close(embedding_bag(x, w), {3, 4, 3, 4});
  expect_close(embedding_bag(x, w, {.mode = BagMode::sum}), {6, 8, 6, 8});
  expect_close(embedding_bag(x, w, {.mode = BagMode::max}), {5, 6, 3, 4});
  expect_close(nn::functional::embedding_bag(x.to(int32), w, {.mode = nn::BagMode::max}), {5, 6, 3, 4});
}

TEST(EmbeddingBag, DoesNotCountPaddingInTheMean) {  // SEMANTICS [70]
  const Tensor w = leaf({9, 9, 3, 4, 5, 6}, {3, 2});
  expect_close(embedding_bag(tensor({{1, 2, 0, 0}}), w, {.padding_idx = 0}), {4, 5});
  expect_close(embedding_bag(tensor({{1, 2, 0, 0}}), w, {.padding_idx = -3}), {4, 5});
}

TEST(EmbeddingBag, GivesZeroForABagWithoutAnEntry) {  // SEMANTICS [70]
  const Tensor w = leaf({nan, nan, -3, -4, -5, -6}, {3, 2});
  for (const NamedMode& m : bag_modes) {
    expect_close(embedding_bag(tensor({{0, 0}, {1, 0}}), w, {.mode = m.mode, .padding_idx = 0}), {0, 0, -3, -4});
    expect_close(embedding_bag(tensor({1}), w, {.offsets = tensor({0, 0, 1}), .mode = m.mode}), {0, 0, -3, -4, 0, 0});
  }
}

TEST(EmbeddingBag, TakesOffsetsInPyTorchsPlace) {
  const Tensor w = tensor({{1., 2.}, {-3., -4.}}), x = tensor({0, 1, 1}), offsets = tensor({0, 2});
  expect_close(embedding_bag(x, w, offsets), {-1, -1, -3, -4});
  expect_close(embedding_bag(x, w, offsets, {.mode = BagMode::sum}), {-2, -2, -3, -4});
}

TEST(EmbeddingBag, OfNothingIsEmptyOrZero) {
  const Tensor w = leaf(bag_rows, {3, 2}), none = zeros({0}, {.dtype = int64});
  for (const NamedMode& m : bag_modes) {
    EXPECT_EQ(embedding_bag(zeros({0, 4}, {.dtype = int64}), w, {.mode = m.mode}).shape(), (Shape{0, 2}));
    expect_close(embedding_bag(zeros({2, 0}, {.dtype = int64}), w, {.mode = m.mode}), {0, 0, 0, 0});
    EXPECT_EQ(embedding_bag(none, w, {.offsets = none, .mode = m.mode}).shape(), (Shape{0, 2}));
    EXPECT_EQ(embedding_bag(none, zeros({0, 2}), {.offsets = tensor({0, 0}), .mode = m.mode}).shape(), (Shape{2, 2}));
  }
}

TEST(EmbeddingBag, AddsUpTheGradientsOfARow) {
  const Tensor w = leaf(bag_rows, {3, 2});
  const Tensor x = tensor({{2, 0}, {2, 2}});
  expect_close(gradient(embedding_bag(x, w, {.mode = BagMode::sum}), w, {1, 2, 10, 20}), {1, 2, 0, 0, 21, 42});
  expect_close(gradient(embedding_bag(x, w), w, {1, 2, 10, 20}), {0.5, 1, 0, 0, 10.5, 21});
}

TEST(EmbeddingBag, GivesAPaddingRowNoGradientWhateverTheUpstreamGradient) {  // SEMANTICS [70]
  const Tensor w = leaf(bag_rows, {3, 2});
  for (const NamedMode& m : bag_modes) {
    const Tensor y = embedding_bag(tensor({{0, 0}, {1, 0}}), w, {.mode = m.mode, .padding_idx = 0});
    expect_close(gradient(y, w, {nan, inf, 1, 2}), {0, 0, 1, 2, 0, 0});
  }
}

TEST(EmbeddingBag, GivesTheGradientOfAMaximumToTheFirstOfEquals) {  // SEMANTICS [70]
  const Tensor w = leaf({7, 7, 7, 8, 7, 8}, {3, 2});
  const Tensor y = embedding_bag(tensor({{0, 1, 2}}), w, {.mode = BagMode::max});
  expect_close(gradient(y, w, {1, 2}), {1, 0, 0, 2, 0, 0});
}

TEST(EmbeddingBag, KeepsANanOnlyWhereItComesFirst) {  // SEMANTICS [70], as PyTorch, whose comparison is the same
  const Tensor w = leaf({nan, 1, 2, nan}, {2, 2});
  const Tensor y = embedding_bag(tensor({{0, 1}}), w, {.mode = BagMode::max});
  EXPECT_TRUE(std::isnan(y.to_vector<double>()[0]));
  EXPECT_EQ(y.to_vector<double>()[1], 1);
}

TEST(EmbeddingBag, KeepsTheDigitsOfARowThatIsUsedAMillionTimes) {  // SEMANTICS [70]
  for (DType dtype : {float32, float64}) {
    const Tensor w = full({2, 3}, 0.1, {.dtype = dtype, .requires_grad = true});
    const Tensor y = embedding_bag(zeros({1, 1'000'000}, {.dtype = int64}), w, {.mode = BagMode::sum});
    expect_close(y, {1e5, 1e5, 1e5}, dtype == float32 ? 1e-7 : 1e-10);
    y.backward(full(y.shape(), 0.1, {.dtype = dtype}));
    expect_close(w.grad(), {1e5, 1e5, 1e5, 0, 0, 0}, dtype == float32 ? 1e-7 : 1e-10);
  }
}

/// Bags of all lengths from 0 on, by a plain loop.
TEST(EmbeddingBag, IsThePlainLoopForEveryWidth) {
  manual_seed(5);
  const Tensor offsets = tensor({0, 0, 1, 3, 6, 10, 15, 21}), x = randint(0, 13, {28});
  for (std::int64_t d = 1; d <= 40; ++d) {
    const Tensor w = randn({13, d}, {.dtype = float64}), s = randn({28}, {.dtype = float64});
    const Tensor y =
        embedding_bag(x, w, {.offsets = offsets, .mode = BagMode::sum, .per_sample_weights = s, .padding_idx = 4});
    std::vector<double> expected(static_cast<std::size_t>(8 * d));
    for (std::size_t e = 0; e < 28; ++e) {
      std::size_t bag = 0;
      while (bag + 1 < 8 && offsets.to_vector<std::int64_t>()[bag + 1] <= static_cast<std::int64_t>(e)) ++bag;
      const std::int64_t word = x.to_vector<std::int64_t>()[e];
      for (std::int64_t j = 0; j < d && word != 4; ++j) {
        expected[bag * static_cast<std::size_t>(d) + static_cast<std::size_t>(j)] +=
            s.span<double>()[e] * w.span<double>()[static_cast<std::size_t>(word * d + j)];
      }
    }
    expect_close(y, expected, 1e-13);
  }
}

TEST(EmbeddingBag, HasTheSameBitsForAnyNumberOfThreads) {
  manual_seed(6);
  const Tensor w = randn({500, 33}, {.requires_grad = true}), x = randint(0, 500, {700, 40});
  const int before = num_threads();
  std::vector<std::vector<float>> values, gradients;
  for (int threads : {1, 2, 5}) {
    set_num_threads(threads);
    const Tensor y = embedding_bag(x, w, {.padding_idx = 0});
    values.push_back(y.to_vector<float>());
    gradients.push_back(grad({y}, {w}, {cos(y.detach())})[0].to_vector<float>());
  }
  set_num_threads(before);
  for (std::size_t i : {1, 2}) {
    EXPECT_EQ(std::memcmp(values[0].data(), values[i].data(), 4 * values[0].size()), 0);
    EXPECT_EQ(std::memcmp(gradients[0].data(), gradients[i].data(), 4 * gradients[0].size()), 0);
  }
}

TEST(EmbeddingBag, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"IndexError: embedding_bag: index[1, 0] = 3 is outside [0, 3)",
       [] { embedding_bag(tensor({{0, 1}, {3, -2}}), ones({3, 2})); }},
      {"IndexError: embedding_bag: index[0] = -1 is outside [0, 3)",
       [] { embedding_bag(tensor({-1}), ones({3, 2}), {.offsets = tensor({0})}); }},
      {"IndexError: embedding_bag: padding_idx 3 is outside [-3, 3)",
       [] { embedding_bag(tensor({{0}}), ones({3, 2}), {.padding_idx = 3}); }},
      {"DTypeError: embedding_bag: expected an integer dtype, got float32",
       [] { embedding_bag(ones({2, 2}), ones({4, 2})); }},
      {"DTypeError: embedding_bag: expected a floating dtype, got int64; convert it with .to(float32)",
       [] { embedding_bag(tensor({{0}}), tensor({{0}})); }},
      {"ShapeError: embedding_bag: expected a weight (n, d), got (3)", [] { embedding_bag(tensor({{1}}), ones({3})); }},
      {"ShapeError: embedding_bag: expected indices (N, L), or (L) with offsets, got (1, 2, 2)",
       [] { embedding_bag(zeros({1, 2, 2}, {.dtype = int64}), ones({3, 2})); }},
      {"ShapeError: embedding_bag: expected indices (N, L), or (L) with offsets, got ()",
       [] { embedding_bag(tensor(1), ones({3, 2})); }},
      {"ShapeError: embedding_bag: indices (2) need offsets; one bag is .reshape({1, -1})",
       [] { embedding_bag(tensor({0, 1}), ones({3, 2})); }},
      {"ShapeError: embedding_bag: indices (1, 2) take no offsets: each row is a bag",
       [] { embedding_bag(tensor({{0, 1}}), ones({3, 2}), {.offsets = tensor({0})}); }},
      {"ValueError: embedding_bag: include_last_offset needs offsets",
       [] { embedding_bag(tensor({{0, 1}}), ones({3, 2}), {.include_last_offset = true}); }},
      {"ShapeError: embedding_bag: expected offsets (N), got (1, 1)",
       [] { embedding_bag(tensor({0, 1}), ones({3, 2}), {.offsets = tensor({{0}})}); }},
      {"DTypeError: embedding_bag: expected offsets of an integer dtype, got float32",
       [] { embedding_bag(tensor({0, 1}), ones({3, 2}), {.offsets = ones({1})}); }},
      {"DTypeError: embedding_bag: expected offsets of an integer dtype, got bool_",
       [] { embedding_bag(tensor({0, 1}), ones({3, 2}), {.offsets = zeros({1}, bool_)}); }},
      {"DTypeError: embedding_bag: the indices are float32 and the weight is int64; the indices come first",
       [] { embedding_bag(ones({3, 2}), tensor({{0, 1}})); }},
      {"ValueError: embedding_bag: offsets[0] = 1, it must be 0: they say where each bag begins",
       [] { embedding_bag(tensor({0, 1}), ones({3, 2}), {.offsets = tensor({1})}); }},
      {"ValueError: embedding_bag: offsets[2] = 0 is less than the 1 before it",
       [] { embedding_bag(tensor({0, 1}), ones({3, 2}), {.offsets = tensor({0, 1, 0})}); }},
      {"ValueError: embedding_bag: offsets[1] = 3 is beyond the 2 indices",
       [] { embedding_bag(tensor({0, 1}), ones({3, 2}), {.offsets = tensor({0, 3})}); }},
      {"ValueError: embedding_bag: no offsets for 2 indices; they begin with 0",
       [] { embedding_bag(tensor({0, 1}), ones({3, 2}), {.offsets = zeros({0}, {.dtype = int64})}); }},
      {"ValueError: embedding_bag: include_last_offset: the last offset is 1, it must be the 2 indices",
       [] { embedding_bag(tensor({0, 1}), ones({3, 2}), {.offsets = tensor({0, 1}), .include_last_offset = true}); }},
      {"ValueError: embedding_bag: per_sample_weights are for BagMode::sum",
       [] { embedding_bag(tensor({{0}}), ones({3, 2}), {.per_sample_weights = ones({1, 1})}); }},
      {"ShapeError: embedding_bag: per_sample_weights have shape (2), the indices (1, 2)",
       [] { embedding_bag(tensor({{0, 1}}), ones({3, 2}), {.mode = BagMode::sum, .per_sample_weights = ones({2})}); }},
      {"DTypeError: embedding_bag: per_sample_weights are float64, the weight is float32",
       [] {
         embedding_bag(tensor({{0}}), ones({3, 2}),
                       {.mode = BagMode::sum, .per_sample_weights = ones({1, 1}, {.dtype = float64})});
       }},
      {"ValueError: embedding_bag: the tensor is undefined; has backward run?",
       [] { embedding_bag(tensor({{1}}), Tensor()); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
