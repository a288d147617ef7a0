// A reliability diagram: for each bin a bar as high as its accuracy, a mark at its mean confidence, and below, in a
// strip of its own, its share of the samples. Bars of a calibrated model end at the diagonal.
#include <algorithm>

#include "report/figures.hpp"
#include "report/svg.hpp"
#include "report/svg_chart.hpp"
#include "report/text.hpp"

namespace xtape::report {

namespace {

constexpr double diagram_width = 520, diagram_height = 420;
constexpr Plot diagram{68, 16, 426, 278}, strip{68, 316, 426, 50};

Html bar(const char* style, double x, double y, double width, double height) {
  return element("rect",
                 {{"class", style},
                  {"x", coordinate(x)},
                  {"y", coordinate(y)},
                  {"width", coordinate(width)},
                  {"height", coordinate(height)}},
                 Html());
}

Html scales() {
  Html out;
  for (int tick = 0; tick <= 5; ++tick) {
    const double share = tick / 5.0;
    const std::string label = text_of("{}%", 20 * tick);
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
    std::string title = text_of("Confidence {:.0f}% to {:.0f}%: ", 100 * bin.low, 100 * bin.high);
    if (bin.samples == 0) {
      title += "no samples";
    } else {
      const double share = static_cast<double>(bin.samples) / static_cast<double>(most);
      const double y = diagram.y(bin.confidence);
      bars += bar("bar", x + 1, diagram.y(bin.accuracy), width - 2, bin.accuracy * diagram.height) +
              bar("bar quiet", x + 1, strip.y(share), width - 2, share * strip.height);
      marks += svg_line("confidence", x + 1, y, x + width - 1, y);
      title +=
          text_of("{} sample{}\nAccuracy: {}\nMean confidence: {}", grouped(bin.samples), bin.samples == 1 ? "" : "s",
                  percent(bin.accuracy, bin.samples), percent(bin.confidence, bin.samples));
    }
    bands += svg_band(x, diagram.top, width, strip.bottom() - diagram.top, title);
  }
  const Html diagonal = svg_line("diagonal", diagram.left, diagram.bottom(), diagram.right(), diagram.top);
  const auto key = [](const char* style, const char* name) {
    return element("li", element("span", {{"class", style}}, Html()) + Html(name));
  };
  return element("figure", {{"class", "chart"}},
                 element("figcaption", "Accuracy at each confidence") +
                     element("ul", {{"class", "legend"}},
                             key("key bar", "Accuracy") + key("key confidence", "Mean confidence") +
                                 key("key diagonal", "Where they are equal")) +
                     svg_picture(id, diagram_width, diagram_height, "Reliability diagram", description,
                                 scales() + bars + diagonal + marks + svg_bands(bands)));
}

}  // namespace xtape::report
