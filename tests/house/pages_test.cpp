// The programs on the pages about several ranks compile without a warning. (README's first program is a part of
// tests/consumer, the lines of docs/from-pytorch.md are tested in from_pytorch_test.cpp.)
#include <gtest/gtest.h>

#include "house/sources.hpp"

namespace xtape::house {
namespace {

/// The blocks of C++ on a page that are whole programs and use xtape::mpi.
std::vector<std::string> programs_on(const std::string& file) {
  std::vector<std::string> found;
  const std::string all = text(file), begin = "```cpp\n", end = "```\n";
  for (std::size_t at = 0; (at = all.find(begin, at)) != std::string::npos;) {
    at += begin.size();
    const std::string block = all.substr(at, all.find(end, at) - at);
    if (block.find("int main") != std::string::npos && block.find("xtape/mpi.hpp") != std::string::npos) {
      found.push_back(block);
    }
  }
  return found;
}

TEST(Pages, ProgramsOnSeveralRanksCompile) {
  for (const std::string file : {"README.md", "docs/distributed.md"}) {
    const std::vector<std::string> programs = programs_on(file);
    EXPECT_EQ(programs.size(), 1u) << file;
    for (const std::string& program : programs) {
      const Ran ran =
          run("printf %s " + quote(program) + " | " + quote(XTAPE_CXX) + " -std=c++20 -Wall -Wextra -Werror -I" +
              quote((root / "include").string()) + " -x c++ -fsyntax-only - 2>&1");
      EXPECT_EQ(ran.status, 0) << file << ": " << (ran.lines.empty() ? "" : ran.lines[0]);
    }
  }
}

}  // namespace
}  // namespace xtape::house
