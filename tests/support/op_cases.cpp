#include "support/op_cases.hpp"

#include <algorithm>

namespace xtape::testing {

bool OpCase::special() const {
  return std::any_of(inputs.begin(), inputs.end(), [](const Input& x) { return x.kind == Input::Kind::special; });
}

const std::vector<OpCase>& op_cases() {
  static const OpCases all = [] {
    OpCases cases;
    add_elementwise_cases(cases);
    add_reduction_cases(cases);
    add_shape_cases(cases);
    add_loss_cases(cases);
    add_layer_cases(cases);
    return cases;
  }();
  return all.list();
}

}  // namespace xtape::testing
