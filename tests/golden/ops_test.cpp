// Every op and layer against PyTorch's, value and gradient, in both dtypes: the cases of support/op_cases.hpp that have
// a call in PyTorch, and its answers in ops.golden, which make_ops.py writes.
#include <algorithm>

#include "support/expect.hpp"
#include "support/golden.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::Closeness;
using testing::Comparison;
using testing::GoldenFile;
using testing::OpCase;

TEST(OpsGolden, EveryCaseAgreesWithPyTorch) {
  GoldenFile file(testing::golden_file("ops.golden"));
  Comparison comparison;
  for (const OpCase& c : testing::op_cases()) {
    if (c.torch.empty()) continue;
    const bool special = c.special();  // extreme numbers: errors relative to the number itself, however small
    for (DType dtype : {float64, float32}) {
      SCOPED_TRACE(c.name);
      const std::vector<Tensor> x = make_inputs(c.name, c.inputs, dtype);
      const std::vector<Tensor> y = c.run(x), expected = file.take(c.name + " " + to_string(dtype));
      const auto values = expected.begin() + static_cast<std::ptrdiff_t>(std::min(y.size(), expected.size()));
      comparison.set(special ? Closeness{8e-16, 4e-7, 1e-300} : Closeness{});
      comparison.expect_same(c.name, y, {expected.begin(), values});
      comparison.set(special ? Closeness{1e-13, 1e-5, 1e-300} : Closeness{});  // 1e-5: 1 - y^2 of a tanh near 1
      comparison.expect_same(c.name + ", gradients", testing::gradients(c.name, y, x), {values, expected.end()});
    }
  }
  file.expect_all_taken();
}

}  // namespace
}  // namespace xtape
