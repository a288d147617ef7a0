// The tape as a printable value.
#include "xtape/autograd/tape.hpp"

#include <string>

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
  std::string out;
  for (const Entry& entry : entries_) {
    out += "#" + std::to_string(entry.sequence) + " " + entry.op + "(";
    const char* comma = "";
    for (const Input& input : entry.inputs) {
      out += comma;
      if (!input.requires_grad) {
        out += "constant";
      } else if (input.sequence == 0) {
        out += "leaf " + input.shape.to_string();
      } else {
        out += "#" + std::to_string(input.sequence);
      }
      comma = ", ";
    }
    out += ") -> " + entry.shape.to_string() + " " + xtape::to_string(entry.dtype) + "\n";
  }
  return out;
}

}  // namespace xtape
