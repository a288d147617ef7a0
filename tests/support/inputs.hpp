// Inputs of tests, drawn from a case's name: the numbers are the same here and in tests/golden/golden.py, bit for bit,
// so that golden files hold only results.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/constants.hpp"
#include "xtape/xtape.hpp"

namespace xtape::testing {

/// The shape of an input and the rule that fills it from a key. Real inputs have the case's dtype (doubles, rounded to
/// it) and require grad, except constants; integers and indices are int64, truths bool_.
struct Input {
  enum class Kind : std::uint8_t { uniform, away, special, given, constant, integers, indices, truths };
  Kind kind;
  Shape shape;
  double low = 0, width = 0;  // uniform: [low, low + width)
  std::int64_t n = 1;         // integers: [0, n); special: each value n times in a row
  std::vector<double> values = {};

  bool is_real() const { return kind < Kind::integers; }
  Tensor make(const std::string& key, DType dtype) const;
};

inline Input uniform(const Shape& shape, double low, double width) { return {Input::Kind::uniform, shape, low, width}; }
inline Input any(const Shape& shape) { return uniform(shape, -2, 4); }
inline Input positive(const Shape& shape) { return uniform(shape, 0.5, 2); }
/// Of both signs, at least 0.25 from 0.
inline Input away(const Shape& shape) { return {Input::Kind::away, shape}; }
/// Zeros, infinities, NaN, denormals, huge numbers: special_values in a cycle, each `repeat` times in a row.
inline Input special(const Shape& shape, std::int64_t repeat = 1) {
  return {Input::Kind::special, shape, 0, 0, repeat};
}
inline Input given(const Shape& shape, const std::vector<double>& values) {
  return {Input::Kind::given, shape, 0, 0, 1, values};
}
inline Input constant(const Shape& shape, const std::vector<double>& values) {
  return {Input::Kind::constant, shape, 0, 0, 1, values};
}
/// Six rows for a normalization: constant, consecutive, with NaN, with infinity, tiny, almost all zeros.
inline Input extreme_rows() {
  return given({6, 4}, {1,   1, 1, 1, 8,     9,     10,    11,    1, nan, 2, 3,  //
                        inf, 1, 2, 3, 1e-20, 2e-20, 3e-20, 4e-20, 0, 0,   0, 5});
}
inline Input integers(const Shape& shape, std::int64_t below) { return {Input::Kind::integers, shape, 0, 0, below}; }
inline Input indices(const Shape& shape, const std::vector<double>& values) {
  return {Input::Kind::indices, shape, 0, 0, 1, values};
}
inline Input truths(const Shape& shape) { return {Input::Kind::truths, shape}; }

/// The inputs of a case, each from its own key.
std::vector<Tensor> make_inputs(const std::string& name, const std::vector<Input>& inputs, DType dtype);

/// The gradient that arrives at output k of a case.
Tensor upstream(const std::string& name, std::size_t k, const Tensor& y);

/// The gradients at the inputs that require grad, under `upstream`; zeros for an input that gets none.
std::vector<Tensor> gradients(const std::string& name, const std::vector<Tensor>& outputs,
                              const std::vector<Tensor>& inputs, GradOptions options = {});

}  // namespace xtape::testing
