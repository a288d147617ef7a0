// A reliability diagram: for each bin a bar as high as its accuracy, a mark at its mean confidence, and below, in a
// strip of its own, its share of the samples. Bars of a calibrated model end at the diagonal.
#include <fmt/format.h>

#include <algorithm>

#include "core/grouped.hpp"
#include "report/svg.hpp"
#include "report/svg_chart.hpp"
#include "report/text.hpp"

namespace xtape::report {

namespace {

constexpr double diagram_width = 520, diagram_height = 420;
constexpr Plot diagram{68, 16, 426, 278}, strip{68, 316, 426, 50};

Html scales() {
  Html out;
  for (int tick = 0; tick <= 5; ++tick) {
    const double share = tick / 5.0;
    const std::string label = fmt::format("{}%", 20 * tick);
    out += svg_line("grid", diagram.left, diagram.y(share), diagram.right(), diagram.y(share)) +
           svg_text("y", diagram.left - 8, diagram.y(share), label) +
           svg_text("x", diagram.x(share), strip.bottom() + 18, label);
  }
  return out + svg_line("axis", diagram.left, diagram.bottom(), diagram.right(), diagram.bottom()) +
         svg_line("axis", strip.left, strip.bottom(), strip.right(), strip.bottom()) +
         svg_text("start", strip.left, strip.top - 5, "Samples") +
         svg_text("x-title", diagram.right(), diagram_height - 6, "Confidence");
}

}  // namespace

Html reliability_diagram(const std::string& id, const std::string& description,
                         const std::vector<train::CalibrationBin>& bins) {
  std::int64_t most = 1;
  for (const train::CalibrationBin& bin : bins) most = std::max(most, bin.samples);
  Html bars, marks, bands;
  for (const train::CalibrationBin& bin : bins) {
    const double x = diagram.x(bin.low), width = diagram.x(bin.high) - x;
    std::string title = fmt::format("Confidence {:.0f}% to {:.0f}%: ", 100 * bin.low, 100 * bin.high);
    if (bin.samples == 0) {
      title += "no samples";
    } else {
      const double share = static_cast<double>(bin.samples) / static_cast<double>(most);
      const double y = diagram.y(bin.confidence);
      bars += svg_rect("bar", x + 1, diagram.y(bin.accuracy), width - 2, bin.accuracy * diagram.height) +
              svg_rect("bar quiet", x + 1, strip.y(share), width - 2, share * strip.height);
      marks += svg_line("confidence", x + 1, y, x + width - 1, y);
      title += fmt::format("{} sample{}\nAccuracy: {}\nMean confidence: {}", grouped(bin.samples),
                           bin.samples == 1 ? "" : "s", percent(bin.accuracy, bin.samples),
                           percent(bin.confidence, bin.samples));
    }
    bands += svg_band(x, diagram.top, width, strip.bottom() - diagram.top, title);
  }
  const Html diagonal = svg_line("diagonal", diagram.left, diagram.bottom(), diagram.right(), diagram.top);
  return chart_figure({.id = id,
                       .caption = "Accuracy at each confidence",
                       .name = "Reliability diagram",
                       .description = description,
                       .width = diagram_width,
                       .height = diagram_height},
                      legend_entry("bar", "Accuracy") + legend_entry("confidence", "Mean confidence") +
                          legend_entry("diagonal", "Where they are equal"),
                      scales() + bars + diagonal + marks + svg_bands(bands));
}

}  // namespace xtape::report
