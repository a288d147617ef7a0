// Moving and selecting elements; golden/make_ops.py has the same cases.
// clang-format off
#include "support/op_cases.hpp"

namespace xtape::testing {

namespace {

using Tensors = std::vector<Tensor>;

void add_renamed_dims(OpCases& cases) {
  const std::vector<Input> x234 = {any({2, 3, 4})};
  cases.add("reshape", "", x234, [](Args x) { return x[0].reshape({4, -1}); });
  cases.add("reshape", "0-dim", {any({1, 1})}, [](Args x) { return x[0].reshape(Shape{}); });
  cases.add("reshape", "flatten", x234,
            [](Args x) { return Tensors{x[0].flatten(), x[0].flatten(1), x[0].flatten(0, 1)}; });
  cases.add("reshape", "squeeze", {any({1, 3, 1})},
            [](Args x) { return Tensors{x[0].squeeze(), x[0].squeeze(0), x[0].squeeze(1)}; });
  cases.add("reshape", "unsqueeze", {any({2, 3})},
            [](Args x) { return Tensors{x[0].unsqueeze(0), x[0].unsqueeze(-1), x[0].unsqueeze(1)}; });
}

void add_moved(OpCases& cases) {
  const std::vector<Input> x234 = {any({2, 3, 4})};
  cases.add("transpose", "", x234, [](Args x) {
    return Tensors{x[0].transpose(0, 1), x[0].transpose(-1, 0), x[0].transpose(1, 1)};
  });
  cases.add("permute", "", x234, [](Args x) { return Tensors{x[0].permute({2, 0, 1}), x[0].permute({-1, 1, 0})}; });
  cases.add("permute", "0-dim", {any({})}, [](Args x) { return x[0].permute(Shape{}); });
  cases.add("expand", "", {any({3, 1})}, [](Args x) { return Tensors{x[0].expand({3, 4}), x[0].expand({2, -1, 4})}; });
  cases.add("expand", "0-dim", {any({})}, [](Args x) { return x[0].expand({2, 3}); });
  cases.add("expand", "to nothing", {any({3, 1})}, [](Args x) { return x[0].expand({3, 0}); });
}

void add_joined(OpCases& cases) {
  for (std::int64_t dim : {0, 1, -1}) {
    cases.add("stack", "along " + std::to_string(dim), {any({2, 3}), any({2, 3})},
              [dim](Args x) { return stack(x, dim); });
  }
  cases.add("cat", "along 0", {any({2, 3}), any({1, 3}), any({0, 3})}, [](Args x) { return cat(x, 0); });
  cases.add("cat", "along 1", {any({2, 3}), any({2, 1})}, [](Args x) { return cat(x, 1); });
  cases.add("cat", "along -1", {any({2, 2, 3}), any({2, 2, 2})}, [](Args x) { return cat(x, -1); });
  cases.add("cat", "of itself", {any({2, 3})}, [](Args x) { return cat({x[0], x[0] * 2, x[0]}); });
  cases.add("cat", "with (0)", {any({0}), any({2, 3}), any({0}), any({2, 1})},
            [](Args x) { return cat(x, 1); }).golden = false;
  cases.add("cat", "dtypes", {any({2}), integers({3}, 9)}, [](Args x) { return cat({x[0], x[1]}); });
}

void add_selected(OpCases& cases) {
  const std::vector<Input> x234 = {any({2, 3, 4})};
  cases.add("narrow", "", x234, [](Args x) {
    return Tensors{x[0].narrow(0, 1, 1), x[0].narrow(1, 0, 2), x[0].narrow(-1, 2, 2)};
  });
  cases.add("narrow", "to nothing", x234, [](Args x) { return x[0].narrow(1, 3, 0); });
  cases.add("select", "", x234, [](Args x) {
    return Tensors{select(x[0], 0, 1), select(x[0], 1, -1), select(x[0], -1, 0), x[0][1][2]};
  });
  auto choose = [](std::int64_t dim) { return [dim](Args x) { return index_select(x[0], dim, x[1]); }; };
  cases.add("index_select", "along 0", {any({4, 3}), indices({5}, {3, 0, 0, 2, 3})}, choose(0));
  cases.add("index_select", "along 1", {any({2, 3, 2}), indices({2}, {2, 1})}, choose(1));
  cases.add("index_select", "of repeated slices", {any({2, 3, 4}), indices({3}, {1, 0, 1})}, [](Args x) {
    return Tensors{index_select(x[0], 0, x[1]), index_select(x[0], 1, x[1]), index_select(x[0], -1, x[1])};
  }).golden = false;
  cases.add("index_select", "of 0-dim", {any({}), indices({1}, {0})}, choose(0)).golden = false;
  cases.add("index_select", "of nothing", {any({4, 3}), indices({0}, {})}, choose(0));
  auto collect = [](std::int64_t dim) { return [dim](Args x) { return gather(x[0], dim, x[1]); }; };
  cases.add("gather", "along 0", {any({3, 2}), indices({2, 2}, {0, 2, 2, 2})}, collect(0));
  cases.add("gather", "along 1", {any({3, 4}), indices({3, 2}, {0, 3, 1, 1, 2, 0})}, collect(1));
  cases.add("gather", "3-D", {any({2, 3, 2}), indices({2, 1, 2}, {0, 2, 1, 1})}, collect(1));
  cases.add("gather", "of 0-dim", {any({}), indices({3}, {0, 0, 0})}, collect(0)).golden = false;
  cases.add("gather", "by 0-dim", {any({3}), indices({}, {2})}, collect(-1)).golden = false;
  cases.add("gather", "of repeated elements", {any({2, 3, 4}), indices({1, 2, 3}, {1, 0, 1, 0, 0, 1})}, [](Args x) {
    return Tensors{gather(x[0], 0, x[1]), gather(x[0], 1, x[1]), gather(x[0], -1, x[1])};
  }).golden = false;
}

}  // namespace

void add_shape_cases(OpCases& cases) {
  add_renamed_dims(cases);
  add_moved(cases);
  add_joined(cases);
  add_selected(cases);
}

}  // namespace xtape::testing
