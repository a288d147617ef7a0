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
  /// Of shares of the axes.
  double x(double share) const noexcept { return left + share * width; }
  double y(double share) const noexcept { return bottom() - share * height; }
};

/// "12.5": at most two decimals, for a coordinate.
std::string coordinate(double x);
Html svg_line(const char* style, double x1, double y1, double x2, double y2);
Html svg_text(const char* style, double x, double y, const std::string& text);
/// A rectangle that the mouse finds and the eye does not, with the text that appears there. It belongs into svg_bands.
Html svg_band(double x, double y, double width, double height, const std::string& title);
Html svg_bands(const Html& bands);
/// The picture with the name and the description that a screen reader says.
Html svg_picture(const std::string& id, double width, double height, const std::string& title,
                 const std::string& description, const Html& content);

}  // namespace xtape::report
