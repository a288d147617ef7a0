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

using Tensors = std::vector<Tensor>;
using Args = const Tensors&;

struct OpCase {
  std::string op;    // its name on the tape, or the module's
  std::string name;  // unique; starts with op
  std::vector<Input> inputs;
  std::string torch;  // the call in Python, of the list x, without double quotes; empty: not compared
  std::function<Tensors(Args)> run;
  bool smooth = true;  // differentiable at these inputs, so that differences approximate the derivative
  bool special() const;
};

/// What OpCases::add_binary must know of an op.
struct BinaryOp {
  Input (*left)(const Shape&) = away;  // left operands at which it is differentiable
  bool compares = false;               // not differentiable where the operands are equal
  bool divides = false;                // no integer divided by 0 is compared
};

class OpCases {
 public:
  /// f(Args) gives a Tensor, or several, as the Python expression `torch` does.
  template <class F>
  OpCase& add(const std::string& op, const std::string& name, const std::vector<Input>& inputs,
              const std::string& torch, F f) {
    auto run = [f](Args x) {
      if constexpr (std::is_same_v<std::invoke_result_t<F, Args>, Tensor>) {
        return Tensors{f(x)};
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
  // Cases that ops of a kind share. `torch` is PyTorch's function: "torch.erf".

  /// An elementwise function: shapes, special values, a wide range, integers. `inputs` makes numbers at which it is
  /// differentiable.
  void add_unary(const std::string& op, const std::string& torch, Tensor (*f)(const Tensor&),
                 Input (*inputs)(const Shape&) = away);
  /// An elementwise function of two tensors: broadcasting, special values, equal operands, integers.
  void add_binary(const std::string& op, const std::string& torch, Tensor (*f)(const Tensor&, const Tensor&),
                  const BinaryOp& traits = {});
  /// A reduction over dims: all of them, each, and several, kept or not.
  void add_reduction(const std::string& op, const std::string& torch, Tensor (*f)(const Tensor&, const Shape&, bool));
  /// softmax and its relatives along a dim: rows whose exponentials overflow or vanish, infinities, NaN.
  void add_softmax(const std::string& op, const std::string& torch, Tensor (*f)(const Tensor&, std::int64_t));

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

/// Opens a function that adds the cases of an op, or of several under a name of their own, to `cases`.
#define XTAPE_OP_CASES(op)                                                                       \
  void add_cases_of_##op(::xtape::testing::OpCases& cases);                                      \
  const bool op##_cases_are_registered = ::xtape::testing::register_op_cases(add_cases_of_##op); \
  void add_cases_of_##op(::xtape::testing::OpCases& cases)

/// f of Reduction::none, mean and sum.
template <class F>
Tensors with_each_reduction(F f) {
  return {f(Reduction::none), f(Reduction::mean), f(Reduction::sum)};
}

/// Makes a Parameter refer to another tensor, which no program can do.
struct Rebound : Tensor {
  static void set(Tensor& member, const Tensor& other) {
    void (Tensor::*const rebind_member)(const Tensor&) noexcept = &Rebound::rebind;
    (member.*rebind_member)(other);
  }
};

/// The layer with these tensors as its parameters, so that gradients reach them. They are not registered.
template <class Layer>
Layer with_parameters(Layer layer, const Tensor& weight, const Tensor& bias) {
  layer.to(weight.dtype());
  Rebound::set(layer.weight, weight);
  Rebound::set(layer.bias, bias);
  return layer;
}

}  // namespace xtape::testing
