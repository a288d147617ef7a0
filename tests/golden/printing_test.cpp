// What tensors print, against PyTorch's text: printing.golden, made by make_printing.py beside this file.
#include <sstream>

#include "support/expect.hpp"
#include "support/golden.hpp"
#include "support/inputs.hpp"

namespace xtape {
namespace {

using testing::Input;

struct Fill {
  std::string name;
  std::function<Input(const Shape&)> input;
  std::vector<DType> dtypes;
};

std::vector<Fill> fills() {
  using testing::special, testing::uniform;
  const std::vector<DType> real = {float32, float64};
  std::vector<Fill> all = {
      {"any", [](const Shape& s) { return testing::any(s); }, real},
      {"small", [](const Shape& s) { return uniform(s, 0, 1e-3); }, real},
      {"tiny", [](const Shape& s) { return uniform(s, 1e-6, 1e-6); }, real},
      {"near 1e-4", [](const Shape& s) { return uniform(s, 1e-4, 2e-4); }, real},
      {"large", [](const Shape& s) { return uniform(s, -1e9, 2e9); }, real},
      {"to 2000", [](const Shape& s) { return uniform(s, 0, 2000); }, real},
      {"to 1e-30", [](const Shape& s) { return uniform(s, -1e-30, 2e-30); }, real},
      {"special", [](const Shape& s) { return special(s); }, real},
      {"special each twice", [](const Shape& s) { return special(s, 2); }, real},
      {"truths", [](const Shape& s) { return testing::truths(s); }, {bool_}},
      {"leaf", [](const Shape& s) { return testing::any(s); }, {float64}},
  };
  for (std::int64_t n : {1L, 2L, 10L, 200L, 1000000L, 200000000L, 1L << 53}) {
    std::vector<DType> dtypes = {int64, float32, float64};
    if (n < 256) dtypes.push_back(uint8);
    if (n < 1L << 31) dtypes.push_back(int32);
    all.push_back({"below " + std::to_string(n), [n](const Shape& s) { return testing::integers(s, n); }, dtypes});
  }
  return all;
}

TEST(Golden, PrintedTensorsReadAsPyTorchs) {  // SEMANTICS [37]
  testing::GoldenFile file(testing::golden_file("printing.golden"));
  const std::vector<Shape> all = {{},
                                  {1},
                                  {3},
                                  {7},
                                  {30},
                                  {0},
                                  {0, 3},
                                  {2, 0, 3},
                                  {2, 3},
                                  {3, 1},
                                  {2, 3, 4},
                                  {1000},
                                  {1001},
                                  {40, 40},
                                  {3, 500},
                                  {2, 600, 2},
                                  {7, 1000},
                                  {6, 167},
                                  {8, 8, 16},
                                  {1, 1, 1, 2},
                                  {2, 2, 2, 2, 2},
                                  {1, 1, 1, 1, 1, 1, 1, 1001}};
  for (const Fill& fill : fills()) {
    for (const Shape& shape : all) {
      for (DType dtype : fill.dtypes) {
        const std::string name = fill.name + " " + shape.to_string() + " " + to_string(dtype);
        Tensor x = fill.input(shape).make(name, dtype).detach().to(dtype);
        if (fill.name == "leaf") x.requires_grad_();
        const std::vector<std::uint8_t> text = file.take(name)[0].to_vector<std::uint8_t>();
        EXPECT_EQ(x.to_string(), std::string(text.begin(), text.end())) << name;
      }
    }
  }
  file.expect_all_taken();
}

TEST(Printing, GoesToAStreamAsToAString) {
  const Tensor x = tensor({{1, 2}, {3, 4}});
  std::ostringstream out;
  out << x << " " << x.shape() << " " << x.dtype() << " " << Tensor();
  EXPECT_EQ(out.str(), "tensor([[1, 2],\n        [3, 4]]) (2, 2) int64 tensor(undefined)");
}

}  // namespace
}  // namespace xtape
