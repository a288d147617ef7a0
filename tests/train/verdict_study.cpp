// How often the verdict is right: each planted case with many seeds, and a table. Run by hand.
//   xtape_verdict_study [SEEDS] [NAME]     the seeds of each case (10); only cases whose name contains NAME
#include <fmt/core.h>

#include <cstdlib>
#include <cstring>
#include <map>

#include "train/verdict_cases.hpp"

using namespace xtape;

int main(int argc, char** argv) {
  const int seeds = argc > 1 ? std::atoi(argv[1]) : 10;
  const char* only = argc > 2 ? argv[2] : "";
  int wrong = 0, runs = 0;
  for (const auto& c : testing::planted_cases()) {
    if (!std::strstr(c.name.c_str(), only)) continue;
    std::map<std::string, int> words;
    std::string example;
    for (int seed = 0; seed < seeds; ++seed) {
      const std::string verdict = c.run(static_cast<std::uint64_t>(seed)).verdict();
      const std::string word = verdict.substr(0, verdict.find_first_of(" :"));
      ++words[word];
      ++runs;
      const bool is_wrong = word != c.expected;
      wrong += is_wrong;
      if (is_wrong || example.empty()) example = fmt::format("seed {}: {}", seed, verdict);
    }
    std::string counts;
    for (const auto& [word, n] : words) counts += fmt::format("{} {}  ", n, word);
    fmt::print("{} {:45} {:14} {}\n    {}\n", words[c.expected] == seeds ? "ok   " : "WRONG", c.name, c.expected,
               counts, example);
  }
  fmt::print("{} wrong of {}\n", wrong, runs);
  return wrong != 0;
}
