// The table of ops: for each op, layer and loss, inputs and a call. Two tests run the whole table: gradcheck_test
// (numeric first and second derivatives; it fails for an op without a case) and golden/ops_test (PyTorch's answers;
// make_ops.py has the same cases under the same names).
#pragma once

#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include "support/inputs.hpp"

namespace xtape::testing {

using Args = const std::vector<Tensor>&;

struct OpCase {
  std::string op;    // its name on the tape, or the module's
  std::string name;  // unique; starts with op
  std::vector<Input> inputs;
  std::function<std::vector<Tensor>(Args)> run;
  bool smooth = true;  // differentiable at these inputs, so that differences approximate the derivative
  bool golden = true;  // make_ops.py has the same case
  bool special() const;
};

class OpCases {
 public:
  /// f(Args) gives a Tensor, or several.
  template <class F>
  OpCase& add(const std::string& op, const std::string& name, const std::vector<Input>& inputs, F f) {
    auto run = [f](Args x) {
      if constexpr (std::is_same_v<std::invoke_result_t<F, Args>, Tensor>) {
        return std::vector<Tensor>{f(x)};
      } else {
        return f(x);
      }
    };
    list_.push_back({op, name.empty() ? op : op + " " + name, inputs, run});
    return list_.back();
  }
  const std::vector<OpCase>& list() const noexcept { return list_; }

 private:
  std::vector<OpCase> list_;
};

/// All cases.
const std::vector<OpCase>& op_cases();

void add_elementwise_cases(OpCases& cases);
void add_reduction_cases(OpCases& cases);
void add_shape_cases(OpCases& cases);
void add_loss_cases(OpCases& cases);
void add_layer_cases(OpCases& cases);

}  // namespace xtape::testing
