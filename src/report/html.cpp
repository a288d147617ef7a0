#include "report/html.hpp"

#include <cstdint>

namespace xtape::report {

namespace {

bool continues_utf8(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// How many bytes the character at the front takes; 0 if these bytes are no character in UTF-8. `text` is not empty.
std::size_t utf8_length(std::string_view text) {
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

bool is_control(std::string_view character) {
  const auto c = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return (c < 0x20 && c != '\t' && c != '\n') || c == 0x7F;
  return c == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
}

const char* entity_of(char c) {
  switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return nullptr;
  }
}

void append_tag(std::string& out, std::string_view tag, std::initializer_list<Attribute> attributes) {
  out += '<';
  out += tag;
  for (const auto& [name, value] : attributes) {
    out += ' ';
    out += name;
    out += "=\"";
    out += escaped(value);
    out += '"';
  }
  out += '>';
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t n = utf8_length(text);
    if (n == 0 || is_control(text.substr(0, n))) {
      out += "\uFFFD";
    } else if (const char* entity = entity_of(text[0])) {
      out += entity;
    } else {
      out += text.substr(0, n);
    }
    text.remove_prefix(n == 0 ? 1 : n);
  }
  return out;
}

std::string shortened(std::string_view text, std::size_t most) {
  std::size_t end = 0;
  for (std::size_t characters = 0; characters < most && end < text.size(); ++characters) {
    const std::size_t n = utf8_length(text.substr(end));
    end += n == 0 ? 1 : n;
  }
  return end == text.size() ? std::string(text) : std::string(text.substr(0, end)) + "…";
}

Html element(std::string_view tag, std::initializer_list<Attribute> attributes, const Html& content) {
  std::string out;
  out.reserve(content.markup().size() + 64);
  append_tag(out, tag, attributes);
  out += content.markup();
  out += "</";
  out += tag;
  out += '>';
  return Html::trusted(std::move(out));
}

Html void_element(std::string_view tag, std::initializer_list<Attribute> attributes) {
  std::string out;
  append_tag(out, tag, attributes);
  return Html::trusted(std::move(out));
}

Html scroll_box(std::string_view label, const Html& content) {
  return element(
      "div", {{"class", "scroll"}, {"role", "region"}, {"aria-label", std::string(label)}, {"tabindex", "0"}}, content);
}

}  // namespace xtape::report
