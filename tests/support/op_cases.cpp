#include "support/op_cases.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

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

bool register_op_cases(void (*add_cases)(OpCases&)) {
  registered().push_back(add_cases);
  return true;
}

const std::vector<OpCase>& op_cases() {
  static const OpCases all = [] {
    OpCases cases;
    add_elementwise_cases(cases);
    add_reduction_cases(cases);
    add_shape_cases(cases);
    add_loss_cases(cases);
    add_layer_cases(cases);
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
