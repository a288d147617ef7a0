#include "layout.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

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

std::size_t text_width() {
  winsize size{};
  if (::isatty(STDOUT_FILENO) == 0 || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 60;
  return std::clamp<std::size_t>(size.ws_col, 30, 100);
}

std::string listed(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names.begin(), names.end() - 1, ", ")) + " or " + names.back();
}

std::string paragraph(const std::string& label, const std::string& text) {
  return hanging(label, text, 8, text_width());
}
