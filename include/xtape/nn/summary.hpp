// summary: a table of a model's modules, with their output shapes and parameters.
#pragma once

#include <concepts>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

#include "xtape/nn/module.hpp"

namespace xtape::nn {

struct SummaryOptions {
  DType dtype = DType::float32;  ///< of the input: int64 for a model that begins with an Embedding
};

/// What summary() found; to_string() makes a table of it.
class XTAPE_API Summary {
 public:
  struct Row {
    std::string path;             ///< "encoder.fc1"; "" for the model itself
    std::string type;             ///< "Linear"; "function" for a plain function in a Sequential
    std::vector<Shape> outputs;   ///< of each call of its forward
    std::int64_t parameters = 0;  ///< its own elements, not its children's; a tied parameter counts once
    std::int64_t trainable = 0;   ///< those of them that require grad
  };

  explicit Summary(std::vector<Row> rows);

  /// Parents first, each module once.
  const std::vector<Row>& rows() const noexcept { return rows_; }
  std::int64_t parameters() const noexcept;
  std::int64_t trainable() const noexcept;
  /// A table, one line for each module.
  std::string to_string() const;
  /// Prints summary.to_string().
  friend XTAPE_API std::ostream& operator<<(std::ostream& out, const Summary& summary);

 private:
  std::vector<Row> rows_;
};

namespace detail {
/// Runs `model`, which nothing else may use, and records its modules' outputs.
XTAPE_API Summary summarize(const Module& model, const Callback<Tensor(const Tensor&)>& forward,
                            const Shape& input_shape, SummaryOptions options);
}  // namespace detail

/// Runs a clone of the model once, in evaluation mode and without grad, on zeros of `input_shape` (batch included): the
/// model itself does not change, and its hooks are not called. What a function in the model captures by reference is
/// not cloned. Throws what its forward throws, such as ShapeError or DTypeError for an input that does not fit.
template <std::derived_from<Module> M>
Summary summary(const M& model, const Shape& input_shape, SummaryOptions options = {}) {
  static_assert(detail::takes_one_input<M>(), "summary runs a model of one input");
  const M copy = clone(model);
  return detail::summarize(
      copy, [copy](const Tensor& x) { return copy(x); }, input_shape, options);
}

}  // namespace xtape::nn
