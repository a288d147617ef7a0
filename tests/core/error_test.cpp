#include <gtest/gtest.h>

#include <exception>
#include <string>
#include <thread>
#include <type_traits>

#include "xtape/detail/newest_error.hpp"
#include "xtape/xtape.hpp"

namespace xtape {
namespace {

TEST(Error, HasAMessageOfOpAndRule) {
  const ShapeError e("matmul", "inner dims differ");
  EXPECT_STREQ(e.what(), "matmul: inner dims differ");
  EXPECT_EQ(e.op(), "matmul");
}

TEST(Error, PutsNoColonBeforeARuleThatStartsWithASpace) {
  EXPECT_STREQ(ShapeError("linear", " (784 -> 256): expected input").what(), "linear (784 -> 256): expected input");
}

TEST(Error, NamesTheFirstModulePath) {
  ShapeError e("linear", " (2 -> 3): no");
  e.set_module_path("encoder.fc1");
  e.set_module_path("encoder");
  EXPECT_STREQ(e.what(), "linear \"encoder.fc1\" (2 -> 3): no");
  EXPECT_EQ(e.module_path(), "encoder.fc1");
}

TEST(Error, NamesTheFirstContext) {
  ShapeError e("linear", "no");
  e.set_context("validation");
  e.set_context("evaluation");
  e.set_module_path("fc");
  EXPECT_STREQ(e.what(), "validation: linear \"fc\": no");
}

TEST(Error, ACopyKeepsTheMessage) {
  ShapeError e("linear", "no");
  e.set_module_path("fc");
  const ShapeError copy = e;
  EXPECT_STREQ(copy.what(), "linear \"fc\": no");
}

template <class E>
void expect_kind() {
  static_assert(std::is_base_of_v<Error, E> && std::is_base_of_v<std::exception, Error>);
  try {
    throw E("op", "rule");
  } catch (const Error& e) {
    EXPECT_NE(dynamic_cast<const E*>(&e), nullptr);
    EXPECT_STREQ(static_cast<const std::exception&>(e).what(), "op: rule");
  }
}

TEST(Error, IsTheBaseOfEveryKind) {
  expect_kind<ShapeError>();
  expect_kind<DTypeError>();
  expect_kind<IndexError>();
  expect_kind<ValueError>();
  expect_kind<GradError>();
  expect_kind<FileError>();
}

TEST(Error, IsOneLineEvenIfAFileNameIsNot) {
  EXPECT_STREQ(FileError("read_idx", "a\nb: is missing").what(), "read_idx: a b: is missing");
}

/// Notes the newest error when a scope ends.
struct Noting {
  explicit Noting(std::string& note) : noted(note) {}
  ~Noting() { noted = detail::newest_error(); }
  std::string& noted;
};

TEST(Error, IsKnownToAScopeThatItLeaves) {
  std::string noted = "nothing yet";
  try {
    const Noting noting(noted);
    throw ValueError("fit", std::string(1000, 'x'));
  } catch (const Error&) {
  }
  EXPECT_EQ(noted, "fit: " + std::string(506, 'x'));  // what there is room for
  { const Noting noting(noted); }
  EXPECT_EQ(noted, "");  // it has been destroyed
}

TEST(Error, OfAnotherThreadIsKnownToAScopeThatItLeavesHere) {
  std::exception_ptr caught;
  std::thread([&caught] {
    try {
      throw ValueError("read_png", "cut");
    } catch (const Error&) {
      caught = std::current_exception();
    }
  }).join();
  std::string noted;
  EXPECT_THROW(
      {
        const Noting noting(noted);
        detail::rethrow_from_thread(std::move(caught));
      },
      ValueError);
  EXPECT_EQ(noted, "read_png: cut");
}

TEST(Error, ThatGetsAPathIsKnownWithIt) {
  ShapeError e("linear", "no");
  e.set_module_path("fc1");
  EXPECT_STREQ(detail::newest_error(), e.what());
}

}  // namespace
}  // namespace xtape
