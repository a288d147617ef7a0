#include "untrusted.hpp"

#include <algorithm>
#include <xtape/xtape.hpp>

namespace {

/// The end of a string of TOML that begins at `i`, behind its last quote.
std::size_t end_of_string(std::string_view text, std::size_t i) {
  const char quote = text[i];
  const std::string three(3, quote);
  const bool is_long = text.substr(i, 3) == three;
  for (i += is_long ? 3 : 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (is_long ? text.substr(i, 3) == three : text[i] == quote || text[i] == '\n') {
      return i + (is_long ? 3 : 1);
    }
  }
  return text.size();
}

}  // namespace

std::string fault_of_name(std::string_view name) {
  if (name.empty()) return "is empty";
  if (!xtape::io::is_utf8(name)) return "is not UTF-8";
  return xtape::io::printable(name) == name ? "" : "has a control character";
}

bool nests_deeper_than(std::string_view text, int depth) {
  int open = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i) i += text[i] == '\\';
    } else if (text[i] == '[' || text[i] == '{') {
      if (++open > depth) return true;
    } else if (text[i] == ']' || text[i] == '}') {
      --open;
    }
  }
  return false;
}

std::size_t line_with_many_dots(std::string_view toml) {
  constexpr int most = 8;
  std::size_t line = 1;
  int dots = 0;
  for (std::size_t i = 0; i < toml.size();) {
    const char c = toml[i];
    std::size_t end = i + 1;
    if (c == '"' || c == '\'') end = end_of_string(toml, i);
    if (c == '#') end = std::min(toml.find('\n', i), toml.size());
    if (c == '.' && ++dots > most) return line;
    for (; i < end; ++i) {
      if (toml[i] != '\n') continue;
      ++line;
      dots = 0;
    }
  }
  return 0;
}
