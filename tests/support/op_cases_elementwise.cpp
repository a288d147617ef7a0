// Arithmetic, functions and comparisons, element by element; golden/make_ops.py has the same cases.
// clang-format off
#include <cmath>
#include <cstdio>

#include "support/constants.hpp"
#include "support/op_cases.hpp"

namespace xtape::testing {

namespace {

using Unary = Tensor (*)(const Tensor&);
using Binary = Tensor (*)(const Tensor&, const Tensor&);

struct Pair {
  std::string name;
  Shape a, b;
};
const std::vector<Pair> pairs = {
    {"same", {2, 3}, {2, 3}},     {"row", {2, 3}, {3}},       {"column", {2, 1}, {2, 3}},
    {"outer", {3, 1}, {1, 4}},    {"0-dim", {2, 3}, {}},      {"both 0-dim", {}, {}},
    {"empty", {0, 3}, {1, 3}},    {"ranks", {4}, {2, 1, 3, 1}}, {"empty by broadcasting", {3, 1}, {1, 0}},
    {"middle", {2, 3, 4}, {2, 1, 4}},
};

void add_binary(OpCases& cases, const std::string& op, Binary f) {
  const bool is_pow = op == "pow", is_div = op == "div", has_kink = op == "maximum" || op == "minimum";
  for (const Pair& pair : pairs) {
    cases.add(op, pair.name, {is_pow ? positive(pair.a) : away(pair.a), away(pair.b)},
              [f](Args x) { return f(x[0], x[1]); });
  }
  cases.add(op, "special", {special({400}, 20), special({400})}, [f](Args x) { return f(x[0], x[1]); }).smooth = false;
  cases.add(op, "of itself", {positive({3})}, [f](Args x) { return f(x[0], x[0]); });
  cases.add(op, "ties", {given({4}, {1, -2, 0, 3}), given({4}, {1, -2, 1, 0})},
            [f](Args x) { return f(x[0], x[1]); }).smooth = !has_kink && !is_pow && !is_div;
  cases.add(op, "integers", {integers({3, 1}, 9), integers({4}, 5)},
            [f, is_div](Args x) { return f(x[0], x[1] + (is_div ? 1 : 0)); });
  cases.add(op, "integers and reals", {integers({2, 3}, 9), positive({3})}, [f](Args x) { return f(x[0], x[1]); })
      .smooth = !is_pow;
}

std::string number(double e) {
  char text[16];
  std::snprintf(text, sizeof text, "%g", e);
  return text;
}

void add_numbers(OpCases& cases) {
  const std::vector<double> roots = {0, 1, 0.5, 3, inf, std::nan(""), 1e-40, 88.5, -1, -2.5};
  const std::vector<Input> x23 = {away({2, 3})};
  cases.add("add", "number", x23, [](Args x) { return x[0] + 2.5; });
  cases.add("add", "from number", x23, [](Args x) { return 2 + x[0]; });
  cases.add("sub", "number", x23, [](Args x) { return x[0] - 2.5; });
  cases.add("sub", "from number", x23, [](Args x) { return 2.5 - x[0]; });
  cases.add("mul", "number", x23, [](Args x) { return x[0] * -3; });
  cases.add("div", "number", x23, [](Args x) { return x[0] / 0.3; });
  cases.add("div", "from number", x23, [](Args x) { return 0.3 / x[0]; });
  cases.add("div", "by zero", x23, [](Args x) { return x[0] / 0; }).smooth = false;
  cases.add("maximum", "number", x23, [](Args x) { return maximum(x[0], 0.3); });
  cases.add("minimum", "number", x23, [](Args x) { return minimum(x[0], 0.3); });
  for (double e : {-2.5, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0}) {
    cases.add("pow", "to " + number(e), {positive({2, 3})}, [e](Args x) { return pow(x[0], e); });
    const bool is_half = e == 0.5 || e == -0.5 || e == 1.5;
    cases.add("pow", "special to " + number(e), {is_half ? given({10}, roots) : special({20})},
              [e](Args x) { return pow(x[0], e); }).smooth = false;
  }
  cases.add("pow", "negative base", {given({3}, {-1, -2, -0.5}), constant({3}, {3, 2, -2})},
            [](Args x) { return pow(x[0], x[1]); });
  cases.add("pow", "of number", x23, [](Args x) { return pow(2, x[0]); });
  for (double e : {-2.0, 0.0, 1.0, 2.0, 3.0}) {
    cases.add("pow", "of both signs to " + number(e), x23, [e](Args x) { return pow(x[0], e); }).golden = false;
  }
  cases.add("pow", "to tensors of zeros", {positive({2}), given({2}, {0, 0})},  // the mixed derivative is 1/a, not 0
            [](Args x) { return pow(x[0], x[1]); }).golden = false;
}

void add_unary(OpCases& cases, const std::string& op, Unary f) {
  const auto kind = op == "log" || op == "sqrt" ? positive : away;
  auto run = [f](Args x) { return f(x[0]); };
  cases.add(op, "", {kind({2, 3, 4})}, run);
  cases.add(op, "0-dim", {kind({})}, run);
  cases.add(op, "empty", {kind({0, 3})}, run);
  cases.add(op, "special", {special({20})}, run).smooth = false;
  cases.add(op, "wide", {uniform({200}, -64, 128)}, run).smooth = false;
  cases.add(op, "integers", {integers({5}, 9)}, [f](Args x) { return f(x[0] - 3); });
}

void add_comparison(OpCases& cases, const std::string& op, Binary f, Tensor (*with_number)(const Tensor&, Scalar)) {
  auto run = [f](Args x) { return f(x[0], x[1]); };
  cases.add(op, "ties", {given({2, 2}, {1, 2, 3, 4}), given({2}, {1, 3})}, run).smooth = false;
  cases.add(op, "special", {special({400}, 20), special({400})}, run).smooth = false;
  cases.add(op, "number", {given({3}, {1, 2, 3})},
            [with_number](Args x) { return with_number(x[0], 2); }).smooth = false;
}

void add_clamp_and_where(OpCases& cases) {
  cases.add("clamp", "", {away({4, 5})}, [](Args x) { return clamp(x[0], -1, 1.5); });
  cases.add("clamp", "wrong way round", {away({4, 5})}, [](Args x) { return clamp(x[0], 1.5, -1); });
  cases.add("clamp", "to infinity", {away({20})}, [](Args x) { return clamp(x[0], 0.75, inf); });
  cases.add("clamp", "special", {special({20})}, [](Args x) { return clamp(x[0], -1.75, 50); }).smooth = false;
  cases.add("clamp", "at the bounds", {given({4}, {-1, 1, 0, 2})},
            [](Args x) { return clamp(x[0].detach(), -1, 1); }).smooth = false;
  cases.add("clamp", "integers", {integers({9}, 9)}, [](Args x) { return clamp(x[0], 2, 5); });
  auto choose = [](Args x) { return where(x[0], x[1], x[2]); };
  cases.add("where", "", {truths({2, 3}), any({2, 3}), any({2, 3})}, choose);
  cases.add("where", "broadcast", {truths({2, 1, 3}), any({4, 1}), any({3})}, choose);
  cases.add("where", "numbers", {truths({2, 3}), any({2, 3}), any({2, 3})}, [](Args x) {
    return std::vector<Tensor>{where(x[0], x[1], 2.5), where(x[0], -1, x[2])};
  });
  cases.add("where", "special", {truths({20}), special({20}), any({20})}, choose).smooth = false;
}

void add_casts(OpCases& cases) {
  cases.add("to", "float32", {any({2, 3})}, [](Args x) { return x[0].to(float32); }).smooth = false;
  cases.add("to", "float64", {any({2, 3})}, [](Args x) { return x[0].to(float64); });
  cases.add("to", "integers", {away({9})}, [](Args x) {
    return std::vector<Tensor>{x[0].to(int32), x[0].to(int64), x[0].to(bool_), x[0].abs().to(uint8)};
  });
  cases.add("to", "of integers", {integers({9}, 3000)}, [](Args x) {
    return std::vector<Tensor>{x[0].to(uint8), x[0].to(int32), x[0].to(float32), x[0].to(float64), x[0].to(bool_)};
  });
  cases.add("to", "and back", {any({2, 3})}, [](Args x) { return (x[0] * 3).to(float32).to(float64); }).smooth = false;
  cases.add("clone", "", {any({2, 3})}, [](Args x) { return x[0].clone(); });
}

}  // namespace

void add_elementwise_cases(OpCases& cases) {
  add_binary(cases, "add", add);
  add_binary(cases, "sub", sub);
  add_binary(cases, "mul", mul);
  add_binary(cases, "div", div);
  add_binary(cases, "maximum", maximum);
  add_binary(cases, "minimum", minimum);
  add_binary(cases, "pow", pow);
  add_numbers(cases);
  add_unary(cases, "neg", neg);
  add_unary(cases, "abs", abs);
  add_unary(cases, "exp", exp);
  add_unary(cases, "log", log);
  add_unary(cases, "sqrt", sqrt);
  add_unary(cases, "relu", relu);
  add_unary(cases, "sigmoid", sigmoid);
  add_unary(cases, "tanh", tanh);
  add_comparison(cases, "eq", eq, [](const Tensor& x, Scalar n) { return x == n; });
  add_comparison(cases, "ne", ne, [](const Tensor& x, Scalar n) { return x != n; });
  add_comparison(cases, "lt", lt, [](const Tensor& x, Scalar n) { return x < n; });
  add_comparison(cases, "le", le, [](const Tensor& x, Scalar n) { return x <= n; });
  add_comparison(cases, "gt", gt, [](const Tensor& x, Scalar n) { return x > n; });
  add_comparison(cases, "ge", ge, [](const Tensor& x, Scalar n) { return x >= n; });
  cases.add("isnan", "special", {special({20})}, [](Args x) { return isnan(x[0]); }).smooth = false;
  add_clamp_and_where(cases);
  add_casts(cases);
}

}  // namespace xtape::testing
