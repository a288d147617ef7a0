// How modules print: PyTorch's text, character for character.
#include "nn/repr.hpp"

#include <fmt/format.h>

#include <ostream>

#include "nn/type_name.hpp"
#include "xtape/nn/module_list.hpp"

namespace xtape::nn {

const char* repr(bool value) { return value ? "True" : "False"; }

std::string repr(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

std::string repr(const Shape& shape) { return shape.size() == 1 ? fmt::format("({},)", shape[0]) : shape.to_string(); }
std::string repr(Size2d size) {
  return size.height == size.width ? fmt::format("{}", size.height) : repr_of_pair(size);
}
std::string repr_of_pair(Size2d size) { return repr(Shape{size.height, size.width}); }

namespace {

struct PrintedChild {
  std::string name, text;
  std::size_t count = 1;  // of equal children, one after the other, that a ModuleList prints as one
};

std::vector<PrintedChild> printed_children(const Module& module) {
  const bool is_list = dynamic_cast<const ModuleList*>(&module) != nullptr;
  std::vector<PrintedChild> printed;
  for (const NamedModule& child : module.named_children()) {
    std::string text = child.module->to_string();
    if (is_list && !printed.empty() && printed.back().text == text) {
      ++printed.back().count;
    } else {
      printed.push_back({child.name, std::move(text)});
    }
  }
  return printed;
}

void append_indented(std::string& to, const std::string& text) {
  to += "\n  ";
  for (const char c : text) {
    to += c;
    if (c == '\n') to += "  ";
  }
}

}  // namespace

std::string Module::extra_repr() const { return ""; }

std::string Module::to_string() const {
  const std::string extra = extra_repr();
  const std::vector<PrintedChild> children = printed_children(*this);
  std::string text = type_name(*this) + "(";
  if (children.empty() && extra.find('\n') == std::string::npos) return text + extra + ")";
  if (!extra.empty()) append_indented(text, extra);
  for (const auto& [name, child, count] : children) {
    if (count == 1) {
      append_indented(text, fmt::format("({}): {}", name, child));
    } else {
      append_indented(text, fmt::format("({}-{}): {} x {}", name, std::stoull(name) + count - 1, count, child));
    }
  }
  return text + "\n)";
}

std::ostream& operator<<(std::ostream& out, const Module& module) { return out << module.to_string(); }

}  // namespace xtape::nn
