// docs/from-pytorch.md says what PyTorch's words are in xtape. Every piece of code in the middle column of its tables
// must compile.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "house/sources.hpp"

namespace xtape::house {
namespace {

const char* const page = "docs/from-pytorch.md";

struct Snippet {
  std::size_t line;
  std::string code;
};

/// The cells of a row of a table in Markdown, where \| is no separator but the character.
std::vector<std::string> cells(const std::string& row) {
  std::vector<std::string> found(1);
  for (std::size_t i = 1; i < row.size(); ++i) {
    if (row[i] == '\\' && i + 1 < row.size() && row[i + 1] == '|') {
      found.back() += row[++i];
    } else if (row[i] == '|') {
      found.emplace_back();
    } else {
      found.back() += row[i];
    }
  }
  return found;
}

std::vector<Snippet> snippets() {
  std::vector<Snippet> found;
  std::ifstream in(root / page);
  std::string row;
  const std::regex code("`([^`]+)`");
  for (std::size_t line = 1; std::getline(in, row); ++line) {
    if (row.rfind("| `", 0) != 0) continue;
    const std::vector<std::string> columns = cells(row);
    EXPECT_GE(columns.size(), 3u) << page << ":" << line;
    const std::string& ours = columns.at(1);
    const std::size_t before = found.size();
    for (std::sregex_iterator match(ours.begin(), ours.end(), code), end; match != end; ++match) {
      found.push_back({line, (*match)[1]});
    }
    EXPECT_TRUE(found.size() > before || ours == " — ") << page << ":" << line << " says nothing about xtape";
  }
  return found;
}

// What the page takes for granted. A snippet is the body of a function that has these parameters.
const char* const before_snippets = R"(
#include <array>
#include <cstdint>
#include <iostream>
#include <span>
#include <vector>
#include <fmt/core.h>
#include <xtape/fmt.hpp>
#include <xtape/images.hpp>
#include <xtape/mpi.hpp>
#include <xtape/xtape.hpp>
using namespace xtape;
namespace F = xtape::nn::functional;
struct NetWithHead : nn::Module {
  nn::Linear head = register_module("head", nn::Linear(16, 10));
  Tensor forward(const Tensor& x) { return head(x); }
};
struct Given {
  Tensor x, y, a, b, w, mask, mask2, index, target, logits, loss, total, row, rows, seed;
  std::int64_t n = 4;
  double lr = 0.1;
  float* pointer = nullptr;
  std::vector<float> values{1, 2, 3};
  nn::Sequential model;
  NetWithHead net;
  nn::CrossEntropyLoss criterion;
  std::vector<Tensor> params, others;
  StateDict dict;
  optim::Adam optimizer{params};
  optim::lr_scheduler::StepLR scheduler{optimizer, {.step_size = 1}};
  data::Dataset dataset = data::digits(10);
  data::DataLoader loader{dataset};
  mpi::Session session;
  mpi::Communicator world = session.world();
  Tensor (*f)(const std::vector<Tensor>&) = nullptr;
};
)";

std::string program() {
  std::string text = before_snippets;
  int number = 0;
  for (const Snippet& snippet : snippets()) {
    // A member function of a derived struct: a snippet may hide the names that it is given.
    text += "struct Snippet" + std::to_string(++number) + " : Given { void run() {\n#line " +
            std::to_string(snippet.line) + " \"" + page + "\"\n" + snippet.code + ";\n} };\n";
  }
  EXPECT_GT(number, 250);
  return text;
}

TEST(FromPyTorch, EveryLineOfXtapeCompiles) {
  const std::filesystem::path file = std::filesystem::path(XTAPE_BINARY_DIR) / "from_pytorch.cpp";
  std::ofstream(file) << program();
  const Ran ran = run(quote(XTAPE_CXX) + " -std=c++20 -w -fsyntax-only -I" + quote((root / "include").string()) + " " +
                      quote(file.string()) + " 2>&1");
  std::string said;
  for (const std::string& line : ran.lines) {
    if (line.find(" error: ") != std::string::npos) said += line + "\n";
  }
  EXPECT_EQ(ran.status, 0) << said;
}

}  // namespace
}  // namespace xtape::house
