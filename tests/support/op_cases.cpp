#include "support/op_cases.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "support/constants.hpp"

namespace xtape::testing {

namespace {

using Registered = std::vector<void (*)(OpCases&)>;

Registered& registered() {
  static Registered all;
  return all;
}

/// As a number in Python, exactly.
std::string python(double x) {
  if (std::isnan(x)) return "nan";
  if (std::isinf(x)) return x < 0 ? "-inf" : "inf";
  if (x == 0) return std::signbit(x) ? "-0.0" : "0";  // -0 would be the integer 0
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", x);
  return text;
}

template <class List>
std::string python_list(const List& list) {
  std::string text = "[";
  for (const auto& x : list) text += (text.size() > 1 ? ", " : "") + python(x);
  return text + "]";
}

/// The call of golden.py that makes this input.
std::string python(const Input& x) {
  const std::string shape = python_list(std::vector<double>(x.shape.begin(), x.shape.end()));
  switch (x.kind) {
    case Input::Kind::uniform: return "uniform(" + shape + ", " + python(x.low) + ", " + python(x.width) + ")";
    case Input::Kind::away: return "away(" + shape + ")";
    case Input::Kind::special: return "special(" + shape + ", " + std::to_string(x.n) + ")";
    case Input::Kind::given: return "given(" + shape + ", " + python_list(x.values) + ")";
    case Input::Kind::constant: return "constant(" + shape + ", " + python_list(x.values) + ")";
    case Input::Kind::integers: return "integers(" + shape + ", " + std::to_string(x.n) + ")";
    case Input::Kind::indices: return "indices(" + shape + ", " + python_list(x.values) + ")";
    case Input::Kind::truths: return "truths(" + shape + ")";
  }
  return "";
}

}  // namespace

bool OpCase::special() const {
  return std::any_of(inputs.begin(), inputs.end(), [](const Input& x) { return x.kind == Input::Kind::special; });
}

void OpCases::add_unary(const std::string& op, const std::string& torch, Tensor (*f)(const Tensor&),
                        Input (*kind)(const Shape&)) {
  auto run = [f](Args x) { return f(x[0]); };
  const std::string call = torch + "(x[0])";
  add(op, "", {kind({2, 3, 4})}, call, run);
  add(op, "0-dim", {kind({})}, call, run);
  add(op, "empty", {kind({0, 3})}, call, run);
  add(op, "special", {special({20})}, call, run).smooth = false;
  add(op, "wide", {uniform({200}, -64, 128)}, call, run).smooth = false;
  add(op, "integers", {integers({5}, 9)}, torch + "(x[0] - 3)", [f](Args x) { return f(x[0] - 3); });
}

void OpCases::add_binary(const std::string& op, const std::string& torch, Tensor (*f)(const Tensor&, const Tensor&),
                         const BinaryOp& traits) {
  struct Pair {
    std::string name;
    Shape a, b;
  };
  const Pair pairs[] = {
      {"same", {2, 3}, {2, 3}},
      {"row", {2, 3}, {3}},
      {"column", {2, 1}, {2, 3}},
      {"outer", {3, 1}, {1, 4}},
      {"middle", {2, 3, 4}, {2, 1, 4}},
      {"ranks", {4}, {2, 1, 3, 1}},
      {"0-dim", {2, 3}, {}},
      {"both 0-dim", {}, {}},
      {"empty", {0, 3}, {1, 3}},
      {"empty by broadcasting", {3, 1}, {1, 0}},
  };
  const std::string call = torch + "(x[0], x[1])";
  auto run = [f](Args x) { return f(x[0], x[1]); };
  for (const Pair& pair : pairs) add(op, pair.name, {traits.left(pair.a), away(pair.b)}, call, run);
  add(op, "special", {special({400}, 20), special({400})}, call, run).smooth = false;
  add(op, "of itself", {positive({3})}, torch + "(x[0], x[0])", [f](Args x) { return f(x[0], x[0]); });

  const bool of_any_numbers = traits.left == away;
  add(op, "ties", {given({4}, {1, -2, 0, 3}), given({4}, {1, -2, 1, 0})}, call, run).smooth =
      of_any_numbers && !traits.compares && !traits.divides;
  add(op, "integers and reals", {integers({2, 3}, 9), positive({3})}, call, run).smooth = of_any_numbers;
  const std::vector<Input> whole = {integers({3, 1}, 9), integers({4}, 5)};
  if (traits.divides) {
    add(op, "integers", whole, torch + "(x[0], x[1] + 1)", [f](Args x) { return f(x[0], x[1] + 1); });
  } else {
    add(op, "integers", whole, call, run);
  }
}

void OpCases::add_reduction(const std::string& op, const std::string& torch,
                            Tensor (*f)(const Tensor&, const Shape&, bool)) {
  const std::string whole = torch + "(x[0])", over0 = torch + "(x[0], 0)", over1 = torch + "(x[0], 1)";
  auto of = [f](const Tensor& x) { return f(x, {}, false); };
  auto over = [f](const Tensor& x, std::int64_t dim) { return f(x, Shape{dim}, false); };
  add(op, "", {any({2, 3, 4})}, whole, [of](Args x) { return of(x[0]); });
  add(op, "0-dim", {any({})}, "[" + whole + ", " + over0 + "]", [of, over](Args x) {
    return Tensors{of(x[0]), over(x[0], 0)};
  });
  add(op, "empty", {any({0, 3})}, "[" + whole + ", " + over0 + ", " + over1 + "]", [of, over](Args x) {
    return Tensors{of(x[0]), over(x[0], 0), over(x[0], 1)};
  }).smooth = false;
  add(op, "special", {special({400}, 20), special({400})}, torch + "(torch.stack(x), 0)", [over](Args x) {
    return over(stack(x), 0);
  }).smooth = false;
  add(op, "long", {any({2, 1500})}, "[" + over1 + ", " + over0 + ", " + whole + "]", [of, over](Args x) {
    return Tensors{over(x[0], 1), over(x[0], 0), of(x[0])};
  }).smooth = false;
  const std::pair<std::string, Shape> all_dims[] = {{"0", {0}},      {"1", {1}},      {"-1", {-1}},
                                                    {"0 2", {0, 2}}, {"1 2", {1, 2}}, {"0 1 2", {0, 1, 2}}};
  for (const auto& [name, shape] : all_dims) {
    const Shape dims = shape;
    const std::string call = torch + "(x[0], " + dims.to_string();
    add(op, "over " + name, {any({2, 3, 4})}, call + ")", [f, dims](Args x) { return f(x[0], dims, false); });
    add(op, "over " + name + ", kept", {any({2, 3, 4})}, call + ", keepdim=True)",
        [f, dims](Args x) { return f(x[0], dims, true); });
  }
}

void OpCases::add_softmax(const std::string& op, const std::string& torch, Tensor (*f)(const Tensor&, std::int64_t)) {
  for (std::int64_t dim : {0, 1, 2, -1}) {
    const std::string text = std::to_string(dim);
    add(op, "over " + text, {any({2, 3, 4})}, torch + "(x[0], " + text + ")",
        [f, dim](Args x) { return f(x[0], dim); });
  }
  const std::string torch_row = torch + "(x[0], 0)", torch_rows = torch + "(x[0], 1)";
  auto row = [f](Args x) { return f(x[0], 0); };
  auto rows = [f](Args x) { return f(x[0], 1); };
  add(op, "of a row", {any({5})}, torch_row, row);
  add(op, "0-dim", {any({})}, torch_row, row);
  add(op, "one class", {any({3, 1})}, torch_rows, rows);
  add(op, "far apart", {given({2, 3}, {1000, 0, -1000, 0, -104, 88})}, torch_rows, rows).smooth = false;
  add(op, "wide", {uniform({7, 33}, -16, 32)}, torch_rows, rows).smooth = false;
  add(op, "one infinity", {given({2, 3}, {-inf, 0, 1, 2, -inf, -inf})}, torch_rows, rows).smooth = false;
  add(op, "NaN", {given({2, 3}, {nan, 0, 1, 2, 3, 4})}, torch_rows, rows).smooth = false;
  add(op, "empty", {any({2, 0}), any({0, 3})}, torch + "(x[1], 1)", [f](Args x) { return f(x[1], 1); });
}

bool register_op_cases(void (*add_cases)(OpCases&)) {
  registered().push_back(add_cases);
  return true;
}

const std::vector<OpCase>& op_cases() {
  static const OpCases all = [] {
    OpCases cases;
    for (auto add_cases : registered()) add_cases(cases);
    return cases;
  }();
  return all.list();
}

void print_op_cases() {
  std::vector<std::string> lines;
  for (const OpCase& c : op_cases()) {
    if (c.torch.empty()) continue;
    std::string inputs;
    for (const Input& x : c.inputs) inputs += python(x) + ", ";
    lines.push_back("('" + c.name + "', [" + inputs + "], \"" + c.torch + "\")");
  }
  std::sort(lines.begin(), lines.end());  // the order in which test files register is the linker's
  for (const std::string& line : lines) std::puts(line.c_str());
}

}  // namespace xtape::testing
