#include "layout.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

std::string hanging(const std::string& label, const std::string& text, std::size_t indent, std::size_t width) {
  const std::string next_line = '\n' + std::string(indent, ' ');
  std::string out = label;
  if (out.size() < indent || label.empty()) {
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

std::string wrapped(const std::string& lines, std::size_t width) {
  std::string out;
  for (std::size_t begin = 0; begin < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', begin), lines.size());
    out += hanging("", lines.substr(begin, end - begin), 0, width);
    begin = end + 1;
  }
  return out;
}

namespace {

/// 0 where stdout is no terminal.
std::size_t terminal_columns() {
  winsize size{};
  return ::isatty(STDOUT_FILENO) != 0 && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

}  // namespace

std::size_t text_width() {
  const std::size_t columns = terminal_columns();
  return columns == 0 ? 60 : std::clamp<std::size_t>(columns, 30, 100);
}

std::size_t table_width() {
  const std::size_t columns = terminal_columns();
  return columns == 0 ? SIZE_MAX : columns - 1;
}

std::string listed(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names.begin(), names.end() - 1, ", ")) + " or " + names.back();
}

std::string paragraph(const std::string& label, const std::string& text) {
  return hanging(label, text, 8, text_width());
}
