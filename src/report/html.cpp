#include "report/html.hpp"

#include "io/text.hpp"

namespace xtape::report {

namespace {

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
    const std::size_t n = io::utf8_length(text);
    if (n == 0 || (io::is_control(text.substr(0, n)) && text[0] != '\t' && text[0] != '\n')) {
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
    const std::size_t n = io::utf8_length(text.substr(end));
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
  return element("div", {{"class", "scroll"}, {"role", "region"}, {"aria-label", label}, {"tabindex", "0"}}, content);
}

}  // namespace xtape::report
