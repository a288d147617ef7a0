// The table of ops: for each op, layer and loss, inputs, a call, and the same call in PyTorch. The cases of an op stand
// in its test file:
//
//     XTAPE_OP_CASES(erf) {
//       cases.add("erf", "0-dim", {any({})}, "torch.erf(x[0])", [](Args x) { return erf(x[0]); });
//     }
//
// Two tests run the whole table: gradcheck_test (numeric first and second derivatives; it fails for an op without a
// case) and golden/ops_test (PyTorch's answers, which make_ops.py computes from the table that
// `xtape_tests --op-cases` prints).
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
  std::string torch;  // the call in Python, of the list x, without double quotes; empty: not compared
  std::function<std::vector<Tensor>(Args)> run;
  bool smooth = true;  // differentiable at these inputs, so that differences approximate the derivative
  bool golden = true;  // make_ops.py has the same case
  bool special() const;
};

class OpCases {
 public:
  /// f(Args) gives a Tensor, or several, as the Python expression `torch` does.
  template <class F>
  OpCase& add(const std::string& op, const std::string& name, const std::vector<Input>& inputs,
              const std::string& torch, F f) {
    auto run = [f](Args x) {
      if constexpr (std::is_same_v<std::invoke_result_t<F, Args>, Tensor>) {
        return std::vector<Tensor>{f(x)};
      } else {
        return f(x);
      }
    };
    list_.push_back({op, name.empty() ? op : op + " " + name, inputs, torch, run});
    return list_.back();
  }
  template <class F>
  OpCase& add(const std::string& op, const std::string& name, const std::vector<Input>& inputs, F f) {
    return add(op, name, inputs, "", f);
  }
  /// The cases of an elementwise function: shapes, special values, a wide range, integers. `inputs` makes numbers at
  /// which it is differentiable; `torch` is PyTorch's function, "torch.erf".
  void add_unary(const std::string& op, const std::string& torch, Tensor (*f)(const Tensor&),
                 Input (*inputs)(const Shape&) = away);
  const std::vector<OpCase>& list() const noexcept { return list_; }

 private:
  std::vector<OpCase> list_;
};

/// All cases.
const std::vector<OpCase>& op_cases();

/// Prints a line for each case that is compared with PyTorch: a Python tuple of its name, its inputs in the words of
/// golden.py, and its call.
void print_op_cases();

/// Registers a function that adds cases.
bool register_op_cases(void (*add_cases)(OpCases&));

#define XTAPE_OP_CASES(op)                                                                       \
  void add_cases_of_##op(::xtape::testing::OpCases& cases);                                      \
  const bool op##_cases_are_registered = ::xtape::testing::register_op_cases(add_cases_of_##op); \
  void add_cases_of_##op(::xtape::testing::OpCases& cases)

void add_elementwise_cases(OpCases& cases);
void add_reduction_cases(OpCases& cases);
void add_shape_cases(OpCases& cases);
void add_loss_cases(OpCases& cases);
void add_layer_cases(OpCases& cases);

}  // namespace xtape::testing
