// Each bug that tests/mutation plants must still fit the sources: one that does not fit would never be tried.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "house/sources.hpp"

namespace xtape::house {
namespace {

std::vector<std::string> stripped_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    line.erase(0, std::min(line.find_first_not_of(' '), line.size()));
    lines.push_back(line);
  }
  return lines;
}

TEST(Mutants, FitTheSources) {
  std::string name, file;
  std::vector<std::string> old;
  int mutants = 0;
  auto check = [&name, &file, &old] {
    if (name.empty()) return;
    const std::vector<std::string> lines = stripped_lines(text(file));
    int found = 0;
    for (auto at = lines.begin(); (at = std::search(at, lines.end(), old.begin(), old.end())) != lines.end(); ++at)
      ++found;
    EXPECT_EQ(found, 1) << name << ": " << file << " has its lines " << found << " times";
    old.clear();
    file.clear();
  };
  std::string all;
  for (const fs::path& list : files("tests/mutation/mutants", {".txt"})) all += text(list);
  for (const std::string& line : stripped_lines(all)) {
    if (starts_with(line, "== ")) {
      check();
      name = line.substr(3);
      ++mutants;
    } else if (starts_with(line, "- ")) {
      old.push_back(line.substr(2));
    } else if (!name.empty() && file.empty() && !line.empty()) {
      file = line;
    }
  }
  check();
  EXPECT_GE(mutants, 30);
}

}  // namespace
}  // namespace xtape::house
