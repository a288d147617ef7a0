#include "xtape/data/text.hpp"

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "xtape/data/loader.hpp"
#include "xtape/ops.hpp"

namespace xtape::data {
namespace {

using testing::expect_close;
using testing::expect_errors;
using Samples = std::vector<std::int64_t>;
using Texts = std::vector<std::string>;

const Texts texts = {"A cat sat.", "the dog", "", "horses!", "a cat a cat a cat"};
const Texts animals = {"cat", "dog", "none", "none", "cat"};
Vocabulary small_vocabulary() { return Vocabulary::from_text("xtape-vocabulary 1 3\na\ncat\ndog\n"); }

TEST(TextDataset, PadsOrCutsTheNumbersOfAText) {  // SEMANTICS [78]
  const TextDataset d(texts, animals, small_vocabulary(), {.length = 4});
  EXPECT_EQ(d.size(), 5);
  EXPECT_EQ(d.length(), 4);
  auto [x, y] = d.batch(Samples{4, 0, 2});
  EXPECT_EQ(x.shape(), (Shape{3, 4}));
  EXPECT_EQ(x.dtype(), int64);
  EXPECT_EQ(y.dtype(), int64);
  expect_close(x, {2, 3, 2, 3, 2, 3, 1, 0, 0, 0, 0, 0});
  expect_close(y, {0, 0, 2});
  EXPECT_EQ(d.batch(Samples{}).x.shape(), (Shape{0, 4}));
}

TEST(TextDataset, HasThe64FirstWordsUnlessToldOtherwise) {
  EXPECT_EQ(TextDataset(texts, animals, small_vocabulary()).batch(Samples{0}).x.shape(), (Shape{1, 64}));
}

TEST(TextDataset, SaysWhatItsTextsLack) {  // SEMANTICS [78]
  const TextDataset d(texts, animals, small_vocabulary(), {.length = 3});
  EXPECT_EQ(d.cut_texts(), 1);
  EXPECT_EQ(d.without_known_words(), (Samples{2, 3}));
  EXPECT_EQ(TextDataset(texts, animals, small_vocabulary(), {.length = 6}).cut_texts(), 0);
}

TEST(TextDataset, NumbersLabelsInTheirOrderOrThatOfTheClasses) {  // SEMANTICS [78]
  const TextDataset d(texts, animals, small_vocabulary());
  EXPECT_EQ(d.classes(), (Texts{"cat", "dog", "none"}));
  expect_close(d.targets(), {0, 1, 2, 2, 0});
  const TextDataset given(texts, animals, small_vocabulary(), {.classes = {"none", "unused", "dog", "cat"}});
  EXPECT_EQ(given.classes(), (Texts{"none", "unused", "dog", "cat"}));
  expect_close(given.targets(), {3, 2, 0, 0, 3});
}

TEST(TextDataset, TakesNumbersAsLabels) {
  const Samples labels = {0, 1, 3, 3, 0};
  const TextDataset d(texts, labels, small_vocabulary());
  EXPECT_EQ(d.classes(), (Texts{"0", "1", "2", "3"}));
  expect_close(d.targets(), {0, 1, 3, 3, 0});
  Tensor y = tensor(labels).to(int32);
  const TextDataset named(texts, y, small_vocabulary(), {.classes = {"a", "b", "c", "d"}});
  y.fill_(0);
  expect_close(named.targets(), {0, 1, 3, 3, 0});
  EXPECT_EQ(named.classes(), (Texts{"a", "b", "c", "d"}));
}

TEST(TextDataset, TakesNumbersOfAnyKindAsLabels) {
  expect_close(TextDataset(texts, {0, 1, 3, 3, 0}, small_vocabulary()).targets(), {0, 1, 3, 3, 0});
  expect_close(TextDataset(texts, std::vector<int>{0, 1, 3, 3, 0}, small_vocabulary()).targets(), {0, 1, 3, 3, 0});
  expect_close(TextDataset(texts, std::vector<bool>{true, false, true, true, false}, small_vocabulary()).targets(),
               {1, 0, 1, 1, 0});
}

TEST(TextDataset, ServesALoader) {
  DataLoader batches(TextDataset(texts, animals, small_vocabulary(), {.length = 2}), {.batch_size = 2});
  std::vector<Shape> shapes;
  for (auto [x, y] : batches) shapes.push_back(x.shape());
  EXPECT_EQ(shapes, (std::vector<Shape>{{2, 2}, {2, 2}, {1, 2}}));
}

TEST(TextDataset, MayBeEmpty) {
  const TextDataset d(Texts{}, Texts{}, small_vocabulary());
  EXPECT_EQ(d.size(), 0);
  EXPECT_TRUE(d.classes().empty());
}

TEST(TextDataset, ThrowsOneClearLine) {
  const Vocabulary v = small_vocabulary();
  expect_errors({
      {"ValueError: TextDataset: 5 texts, but 1 labels", [v] { TextDataset(texts, Texts{"cat"}, v); }},
      {"ValueError: TextDataset: 5 texts, but 1 labels", [v] { TextDataset(texts, tensor({0}), v); }},
      {"ValueError: TextDataset: length = 0; expected 1 to 1000000",
       [v] { TextDataset(texts, animals, v, {.length = 0}); }},
      {"ValueError: TextDataset: length = 1000001; expected 1 to 1000000",
       [v] { TextDataset(texts, animals, v, {.length = 1'000'001}); }},
      {"ValueError: TextDataset: labels[1] = \"dog\" is none of the 2 classes",
       [v] {
         TextDataset(texts, animals, v, {.classes = {"cat", "none"}});
       }},
      {"ValueError: TextDataset: the class \"cat\" is there twice",
       [v] {
         TextDataset(texts, animals, v, {.classes = {"cat", "dog", "cat", "none"}});
       }},
      {"IndexError: TextDataset: labels[2] = 2 is outside [0, 2)",
       [v] {
         TextDataset(texts, tensor({0, 1, 2, 0, 0}), v, {.classes = {"a", "b"}});
       }},
      {"IndexError: TextDataset: labels[1] = -1 is outside [0, 1)",
       [v] {
         TextDataset(texts, tensor({0, -1, 0, 0, 0}), v);
       }},
      {"DTypeError: TextDataset: expected an integer dtype, got float32", [v] { TextDataset(texts, ones({5}), v); }},
      {"ShapeError: TextDataset: expected labels (N), got (5, 1)",
       [v] {
         TextDataset(texts, zeros({5, 1}, {.dtype = int64}), v);
       }},
      {"IndexError: TextDataset: sample 5 is outside [0, 5)",
       [v] {
         TextDataset(texts, animals, v).batch(Samples{0, 5});
       }},
      {"IndexError: TextDataset: sample -1 is outside [0, 5)",
       [v] { TextDataset(texts, animals, v).batch(Samples{-1}); }},
  });
}

}  // namespace
}  // namespace xtape::data
