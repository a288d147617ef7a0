// Markup for the page. Html is made from text, which is escaped, and from elements, which are closed, so that no name
// and no title can change the page. What a string literal of ours holds may enter as it is: Html::trusted.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace xtape::report {

/// `text` for the content of an element or an attribute in quotes. Bytes that are not UTF-8, and control characters
/// other than tab and newline, become U+FFFD.
std::string escaped(std::string_view text);

/// The first `most` characters, and "…" where there were more. (Of bytes that are not UTF-8, each is a character.)
std::string shortened(std::string_view text, std::size_t most);

class Html {
 public:
  Html() = default;
  explicit Html(std::string_view text) : markup_(escaped(text)) {}
  static Html trusted(std::string markup) {
    Html html;
    html.markup_ = std::move(markup);
    return html;
  }

  Html& operator+=(const Html& more) {
    markup_ += more.markup_;
    return *this;
  }
  friend Html operator+(Html a, const Html& b) { return std::move(a += b); }
  bool empty() const noexcept { return markup_.empty(); }
  const std::string& markup() const noexcept { return markup_; }

 private:
  std::string markup_;
};

struct Attribute {
  std::string_view name;
  std::string_view value;  // any text; it need not outlive the call that it is given to
};

Html element(std::string_view tag, std::initializer_list<Attribute> attributes, const Html& content);
inline Html element(std::string_view tag, const Html& content) { return element(tag, {}, content); }
inline Html element(std::string_view tag, std::string_view text) { return element(tag, {}, Html(text)); }
/// An element that has no content and no end: meta, img.
Html void_element(std::string_view tag, std::initializer_list<Attribute> attributes);

/// A box that scrolls by itself where its content is too wide; the keyboard reaches it.
Html scroll_box(std::string_view label, const Html& content);

}  // namespace xtape::report
