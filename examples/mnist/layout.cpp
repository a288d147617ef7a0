#include "layout.hpp"

#include <algorithm>

std::string hanging(const std::string& label, const std::string& text, std::size_t indent, std::size_t width) {
  const std::string next_line = '\n' + std::string(indent, ' ');
  std::string out = label;
  if (out.size() < indent) {
    out.resize(indent, ' ');
  } else {
    out += next_line;
  }
  std::size_t column = indent;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = std::min(text.find(' ', i), text.size());
    if (column > indent && column + 1 + (end - i) > width) {
      out += next_line;
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += text.substr(i, end - i);
    column += end - i;
    i = end + 1;
  }
  return out + '\n';
}

std::string paragraph(const std::string& label, const std::string& text) { return hanging(label, text, 8, 60); }
