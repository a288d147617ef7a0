// A reader of the page's markup for tests: it takes every start and end of an element and says where they do not match.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace xtape::testing {

struct Element {
  std::string tag;
  std::map<std::string, std::string> attributes;  // with their entities
  std::string text;                               // what stands directly in it, with its entities
};

struct Markup {
  std::vector<Element> elements;  // in the order of their starts
  std::string error;              // "" if every element is closed

  explicit Markup(const std::string& page) { read(page); }

  std::vector<Element> all(const std::string& tag) const {
    std::vector<Element> found;
    for (const Element& e : elements) {
      if (e.tag == tag) found.push_back(e);
    }
    return found;
  }
  /// The first with this attribute; an empty one if there is none.
  Element with(const std::string& attribute, const std::string& value) const {
    for (const Element& e : elements) {
      const auto found = e.attributes.find(attribute);
      if (found != e.attributes.end() && found->second == value) return e;
    }
    return {};
  }
  bool has(const std::string& attribute, const std::string& value) const { return !with(attribute, value).tag.empty(); }

 private:
  void read(const std::string& page) {
    static const std::set<std::string> void_tags = {"meta", "link", "img"};
    std::vector<std::size_t> open;
    std::size_t at = page.starts_with("<!DOCTYPE html>") ? 15 : 0;
    while (at < page.size() && error.empty()) {
      if (page[at] != '<') {
        const std::size_t end = std::min(page.find('<', at), page.size());
        if (!open.empty()) elements[open.back()].text += page.substr(at, end - at);
        at = end;
        continue;
      }
      const std::size_t end = page.find('>', at);
      if (end == page.npos) return fail_at(page, at, "a tag without an end");
      const std::string tag = page.substr(at + 1, end - at - 1);
      if (tag[0] == '/') {
        if (open.empty() || elements[open.back()].tag != tag.substr(1))
          return fail_at(page, at, "an end without a start");
        open.pop_back();
      } else {
        elements.push_back(element_of(tag));
        if (!void_tags.count(elements.back().tag)) open.push_back(elements.size() - 1);
      }
      at = end + 1;
    }
    if (!open.empty()) error = "no end of " + elements[open.back()].tag;
  }
  void fail_at(const std::string& page, std::size_t at, const std::string& what) {
    error = what + ": " + page.substr(at, 60);
  }
  Element element_of(const std::string& text) {
    Element e;
    std::size_t at = std::min(text.find(' '), text.size());
    e.tag = text.substr(0, at);
    while (at < text.size() && error.empty()) {
      const std::size_t equals = text.find("=\"", at), end = text.find('"', equals + 2);
      if (text[at] != ' ' || equals == text.npos || end == text.npos) {
        error = "attributes that are not name=\"value\": " + text;
        break;
      }
      e.attributes[text.substr(at + 1, equals - at - 1)] = text.substr(equals + 2, end - equals - 2);
      at = end + 1;
    }
    return e;
  }
};

}  // namespace xtape::testing
