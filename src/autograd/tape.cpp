// The tape as a printable value.
#include "xtape/autograd/tape.hpp"

#include <fmt/format.h>

#include "autograd/node.hpp"
#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"

namespace xtape {

Tape Tape::of(const Tensor& t) {
  Tape tape;
  if (!t.requires_grad()) return tape;
  for (const Node* node : detail::reachable({&t.impl()->node, 1})) {
    if (node->is_leaf()) continue;
    Entry entry{node->sequence(), node->op(), {}, node->shape(), node->dtype()};
    for (std::size_t i = 0; i < node->input_count(); ++i) {
      const NodePtr& input = node->input(i);
      entry.inputs.push_back(input ? Input{input->sequence(), true, input->shape()} : Input{});
    }
    tape.entries_.push_back(std::move(entry));
  }
  return tape;
}

std::string Tape::to_string() const {
  fmt::memory_buffer out;
  for (const Entry& entry : entries_) {
    fmt::format_to(std::back_inserter(out), "#{} {}(", entry.sequence, entry.op);
    const char* comma = "";
    for (const Input& input : entry.inputs) {
      if (!input.requires_grad) {
        fmt::format_to(std::back_inserter(out), "{}constant", comma);
      } else if (input.sequence == 0) {
        fmt::format_to(std::back_inserter(out), "{}leaf {}", comma, input.shape);
      } else {
        fmt::format_to(std::back_inserter(out), "{}#{}", comma, input.sequence);
      }
      comma = ", ";
    }
    fmt::format_to(std::back_inserter(out), ") -> {} {}\n", entry.shape, entry.dtype);
  }
  return fmt::to_string(out);
}

}  // namespace xtape
