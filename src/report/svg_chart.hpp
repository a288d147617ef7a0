// Charts as SVG: lines over epochs, predicted over true values, and how far a model's confidence is right. Invariant:
// whatever is drawn has its value in the text of a <title>, which browsers show where the mouse rests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "report/axis.hpp"
#include "report/html.hpp"
#include "xtape/train/evaluation.hpp"

namespace xtape::report {

struct Series {
  std::string name;
  const char* style;           // a class of the style sheet
  std::vector<double> values;  // one for each epoch; a gap in the line where it is not drawable
};

struct LineChart {
  std::string id = {};                       // unique in the page
  std::string title = {}, description = {};  // the description is for those who do not see the chart
  std::vector<std::int64_t> epochs = {};     // increasing
  std::vector<Series> series = {};
  std::vector<std::string> notes = {};                              // more to say about an epoch; none, or one for each
  std::optional<std::pair<std::size_t, std::size_t>> between = {};  // two series: the area between them is shaded
  std::optional<std::size_t> best = {};                             // this epoch of `epochs` is marked,
  std::size_t best_of = 0;                                          // on this series
  Unit unit = Unit::plain;
};

/// Whether there is anything to draw.
bool has_values(const Series& series);
/// A figure of the chart and its legend. At least one series has_values.
Html line_chart(const LineChart& chart);

/// Predicted values over true ones, a point for each pair that can be drawn. At least one can.
Html scatter_chart(const std::string& id, const std::string& description,
                   const std::vector<train::Prediction>& predictions);
bool is_drawable(const train::Prediction& prediction) noexcept;

/// A reliability diagram: accuracy over confidence, and below it the share of samples in each bin.
Html reliability_diagram(const std::string& id, const std::string& description,
                         const std::vector<train::CalibrationBin>& bins);

}  // namespace xtape::report
