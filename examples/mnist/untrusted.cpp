#include "untrusted.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>

namespace {

constexpr char32_t no_character = 0xffffffff;

struct Character {
  char32_t code;     // no_character: bytes that are no UTF-8
  std::size_t size;  // in bytes
};

/// The first character of a text that is not empty.
Character first_of(std::string_view text) {
  const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return {no_character, 1};
  char32_t code = lead & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {no_character, 1};
    code = code << 6 | (byte(i) & 0x3fU);
  }
  const bool is_too_long = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
  const bool is_surrogate = code >= 0xd800 && code < 0xe000;
  if (is_too_long || is_surrogate || code > 0x10ffff) return {no_character, 1};
  return {code, size};
}

/// C0, DEL and C1; the ends of lines and paragraphs; what turns the direction of writing.
bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

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

std::string printable(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const auto [code, size] = first_of(text);
    if (code == '\n') {
      shown += "\\n";
    } else if (code == no_character || (code < 0x100 && is_control(code))) {
      shown += fmt::format(
          "\\x{:02x}", code == no_character ? static_cast<unsigned char>(text[0]) : static_cast<std::uint32_t>(code));
    } else if (is_control(code)) {
      shown += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(code));
    } else {
      shown += text.substr(0, size);
    }
    text.remove_prefix(size);
  }
  return shown;
}

std::string fault_of_name(std::string_view name) {
  if (name.empty()) return "is empty";
  bool has_control = false;
  while (!name.empty()) {
    const auto [code, size] = first_of(name);
    if (code == no_character) return "is not UTF-8";
    has_control = has_control || is_control(code);
    name.remove_prefix(size);
  }
  return has_control ? "has a control character" : "";
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
