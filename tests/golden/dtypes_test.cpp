// The results of ops on every pair of dtypes against PyTorch's, from dtypes.golden, which make_dtypes.py writes. The
// two differ only in the power of a bool_ tensor to a bool, which PyTorch 1.13 refuses, too.
#include "support/expect.hpp"
#include "support/golden.hpp"

namespace xtape {
namespace {

using testing::GoldenFile;

const std::vector<DType> all_dtypes = {bool_, uint8, int32, int64, float32, float64};

struct Operand {
  std::string name;
  Tensor x;
};

/// Ones, of 2 elements and of 0 dims, in every dtype.
std::vector<Operand> operands() {
  std::vector<Operand> all;
  for (DType dtype : all_dtypes) {
    std::string name = to_string(dtype);
    if (dtype == bool_) name = "bool";
    all.push_back({name + "[2]", ones({2}, {.dtype = dtype})});
    all.push_back({name + "[]", ones({}, {.dtype = dtype})});
  }
  return all;
}

/// `result` is PyTorch's.
bool is_refused(const std::string& op, const std::vector<Tensor>& result) {
  return result.empty() || (op == "pow" && result[0].dtype() == bool_);
}

class Dtypes : public ::testing::Test {
 protected:
  template <class F>
  void check(const std::string& op, const std::string& operands, F f) {
    const std::vector<Tensor> expected = file_.take(op + " " + operands);
    if (is_refused(op, expected)) {
      EXPECT_THROW(f(), DTypeError) << op << " " << operands;
    } else {
      EXPECT_NO_THROW(comparison_.expect_same(op + " " + operands, {f()}, expected)) << op << " " << operands;
    }
  }

  template <class F>
  void binary(const std::string& op, F f) {
    for (const Operand& a : all_) {
      for (const Operand& b : all_) {
        check(op, a.name + " " + b.name, [&] { return f(a.x, b.x); });
      }
      number(op, a, "true", true, f);
      number(op, a, "1", 1, f);
      number(op, a, "1.0", 1.0, f);
    }
  }

  template <class F>
  void number(const std::string& op, const Operand& a, const std::string& name, Scalar n, F f) {
    check(op, a.name + " " + name, [&] { return f(a.x, n); });
    check(op, name + " " + a.name, [&] { return f(n, a.x); });
  }

  template <class F>
  void of_tensors(const std::string& op, bool broadcasts, F f) {
    for (const Operand& a : all_) {
      for (const Operand& b : all_) {
        if (!broadcasts && a.x.dim() + b.x.dim() < 2) continue;
        check(op, a.name + " " + b.name, [&] { return f(a.x, b.x); });
      }
    }
  }

  template <class F>
  void unary(const std::string& op, F f) {
    for (const Operand& a : all_) check(op, a.name, [&] { return f(a.x); });
  }

  GoldenFile file_{testing::golden_file("dtypes.golden")};
  testing::Comparison comparison_;
  const std::vector<Operand> all_ = operands();
};

TEST_F(Dtypes, OfResultsArePyTorchs) {  // SEMANTICS [27]
  binary("add", [](const auto& a, const auto& b) { return a + b; });
  binary("sub", [](const auto& a, const auto& b) { return a - b; });
  binary("mul", [](const auto& a, const auto& b) { return a * b; });
  binary("div", [](const auto& a, const auto& b) { return a / b; });
  binary("pow", [](const auto& a, const auto& b) { return pow(a, b); });
  binary("eq", [](const auto& a, const auto& b) { return a == b; });
  binary("lt", [](const auto& a, const auto& b) { return a < b; });
  binary("where", [](const auto& a, const auto& b) { return where(tensor({true, false}), a, b); });
  of_tensors("maximum", true, [](const Tensor& a, const Tensor& b) { return maximum(a, b); });
  of_tensors("minimum", true, [](const Tensor& a, const Tensor& b) { return minimum(a, b); });
  binary("and", [](const auto& a, const auto& b) { return a & b; });
  binary("or", [](const auto& a, const auto& b) { return a | b; });
  binary("xor", [](const auto& a, const auto& b) { return a ^ b; });
  of_tensors("isclose", true, [](const Tensor& a, const Tensor& b) { return isclose(a, b); });
  of_tensors("logical_and", true, logical_and);
  of_tensors("logical_or", true, logical_or);
  of_tensors("logical_xor", true, logical_xor);
  of_tensors("matmul", false, matmul);
  of_tensors("cat", false, [](const Tensor& a, const Tensor& b) { return cat({a, b}); });
  of_tensors("stack", false, [](const Tensor& a, const Tensor& b) { return stack({a.to(int32), b}); });
  unary("neg", neg);
  unary("abs", abs);
  unary("exp", exp);
  unary("log", log);
  unary("sqrt", sqrt);
  unary("relu", relu);
  unary("sigmoid", sigmoid);
  unary("tanh", tanh);
  unary("isnan", isnan);
  unary("sum", [](const Tensor& x) { return sum(x); });
  unary("sum over 0", [](const Tensor& x) { return sum(x, 0); });
  unary("mean", [](const Tensor& x) { return mean(x); });
  unary("max", [](const Tensor& x) { return max(x); });
  unary("max over 0", [](const Tensor& x) { return max(x, 0).values; });
  unary("argmax", [](const Tensor& x) { return argmax(x); });
  unary("softmax", [](const Tensor& x) { return softmax(x, 0); });
  unary("log_softmax", [](const Tensor& x) { return log_softmax(x, 0); });
  unary("clone", [](const Tensor& x) { return clone(x); });
  unary("clamp", [](const Tensor& x) { return clamp(x, 0, 2); });
  unary("clamp by reals", [](const Tensor& x) { return clamp(x, 0.5, 1.5); });
  unary("unsqueeze", [](const Tensor& x) { return unsqueeze(x, 0); });
  unary("clamp by truths", [](const Tensor& x) { return clamp(x, false, true); });
  unary("clamp_min", [](const Tensor& x) { return clamp_min(x, 1); });
  unary("clamp_max by a real", [](const Tensor& x) { return clamp_max(x, 1.0); });
  unary("logsumexp", [](const Tensor& x) { return logsumexp(x, 0); });
  unary("min", [](const Tensor& x) { return min(x); });
  unary("argmax over 0", [](const Tensor& x) { return argmax(x, 0); });
  unary("all", [](const Tensor& x) { return all(x); });
  unary("any over 0", [](const Tensor& x) { return any(x, 0); });
  unary("round", [](const Tensor& x) { return round(x); });
  const std::pair<const char*, Tensor (*)(const Tensor&)> functions[] = {
      {"not", bitwise_not}, {"logical_not", logical_not},
      {"isinf", isinf},     {"isfinite", isfinite},
      {"sin", sin},         {"cos", cos},
      {"tan", tan},         {"floor", floor},
      {"ceil", ceil},       {"trunc", trunc},
      {"sign", sign},       {"expm1", expm1},
      {"exp2", exp2},       {"log1p", log1p},
      {"log2", log2},       {"log10", log10},
      {"rsqrt", rsqrt},     {"square", [](const Tensor& x) { return x.square(); }},
      {"erf", erf},         {"reciprocal", reciprocal},
  };
  for (const auto& [name, f] : functions) unary(name, f);
  file_.expect_all_taken();
}

}  // namespace
}  // namespace xtape
