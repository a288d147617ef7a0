#include "io/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace xtape::io {

namespace {
bool continues_utf8(char c) { return (c & 0xC0) == 0x80; }
}  // namespace

bool is_ascii(std::string_view name) noexcept {
  return std::all_of(name.begin(), name.end(), [](char c) { return (c & 0x80) == 0; });
}

std::size_t utf8_length(std::string_view text) noexcept {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t n = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
  if (n == 0 || text.size() < n) return 0;
  for (std::size_t i = 1; i < n; ++i) {
    if (!continues_utf8(text[i])) return 0;
  }
  // Overlong forms, surrogates, and what lies beyond U+10FFFF.
  const bool wrong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F) ||
                     (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F);
  return wrong ? 0 : n;
}

bool is_utf8(std::string_view name) noexcept {
  while (!name.empty()) {
    const std::size_t n = utf8_length(name);
    if (n == 0) return false;
    name.remove_prefix(n);
  }
  return true;
}

std::size_t characters(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !continues_utf8(c); }));
}

bool is_control(std::string_view character) noexcept {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7F;
  return first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
}

namespace {

/// Of a character in UTF-8.
char32_t code_of(std::string_view character) noexcept {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first;
  char32_t code = first & (0xFFU >> (character.size() + 1));
  for (const char c : character.substr(1)) code = code << 6 | (static_cast<unsigned char>(c) & 0x3FU);
  return code;
}

/// The ends of lines and paragraphs, and what turns the direction of writing.
bool steers_text(char32_t c) noexcept {
  return c == 0x61C || c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t n = utf8_length(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(n, 1));
    if (character == "\n") {
      out += "\\n";
    } else if (n == 0 || is_control(character)) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(character.back()));
    } else if (steers_text(code_of(character))) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(code_of(character)));
    } else {
      out += character;
    }
    text.remove_prefix(character.size());
  }
  return out;
}

std::string shown(const std::string& name) {
  constexpr std::size_t longest = 80;
  std::string text =
      nlohmann::json(name.substr(0, longest)).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (name.size() > longest) text.insert(text.size() - 1, "...");
  return text;
}

}  // namespace xtape::io
