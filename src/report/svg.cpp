#include "report/svg.hpp"

#include "report/figures.hpp"

namespace xtape::report {

std::string coordinate(double x) {
  std::string text = text_of("{:.2f}", x);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

Html svg_line(const char* style, double x1, double y1, double x2, double y2) {
  return element("path",
                 {{"class", style},
                  {"d", text_of("M{} {}L{} {}", coordinate(x1), coordinate(y1), coordinate(x2), coordinate(y2))}},
                 Html());
}

Html svg_text(const char* style, double x, double y, const std::string& text) {
  return element("text", {{"class", style}, {"x", coordinate(x)}, {"y", coordinate(y)}}, Html(text));
}

Html svg_band(double x, double y, double width, double height, const std::string& title) {
  return element(
      "rect",
      {{"x", coordinate(x)}, {"y", coordinate(y)}, {"width", coordinate(width)}, {"height", coordinate(height)}},
      element("title", title));
}

Html svg_bands(const Html& bands) { return element("g", {{"class", "bands"}}, bands); }

Html svg_picture(const std::string& id, double width, double height, const std::string& title,
                 const std::string& description, const Html& content) {
  return element("svg",
                 {{"id", id},
                  {"viewBox", text_of("0 0 {} {}", coordinate(width), coordinate(height))},
                  {"role", "img"},
                  {"aria-labelledby", text_of("{0}-title {0}-text", id)}},
                 element("title", {{"id", id + "-title"}}, Html(title)) +
                     element("desc", {{"id", id + "-text"}}, Html(description)) + content);
}

}  // namespace xtape::report
