// The tape as a value to inspect or print.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "xtape/dtype.hpp"
#include "xtape/export.hpp"
#include "xtape/shape.hpp"
#include "xtape/tensor.hpp"

namespace xtape {

/// The ops that a tensor depends on, oldest first, as plain values: holding a Tape keeps no node alive.
class XTAPE_API Tape {
 public:
  struct Input {
    std::uint64_t sequence = 0;  ///< of the op that made it; 0 for a leaf or a constant
    bool requires_grad = false;
    Shape shape;  ///< known when requires_grad
  };
  struct Entry {
    std::uint64_t sequence = 0;
    std::string op;
    std::vector<Input> inputs;
    Shape shape;
    DType dtype = DType::float32;
  };

  static Tape of(const Tensor& t);
  std::size_t size() const noexcept { return entries_.size(); }
  const std::vector<Entry>& entries() const noexcept { return entries_; }
  /// One line an op: "#5 linear(constant, leaf (256, 784), leaf (256)) -> (32, 256) float32".
  std::string to_string() const;

 private:
  std::vector<Entry> entries_;
};

namespace autograd {

/// Nodes alive in this process, leaves not counted: returns to zero when every recorded result is gone.
XTAPE_API std::int64_t live_nodes() noexcept;

}  // namespace autograd

}  // namespace xtape
