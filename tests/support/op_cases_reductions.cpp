// Sums, extrema, softmax and matrices; golden/make_ops.py has the same cases.
// clang-format off
#include "support/constants.hpp"
#include "support/op_cases.hpp"

namespace xtape::testing {

namespace {

using Tensors = std::vector<Tensor>;
using OverDims = Tensor (*)(const Tensor&, const Shape&, bool);
using OverDim = Tensor (*)(const Tensor&, std::int64_t);
using Extremum = ValuesAndIndices (*)(const Tensor&, std::int64_t, bool);

void add_sum(OpCases& cases, const std::string& op, OverDims f) {
  auto whole = [f](const Tensor& x) { return f(x, {}, false); };
  auto over = [f](const Tensor& x, std::int64_t dim) { return f(x, Shape{dim}, false); };
  cases.add(op, "", {any({2, 3, 4})}, [whole](Args x) { return whole(x[0]); });
  cases.add(op, "0-dim", {any({})}, [whole, over](Args x) { return Tensors{whole(x[0]), over(x[0], 0)}; });
  cases.add(op, "empty", {any({0, 3})},
            [whole, over](Args x) { return Tensors{whole(x[0]), over(x[0], 0), over(x[0], 1)}; }).smooth = false;
  cases.add(op, "special", {special({400}, 20), special({400})}, [over](Args x) { return over(stack(x), 0); }).smooth =
      false;
  cases.add(op, "long", {any({2, 1500})},
            [whole, over](Args x) { return Tensors{over(x[0], 1), over(x[0], 0), whole(x[0])}; }).smooth = false;
  const std::vector<std::pair<std::string, Shape>> all_dims = {{"0", {0}},      {"1", {1}},      {"-1", {-1}},
                                                               {"0 2", {0, 2}}, {"1 2", {1, 2}}, {"0 1 2", {0, 1, 2}}};
  for (const auto& entry : all_dims) {
    const Shape& dims = entry.second;
    cases.add(op, "over " + entry.first, {any({2, 3, 4})}, [f, dims](Args x) { return f(x[0], dims, false); });
    cases.add(op, "over " + entry.first + ", kept", {any({2, 3, 4})},
              [f, dims](Args x) { return f(x[0], dims, true); });
  }
}

void add_softmax(OpCases& cases, const std::string& op, OverDim f) {
  for (std::int64_t dim : {0, 1, 2, -1}) {
    cases.add(op, "over " + std::to_string(dim), {any({2, 3, 4})}, [f, dim](Args x) { return f(x[0], dim); });
  }
  auto row = [f](Args x) { return f(x[0], 0); };
  auto rows = [f](Args x) { return f(x[0], 1); };
  cases.add(op, "of a row", {any({5})}, row);
  cases.add(op, "0-dim", {any({})}, row);
  cases.add(op, "one class", {any({3, 1})}, rows);
  cases.add(op, "far apart", {given({2, 3}, {1000, 0, -1000, 0, -104, 88})}, rows).smooth = false;
  cases.add(op, "wide", {uniform({7, 33}, -16, 32)}, rows).smooth = false;
  cases.add(op, "one infinity", {given({2, 3}, {-inf, 0, 1, 2, -inf, -inf})}, rows).smooth = false;
  cases.add(op, "NaN", {given({2, 3}, {nan, 0, 1, 2, 3, 4})}, rows).smooth = false;
  cases.add(op, "empty", {any({2, 0}), any({0, 3})}, [f](Args x) { return f(x[1], 1); });
}

void add_extremum(OpCases& cases, const std::string& op, Tensor (*whole)(const Tensor&), Extremum along) {
  auto both = [along](const Tensor& x, std::int64_t dim, bool keepdim) {
    const ValuesAndIndices y = along(x, dim, keepdim);
    return Tensors{y.values, y.indices};
  };
  auto over1 = [both](Args x) { return both(x[0], 1, false); };
  const Input ties = given({2, 3}, {3, 1, 3, 1, 1, 3});
  cases.add(op, "", {any({2, 3, 4})}, [whole](Args x) { return whole(x[0]); });
  cases.add(op, "0-dim", {any({})}, [whole, along](Args x) {
    const ValuesAndIndices y = along(x[0], 0, false);
    return Tensors{whole(x[0]), y.values, y.indices};
  });
  cases.add(op, "ties", {ties}, [whole](Args x) { return whole(x[0]); }).smooth = false;
  cases.add(op, "NaN", {given({2, 3}, {3, nan, 5, 1, 1, 3})}, [along](Args x) {
    const ValuesAndIndices a = along(x[0], 1, false), b = along(x[0], 0, false);
    return Tensors{a.values, a.indices, b.values, b.indices};
  }).smooth = false;
  for (std::int64_t dim : {0, 1, -1}) {
    const std::string name = "over " + std::to_string(dim);
    cases.add(op, name, {any({2, 3, 4})}, [both, dim](Args x) { return both(x[0], dim, false); });
    cases.add(op, name + ", kept", {any({2, 3, 4})}, [both, dim](Args x) { return both(x[0], dim, true); });
  }
  cases.add(op, "ties over 1", {ties}, over1).smooth = false;
  cases.add(op, "infinities", {given({2, 3}, {-inf, -inf, -inf, inf, 0, inf})}, over1).smooth = false;
  cases.add(op, "integers", {integers({3, 4}, 5)}, [whole, along](Args x) {
    const ValuesAndIndices y = along(x[0], 1, false);
    return Tensors{whole(x[0]), y.values, y.indices};
  });
}

void add_argmax(OpCases& cases) {
  cases.add("argmax", "", {any({2, 3, 4})}, [](Args x) {
    return Tensors{argmax(x[0]), argmax(x[0], 0), argmax(x[0], 1), argmax(x[0], 2)};
  });
  cases.add("argmax", "kept", {any({2, 3})}, [](Args x) { return argmax(x[0], 1, true); });
  cases.add("argmax", "ties and NaN", {given({3, 3}, {1, 2, 2, nan, 5, nan, -inf, -inf, -inf})}, [](Args x) {
    return Tensors{argmax(x[0], 1), argmax(x[0], 0), argmax(x[0])};
  }).smooth = false;
}

std::string joined(const Shape& shape) {
  std::string text;
  for (std::int64_t extent : shape) text += (text.empty() ? "" : "x") + std::to_string(extent);
  return text;
}

void add_matrices(OpCases& cases) {
  const std::vector<std::pair<Shape, Shape>> shapes = {
      {{3}, {3}},       {{2, 3}, {3}},          {{3}, {3, 2}},          {{2, 3}, {3, 4}},          {{1, 3}, {3, 1}},
      {{2, 2, 3}, {3}}, {{3}, {2, 3, 2}},       {{2, 2, 3}, {2, 3, 2}}, {{2, 2, 3}, {3, 2}},       {{2, 3}, {2, 3, 2}},
      {{2, 0}, {0, 3}}, {{1, 2, 2}, {2, 2, 2}}, {{0, 2}, {2, 3}},       {{2, 1, 2, 3}, {3, 3, 1}}, {{2, 3}, {3, 0}},
      {{17, 33}, {33, 19}}, {{0, 2, 3}, {3, 4}},
  };
  for (const auto& entry : shapes) {
    cases.add("matmul", joined(entry.first) + " by " + joined(entry.second), {any(entry.first), any(entry.second)},
              [](Args x) { return matmul(x[0], x[1]); }).smooth = entry.first.numel() < 100;
  }
  cases.add("matmul", "by its transpose", {any({2, 3})}, [](Args x) { return matmul(x[0], x[0].transpose(0, 1)); });
  const std::vector<std::pair<std::string, Shape>> inputs = {
      {"", {4, 3}}, {"of a row", {3}}, {"of 3-D input", {2, 2, 3}}, {"of no rows", {0, 3}}};
  for (const auto& entry : inputs) {
    cases.add("linear", entry.first, {any(entry.second), any({2, 3}), any({2})},
              [](Args x) { return linear(x[0], x[1], x[2]); });
    cases.add("linear", entry.first + ", without bias", {any(entry.second), any({2, 3})},
              [](Args x) { return linear(x[0], x[1]); });
  }
  cases.add("linear", "without inputs", {any({2, 0}), any({3, 0}), any({3})},
            [](Args x) { return linear(x[0], x[1], x[2]); });
}

}  // namespace

void add_reduction_cases(OpCases& cases) {
  add_sum(cases, "sum", sum);
  add_sum(cases, "mean", mean);
  cases.add("sum", "integers", {integers({2, 3}, 9), truths({2, 3})}, [](Args x) {
    return Tensors{x[0].sum(), x[0].sum(0), x[0].to(int32).sum(1), x[1].sum(), x[0].to(uint8).sum(1)};
  });
  add_softmax(cases, "logsumexp", [](const Tensor& x, std::int64_t dim) { return logsumexp(x, dim); });
  add_softmax(cases, "softmax", softmax);
  add_softmax(cases, "log_softmax", log_softmax);  // twice differentiable: SEMANTICS [4]
  cases.add("logsumexp", "kept", {any({2, 3})}, [](Args x) { return logsumexp(x[0], 1, true); });
  cases.add("logsumexp", "kept, of 3-D input", {any({2, 3, 4})}, [](Args x) {
    return Tensors{logsumexp(x[0], 0, true), logsumexp(x[0], 1, true), logsumexp(x[0], -1, true)};
  }).golden = false;
  for (double value : {-inf, inf}) {
    const std::string name = value < 0 ? "all -inf" : "inf";
    cases.add("logsumexp", name, {given({2, 2}, {value, value < 0 ? value : 0, 0, 1})},
              [](Args x) { return logsumexp(x[0].detach(), 1); }).smooth = false;
  }
  add_extremum(cases, "max", max, max);
  add_extremum(cases, "min", min, min);
  add_argmax(cases);
  add_matrices(cases);
}

}  // namespace xtape::testing
