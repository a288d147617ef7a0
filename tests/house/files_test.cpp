// Rules for files: none is too long, each op has its tests, each example has its output on record.
#include <gtest/gtest.h>

#include <cctype>

#include "house/sources.hpp"

namespace xtape::house {
namespace {

/// A file of src/ops that has a header is not an op, but code that several ops share.
bool is_shared_by_ops(const fs::path& file) { return fs::exists(root / fs::path(file).replace_extension(".hpp")); }

TEST(Files, HaveAtMost500Lines) {
  for (const char* folder : {"include", "src", "tests", "examples", "cmake"}) {
    for (const fs::path& file : files(folder, {".hpp", ".cpp", ".txt", ".cmake", ".in", ".sh", ".py"})) {
      const std::string content = text(file);
      EXPECT_LE(std::count(content.begin(), content.end(), '\n'), 500) << file;
    }
  }
}

TEST(Files, OpenWithAComment) {
  for (const char* folder : {"include", "src"}) {
    for (const fs::path& file : files(folder, {".hpp"})) EXPECT_TRUE(starts_with(text(file), "// ")) << file;
  }
  for (const fs::path& file : files("src/ops", {".cpp"})) {
    EXPECT_TRUE(is_shared_by_ops(file) || starts_with(text(file), "// ")) << file;
  }
}

/// Whether `content` has `word` with neither a letter, a digit nor an underscore beside it.
bool has_word(const std::string& content, const std::string& word) {
  const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  for (std::size_t at = 0; (at = content.find(word, at)) != content.npos; at += word.size()) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !is_part(content[at - 1])) && (end == content.size() || !is_part(content[end]))) return true;
  }
  return false;
}

TEST(Files, HoldNoReminders) {
  const std::string reminders[] = {
      "TO"
      "DO",
      "FIX"
      "ME",
      "XX"
      "X"};
  for (const char* folder : {"include", "src", "tests", "examples", "cmake"}) {
    for (const fs::path& file : files(folder, {".hpp", ".cpp", ".txt", ".cmake", ".sh"})) {
      for (const std::string& reminder : reminders) EXPECT_FALSE(has_word(text(file), reminder)) << file;
    }
  }
}

TEST(Files, HoldNoConflictMarkersOfGit) {
  std::vector<fs::path> all{"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "CMakeLists.txt"};
  for (const char* folder : {"include", "src", "tests", "examples", "cmake", "docs"}) {
    const auto found = files(folder, {".hpp", ".cpp", ".md", ".txt", ".cmake", ".in", ".sh", ".py", ".golden"});
    all.insert(all.end(), found.begin(), found.end());
  }
  for (const fs::path& file : all) {
    const std::string content = '\n' + text(file);
    for (const char* marker : {"\n<<<<<<< ", "\n>>>>>>> "}) EXPECT_EQ(content.find(marker), content.npos) << file;
  }
}

// Small ops of a family may share a test file, which then names each of them by its cases.
TEST(Files, EveryOpHasItsTests) {
  std::string tests;
  for (const fs::path& file : files("tests/ops", {".cpp"})) tests += text(file);
  for (const fs::path& op : files("src/ops", {".cpp"})) {
    if (is_shared_by_ops(op)) continue;
    const fs::path test = fs::path("tests/ops") / (op.stem().string() + "_test.cpp");
    const bool has_cases = tests.find("XTAPE_OP_CASES(" + op.stem().string() + ")") != std::string::npos;
    EXPECT_TRUE(has_cases || fs::exists(root / test)) << op << " has neither " << test << " nor cases elsewhere";
  }
}

TEST(Files, EveryExampleHasItsOutputOnRecord) {
  for (const auto& entry : fs::directory_iterator(root / "examples")) {
    const fs::path name = entry.path().filename();
    const bool script = name == "python";  // needs packages of Python, which the tests do without
    const bool program = entry.path().extension() == ".cpp" || (entry.is_directory() && !script && name != "common");
    const fs::path expected = root / "tests/examples" / (entry.path().stem().string() + ".expected");
    if (program) {
      EXPECT_TRUE(fs::exists(expected)) << expected;
    }
  }
}

TEST(Files, TheReadmeShowsTheProgramThatTheConsumerBuilds) {
  const std::string program = text("tests/consumer/readme.cpp");
  ASSERT_FALSE(program.empty());
  EXPECT_NE(text("README.md").find("```cpp\n" + program + "```"), std::string::npos);
}

}  // namespace
}  // namespace xtape::house
