// Pieces that the charts share: the plot's place in the picture, coordinates, lines and labels.
#pragma once

#include <string>

#include "report/html.hpp"

namespace xtape::report {

/// The rectangle of a chart in which its values lie, in units of the picture; y grows downwards.
struct Plot {
  double left, top, width, height;
  double right() const noexcept { return left + width; }
  double bottom() const noexcept { return top + height; }
  /// Where a share of the axis lies.
  double x(double share) const noexcept { return left + share * width; }
  double y(double share) const noexcept { return bottom() - share * height; }
};

/// "12.5": at most two decimals, for a coordinate.
std::string coordinate(double x);
/// `d` as in SVG: "M0 0L10 20".
Html svg_path(const std::string& style, const std::string& d);
Html svg_line(const char* style, double x1, double y1, double x2, double y2);
Html svg_circle(const std::string& style, double x, double y, double radius);
Html svg_rect(const char* style, double x, double y, double width, double height);
Html svg_text(const char* style, double x, double y, const std::string& text);
/// An invisible rectangle whose title browsers show where the mouse rests on it. For svg_bands.
Html svg_band(double x, double y, double width, double height, const std::string& title);
Html svg_bands(const Html& bands);

/// The key of a line or an area of the chart, and its name.
Html legend_entry(const std::string& style, const std::string& name);

struct Figure {
  std::string id;                // unique in the page
  std::string caption, name;     // above the chart; for those who do not see it
  std::string description;       // for them, too
  double width = 0, height = 0;  // of the picture
};

/// A chart with its caption and legend.
Html chart_figure(const Figure& figure, const Html& legend, const Html& picture);

}  // namespace xtape::report
