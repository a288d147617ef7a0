// linspace, and tensors of nested lists of numbers, against PyTorch's: creation.golden, made by make_creation.py beside
// this file.
#include "support/expect.hpp"
#include "support/golden.hpp"

namespace xtape {
namespace {

struct Line {
  std::string name;
  Scalar start, end;
  std::int64_t steps;
};

const std::vector<Line> lines = {{"0 10 5", 0, 10, 5},
                                 {"0 10 4", 0, 10, 4},
                                 {"10 0 4", 10, 0, 4},
                                 {"-3 3 7", -3, 3, 7},
                                 {"0 1 11", 0, 1, 11},
                                 {"0.5 2.5 3", .5, 2.5, 3},
                                 {"-2.7 2.7 6", -2.7, 2.7, 6},
                                 {"0 255 7", 0, 255, 7},
                                 {"1 2 2", 1, 2, 2},
                                 {"3 7 1", 3, 7, 1},
                                 {"3 7 0", 3, 7, 0},
                                 {"5 5 3", 5, 5, 3},
                                 {"0 1 100", 0, 1, 100},
                                 {"0.001 1 1000", 1e-3, 1, 1000},
                                 {"-1e+30 1e+30 4", -1e30, 1e30, 4}};

TEST(Golden, LinspaceAndNestedListsMakePyTorchsTensors) {  // SEMANTICS [58] [59]
  testing::GoldenFile file(testing::golden_file("creation.golden"));
  testing::Comparison comparison({.floor = 0});
  for (const Line& line : lines) {
    for (const DType dtype : {uint8, int32, int64, float32, float64}) {
      const auto ours = [&] { return linspace(line.start, line.end, line.steps, dtype); };
      const std::string name = "linspace " + line.name + " " + to_string(dtype);
      const bool fits = dtype >= float32 || std::abs(line.end.to<double>()) < 1e18;
      if (fits && (dtype != uint8 || line.start.to<double>() > -1)) {
        comparison.expect_same(name, {ours()}, file.take(name));
      } else {
        EXPECT_THROW(ours(), ValueError) << name;
      }
    }
  }
  for (const auto& [name, y] : std::vector<std::pair<std::string, Tensor>>{
           {"1", tensor(1)},
           {"2.5", tensor(2.5)},
           {"true", tensor(true)},
           {"[]", tensor({})},
           {"[[]]", tensor({{}})},
           {"[[], []]", tensor({{}, {}})},
           {"[1, 2.5]", tensor({1, 2.5})},
           {"[1.0, 2]", tensor({1.0, 2})},
           {"[true, 2]", tensor({true, 2})},
           {"[true, 2.5]", tensor({true, 2.5})},
           {"[true, false]", tensor({true, false})},
           {"[[1], [2.5]]", tensor({{1}, {2.5}})},
           {"[[1, 2], [3, 4.5]]", tensor({{1, 2}, {3, 4.5}})},
           {"[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]", tensor({{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}})},
           {"[[[[true], [2]]]]", tensor({{{{true}, {2}}}})},
           {"[9007199254740993]", tensor({9007199254740993})},
           {"[0.1, 1e300]", tensor({0.1, 1e300})}}) {
    comparison.expect_same(name, {y}, file.take("tensor " + name));
  }
  file.expect_all_taken();
}

}  // namespace
}  // namespace xtape
