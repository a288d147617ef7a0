#include <gtest/gtest.h>

#include "support/expect.hpp"
#include "xtape/xtape.hpp"

namespace xtape {
namespace {

using testing::expect_error;

TEST(Shape, HoldsExtents) {
  Shape s{2, 3};
  EXPECT_EQ(s.size(), 2);
  EXPECT_EQ(s[1], 3);
  EXPECT_EQ(s.back(), 3);
  EXPECT_FALSE(s.empty());
  EXPECT_TRUE(Shape().empty());
  EXPECT_EQ(Shape(std::vector<std::int64_t>{2, 3}), s);
  EXPECT_EQ(Shape(s.begin(), s.end()), s);
}

TEST(Shape, NumelIsTheProduct) {
  EXPECT_EQ((Shape{2, 3, 4}).numel(), 24);
  EXPECT_EQ((Shape{2, 0, 4}).numel(), 0);
  EXPECT_EQ(Shape().numel(), 1);
  EXPECT_EQ((Shape{INT64_MAX, 8}).numel(), INT64_MAX);
  EXPECT_EQ((Shape{INT64_MAX, 8, 0}).numel(), 0);
}

TEST(Shape, ComparesExtentsAndRank) {
  EXPECT_EQ((Shape{2, 3}), (Shape{2, 3}));
  EXPECT_NE((Shape{2, 3}), (Shape{3, 2}));
  EXPECT_NE((Shape{2}), (Shape{2, 1}));
}

TEST(Shape, InsertsAndErases) {
  Shape s{2, 4};
  s.insert(1, 3);
  EXPECT_EQ(s, (Shape{2, 3, 4}));
  s.insert(0, 1);
  s.insert(4, 5);
  EXPECT_EQ(s, (Shape{1, 2, 3, 4, 5}));
  s.erase(0);
  s.erase(3);
  s.erase(1);
  EXPECT_EQ(s, (Shape{2, 4}));
}

TEST(Shape, PrintsAsATuple) {
  EXPECT_EQ((Shape{2, 3}).to_string(), "(2, 3)");
  EXPECT_EQ(Shape{3}.to_string(), "(3)");
  EXPECT_EQ(Shape().to_string(), "()");
}

TEST(Shape, HoldsEightDimsAndNoMore) {
  Shape s{1, 1, 1, 1, 1, 1, 1, 1};
  EXPECT_EQ(s.size(), Shape::max_dim);
  expect_error<ShapeError>([&] { s.push_back(1); }, "shape: more than 8 dims");
  expect_error<ShapeError>([&] { s.insert(0, 1); }, "more than 8 dims");
  expect_error<ShapeError>([] { Shape(std::vector<std::int64_t>(9, 1)); }, "more than 8 dims");
}

}  // namespace
}  // namespace xtape
