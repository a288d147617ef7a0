// Which layer may include which: core <- kernels <- autograd <- ops <- nn, optim, io <- data <- distributed,
// checkpoint <- train <- report. Components beside the library, and examples, use its public headers only.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "house/sources.hpp"

namespace xtape::house {
namespace {

const std::map<std::string, int> rank_of_layer = {
    {"core", 0}, {"kernels", 1},    {"autograd", 2}, {"ops", 3},    {"io", 4},     {"nn", 4},          {"optim", 4},
    {"data", 5}, {"checkpoint", 6}, {"train", 7},    {"report", 8}, {"images", 9}, {"distributed", 6}, {"mpi", 9}};

/// The public headers directly in include/xtape, by the layer that defines what they declare.
const std::map<std::string, std::string> layer_of_header = {{"export.hpp", "core"},
                                                            {"version.hpp", "core"},
                                                            {"error.hpp", "core"},
                                                            {"dtype.hpp", "core"},
                                                            {"shape.hpp", "core"},
                                                            {"generator.hpp", "core"},
                                                            {"parallel.hpp", "core"},
                                                            {"hooks.hpp", "core"},
                                                            {"tensor.hpp", "autograd"},
                                                            {"autograd.hpp", "autograd"},
                                                            {"state_dict.hpp", "autograd"},
                                                            {"creation.hpp", "ops"},
                                                            {"random.hpp", "ops"},
                                                            {"losses.hpp", "ops"},
                                                            {"ops.hpp", "ops"},
                                                            {"embedding_bag.hpp", "ops"},
                                                            {"convolution.hpp", "ops"},
                                                            {"pooling.hpp", "ops"},
                                                            {"size2d.hpp", "core"},
                                                            {"images.hpp", "images"},
                                                            {"distributed.hpp", "distributed"},
                                                            {"mpi.hpp", "mpi"}};

/// "ops" for src/ops/x.cpp and include/xtape/ops.hpp, "nn" for include/xtape/nn/layers.hpp; "" for a file without a
/// layer (xtape.hpp and the interop headers).
std::string layer(const std::string& file) {
  std::smatch match;
  if (std::regex_match(file, match, std::regex("(?:src/|(?:include/)?xtape/)?([a-z]+)/.*"))) {
    if (match[1] == "detail") return "core";
    if (rank_of_layer.count(match[1])) return match[1];
  }
  const auto header = layer_of_header.find(fs::path(file).filename().string());
  return header == layer_of_header.end() ? "" : header->second;
}

bool may_include(const std::string& from, const std::string& header) {
  const std::string to = layer(header);
  return !to.empty() && (to == from || rank_of_layer.at(to) < rank_of_layer.at(from));
}

std::vector<fs::path> library_files() {
  std::vector<fs::path> all = files("src", {".cpp", ".hpp"});
  for (const fs::path& header : files("include", {".hpp"})) all.push_back(header);
  return all;
}

TEST(Layering, NoLayerIncludesAHigherOne) {
  int checked = 0;
  for (const fs::path& file : library_files()) {
    const std::string from = layer(file.string());
    if (from.empty()) {
      EXPECT_TRUE(file == "include/xtape/xtape.hpp" || file == "include/xtape/xtensor.hpp" ||
                  file == "include/xtape/fmt.hpp")
          << file << " belongs to no layer: add it to this test";
      continue;
    }
    for (const Include& include : includes(file)) {
      if (!include.quoted) continue;
      ++checked;
      EXPECT_TRUE(may_include(from, include.name)) << file << " (" << from << ") includes " << include.name;
    }
  }
  EXPECT_GT(checked, 50);
}

/// The source without comments and string literals.
std::string code(const fs::path& file) {
  return std::regex_replace(text(file), std::regex(R"(//[^\n]*|"(\\.|[^"\\\n])*")"), "");
}

TEST(Layering, TheTapeCallsNoOpAsAMethod) {
  // tensor.hpp, which the tape includes, declares methods that ops/ defines. Calling one would compile, but would be a
  // cycle that no include shows. autograd/backward_ops.hpp declares the ops that the tape needs.
  const std::regex definition(R"(\bTensor::(\w+)\()"), call(R"((\.|->)(\w+)\()");
  std::set<std::string> methods;
  for (const fs::path& op : files("src/ops", {".cpp"})) {
    const std::string source = code(op);
    for (std::sregex_iterator m(source.begin(), source.end(), definition), end; m != end; ++m) methods.insert((*m)[1]);
  }
  EXPECT_GT(methods.size(), 30u);
  for (const fs::path& file : files("src/autograd", {".cpp", ".hpp"})) {
    const std::string source = code(file);
    for (std::sregex_iterator m(source.begin(), source.end(), call), end; m != end; ++m) {
      EXPECT_EQ(methods.count((*m)[2]), 0u) << file << " calls " << (*m)[2];
    }
  }
}

TEST(Layering, PublicHeadersIncludePublicHeadersOnly) {
  for (const fs::path& header : files("include", {".hpp"})) {
    for (const Include& include : includes(header)) {
      if (include.quoted) {
        EXPECT_TRUE(starts_with(include.name, "xtape/")) << header << " includes " << include.name;
      }
    }
  }
}

TEST(Layering, AComponentBesideTheLibraryUsesItsPublicHeaders) {
  for (const std::string component : {"images", "mpi"}) {
    int checked = 0;
    for (const fs::path& file : files("src/" + component, {".cpp", ".hpp"})) {
      for (const Include& include : includes(file)) {
        if (!include.quoted) continue;
        ++checked;
        EXPECT_TRUE(starts_with(include.name, "xtape/") || starts_with(include.name, (component + "/").c_str()))
            << file << " includes " << include.name;
      }
    }
    EXPECT_GT(checked, 3) << component;
    for (const fs::path& file : library_files()) {
      if (starts_with(file.string(), ("src/" + component + "/").c_str())) continue;
      for (const Include& include : includes(file)) {
        EXPECT_FALSE(include.name == "xtape/" + component + ".hpp" ||
                     starts_with(include.name, (component + "/").c_str()))
            << file << " includes " << include.name;
      }
    }
  }
}

TEST(Layering, OnlyTheComponentForItIncludesMpi) {
  for (const fs::path& file : library_files()) {
    if (starts_with(file.string(), "src/mpi/")) continue;
    for (const Include& include : includes(file)) EXPECT_NE(include.name, "mpi.h") << file;
  }
}

TEST(Layering, OnlyKernelsIncludeXtensorAndXsimd) {
  for (const fs::path& file : library_files()) {
    if (starts_with(file.string(), "src/kernels/") || file == "include/xtape/xtensor.hpp") continue;
    for (const Include& include : includes(file)) {
      const bool engine = starts_with(include.name, "xtensor") || starts_with(include.name, "xtl/") ||
                          starts_with(include.name, "xsimd/");
      EXPECT_FALSE(engine) << file << " includes " << include.name;
    }
  }
}

TEST(Layering, KernelsOfAnInstructionSetIncludeOnlyXsimdAndC) {
  const std::regex allowed(
      "kernels/(isa.*|gemm|optim)\\.hpp|core/random\\.hpp|xsimd/.*|immintrin\\.h|(stdint|string)\\.h");
  for (const fs::path& file : files("src/kernels/isa", {".cpp", ".hpp"})) {
    for (const Include& include : includes(file)) {
      EXPECT_TRUE(std::regex_match(include.name, allowed)) << file << " includes " << include.name;
    }
  }
}

TEST(Layering, ExamplesUseThePublicHeadersOnly) {
  for (const fs::path& file : files("examples", {".cpp", ".hpp"})) {
    for (const Include& include : includes(file)) {
      const bool own = fs::exists(root / file.parent_path() / include.name);
      if (include.quoted) {
        EXPECT_TRUE(own) << file << " includes " << include.name;
      }
    }
  }
}

}  // namespace
}  // namespace xtape::house
