#include "report/svg.hpp"

#include <fmt/format.h>

namespace xtape::report {

std::string coordinate(double x) {
  std::string text = fmt::format("{:.2f}", x);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

Html svg_path(const std::string& style, const std::string& d) {
  return element("path", {{"class", style}, {"d", d}}, Html());
}

Html svg_line(const char* style, double x1, double y1, double x2, double y2) {
  return svg_path(style, fmt::format("M{} {}L{} {}", coordinate(x1), coordinate(y1), coordinate(x2), coordinate(y2)));
}

Html svg_circle(const std::string& style, double x, double y, double radius) {
  return element("circle", {{"class", style}, {"cx", coordinate(x)}, {"cy", coordinate(y)}, {"r", coordinate(radius)}},
                 Html());
}

Html svg_rect(const char* style, double x, double y, double width, double height) {
  return element("rect",
                 {{"class", style},
                  {"x", coordinate(x)},
                  {"y", coordinate(y)},
                  {"width", coordinate(width)},
                  {"height", coordinate(height)}},
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

Html legend_entry(const std::string& style, const std::string& name) {
  return element("li", element("span", {{"class", "key " + style}}, Html()) + Html(name));
}

Html chart_figure(const Figure& f, const Html& legend, const Html& picture) {
  const std::string title_id = f.id + "-title", description_id = f.id + "-text";
  const Html svg = element("svg",
                           {{"id", f.id},
                            {"viewBox", fmt::format("0 0 {} {}", coordinate(f.width), coordinate(f.height))},
                            {"role", "img"},
                            {"aria-labelledby", title_id + " " + description_id}},
                           element("title", {{"id", title_id}}, Html(f.name)) +
                               element("desc", {{"id", description_id}}, Html(f.description)) + picture);
  return element("figure", {{"class", "chart"}},
                 element("figcaption", f.caption) + element("ul", {{"class", "legend"}}, legend) + svg);
}

}  // namespace xtape::report
