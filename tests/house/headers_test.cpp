// The public headers stay light: a program that includes all of xtape includes no array library, no formatting library
// and none of the heavy standard headers. (The build checks that each compiles alone: tests/CMakeLists.txt.)
#include <gtest/gtest.h>

#include <set>

#include "house/sources.hpp"

namespace xtape::house {
namespace {

/// Every file that the compiler opens for xtape.hpp, that one included.
std::vector<std::string> opened() {
  const Ran ran = run("echo '#include <xtape/xtape.hpp>' | " + quote(XTAPE_CXX) + " -std=c++20 -x c++ -M -I" +
                      quote((root / "include").string()) + " - | tr -d '\\\\' | tr ' ' '\\n' | grep '^/'");
  EXPECT_EQ(ran.status, 0);
  return ran.lines;
}

TEST(Headers, IncludeNoLibrary) {
  const std::vector<std::string> files = opened();
  EXPECT_GT(files.size(), 20u);
  for (const std::string& file : files) {
    for (const char* library : {"/xtensor/", "/xtl/", "/xsimd/", "/fmt/", "/nlohmann/", "/zlib.h"}) {
      EXPECT_EQ(file.find(library), std::string::npos) << file;
    }
  }
}

TEST(Headers, IncludeNoHeavyStandardHeader) {
  const std::set<std::string> heavy = {"functional", "iostream", "algorithm", "random", "ranges", "regex",
                                       "iomanip",    "sstream",  "fstream",   "thread", "future", "map"};
  const std::regex standard(".*/c\\+\\+/[0-9.]+/([a-z_]+)");
  int standard_headers = 0;
  for (const std::string& file : opened()) {
    std::smatch match;
    if (!std::regex_match(file, match, standard)) continue;
    ++standard_headers;
    EXPECT_EQ(heavy.count(match[1]), 0u) << file;
  }
  EXPECT_GT(standard_headers, 5);
}

TEST(Headers, HoldNoMutableState) {
  // A variable in a header could exist twice: in the shared library and in the program.
  const std::regex state(
      R"(^\s*(inline\s+)?(static|thread_local)\s+(?!constexpr|const\b|inline\s+constexpr)[^()]*(=.*)?;)");
  for (const fs::path& header : files("include", {".hpp"})) {
    std::ifstream in(root / header);
    for (std::string line; std::getline(in, line);)
      EXPECT_FALSE(std::regex_search(line, state)) << header << ": " << line;
  }
}

}  // namespace
}  // namespace xtape::house
