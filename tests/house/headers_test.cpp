// The public headers stay light: a program that includes all of xtape includes no array library, no formatting library
// and none of the heavy standard headers. (The build checks that each compiles alone: tests/CMakeLists.txt.)
#include <gtest/gtest.h>

#include <algorithm>
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

/// What the compiler says about a program; "" where it accepts it.
std::string said_about(const std::string& program) {
  const Ran ran = run("printf %s " + quote(program) + " | " + quote(XTAPE_CXX) +
                      " -std=c++20 -Wall -Wextra -Wpedantic -Wshadow -Woverloaded-virtual -Werror -I" +
                      quote((root / "include").string()) + " -x c++ -fsyntax-only - 2>&1");
  std::string said;
  for (const std::string& line : ran.lines) said += line + "\n";
  EXPECT_EQ(ran.status == 0, said.empty()) << said;
  return said;
}

TEST(Headers, MayFollowAUsingDirectiveInAnyOrder) {
  std::string before, in_order, in_reverse;
  for (const char* name :
       {"algorithm", "any",        "array",      "atomic",        "bitset",   "chrono",   "cmath",
        "complex",   "filesystem", "functional", "future",        "iomanip",  "iostream", "iterator",
        "list",      "map",        "memory",     "mutex",         "numeric",  "optional", "queue",
        "random",    "ranges",     "regex",      "set",           "span",     "sstream",  "stack",
        "string",    "thread",     "tuple",      "unordered_map", "valarray", "variant",  "vector"}) {
    before += std::string("#include <") + name + ">\n";
  }
  for (const fs::path& header : files("include", {".hpp"})) {
    const std::string line = "#include <" + header.lexically_relative("include").string() + ">\n";
    in_order += line;
    in_reverse = line + in_reverse;
  }
  // And xtensor's own ones after ours.
  const std::string use = "namespace xtape {}\nusing namespace xtape;\n", others = "#include <xtensor/xview.hpp>\n";
  const std::string program =
      "xt::xarray<float> f(const Tensor& t) { return to_xarray<float>(t) + view<float>(t); }\n"
      "Tensor g(const xt::xarray<float>& a) { return from_xtensor(xt::exp(a)); }\n";
  EXPECT_EQ(said_about(before + use + in_order + others + program), "");
  EXPECT_EQ(said_about(before + use + in_reverse + others + program), "");
}

TEST(Headers, SayInAFewLinesThatTheyNeedCpp20) {
  for (const fs::path& header : files("include", {".hpp"})) {
    const Ran ran =
        run("echo '#include <" + header.lexically_relative("include").string() + ">' | " + quote(XTAPE_CXX) +
            " -std=c++17 -I" + quote((root / "include").string()) + " -x c++ -fsyntax-only - 2>&1");
    EXPECT_NE(ran.status, 0) << header;
    EXPECT_LE(ran.lines.size(), 20u) << header;
    const auto error = std::find_if(ran.lines.begin(), ran.lines.end(),
                                    [](const std::string& line) { return line.find(" error: ") != std::string::npos; });
    ASSERT_NE(error, ran.lines.end()) << header;
    EXPECT_NE(error->find("\"xtape needs C++20\""), std::string::npos) << header << ": " << *error;
  }
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
