// Predicted values over true ones. Both axes are the same, so that a perfect model's points lie on the diagonal.
#include <fmt/format.h>

#include <algorithm>

#include "core/grouped.hpp"
#include "report/sections.hpp"
#include "report/svg.hpp"
#include "report/svg_chart.hpp"
#include "report/text.hpp"

namespace xtape::report {

namespace {

constexpr double scatter_width = 520, scatter_height = 520;
constexpr Plot square{68, 16, 424, 424};  // beside it is room for half of the last label

Axis common_axis(const std::vector<train::Prediction>& predictions) {
  const auto first =
      std::find_if(predictions.begin(), predictions.end(), [](const train::Prediction& p) { return is_drawable(p); });
  double low = first->target, high = low;
  for (const train::Prediction& p : predictions) {
    if (!is_drawable(p)) continue;
    low = std::min({low, p.target, p.predicted});
    high = std::max({high, p.target, p.predicted});
  }
  return Axis::linear(low, high, 5);
}

Html scatter_scales(const Axis& axis) {
  Html out;
  for (const Tick& tick : axis.ticks()) {
    const double place = axis.place(tick.value);
    out += svg_line("grid", square.left, square.y(place), square.right(), square.y(place)) +
           svg_line("grid", square.x(place), square.top, square.x(place), square.bottom()) +
           svg_text("y", square.left - 8, square.y(place), tick.label) +
           svg_text("x", square.x(place), square.bottom() + 18, tick.label);
  }
  return out + svg_line("axis", square.left, square.bottom(), square.right(), square.bottom()) +
         svg_line("axis", square.left, square.top, square.left, square.bottom()) +
         svg_text("x-title", square.right(), scatter_height - 6, "True value") +
         svg_text("start", square.left + 6, square.top + 10, "Predicted value");
}

Html scatter_point(const train::Prediction& p, const Axis& axis) {
  return element("circle",
                 {{"class", "point"},
                  {"cx", coordinate(square.x(axis.place(p.target)))},
                  {"cy", coordinate(square.y(axis.place(p.predicted)))},
                  {"r", "3.5"}},
                 element("title", fmt::format("True: {}\nPredicted: {}", number(p.target), number(p.predicted))));
}

}  // namespace

bool is_drawable(const train::Prediction& prediction) noexcept {
  return is_drawable(prediction.target) && is_drawable(prediction.predicted);
}

Html scatter_chart(const std::string& id, const std::string& description,
                   const std::vector<train::Prediction>& predictions) {
  const Axis axis = common_axis(predictions);
  Html points;
  for (const train::Prediction& p : predictions) {
    if (is_drawable(p)) points += scatter_point(p, axis);
  }
  return chart_figure(
      {.id = id,
       .caption = "Predicted over true values",
       .name = "Predicted over true values",
       .description = description,
       .width = scatter_width,
       .height = scatter_height},
      legend_entry("point", "A prediction") + legend_entry("diagonal", "Where they are equal"),
      scatter_scales(axis) + points + svg_line("diagonal", square.left, square.bottom(), square.right(), square.top));
}

Html predictions_section(const train::Evaluation& e, const train::ReportOptions& options) {
  const std::vector<train::Prediction>& all = e.predictions();
  const auto drawn = std::count_if(all.begin(), all.end(), [](const train::Prediction& p) { return is_drawable(p); });
  if (all.empty()) return {};
  const std::string note = fmt::format(
      "On {}: {} predictions, taken at even distances if there are more. A perfect model’s lie on the "
      "dashed line.{}",
      data_name(e, options), drawn, drawn < std::ssize(all) ? " Those that are not finite are not drawn." : "");
  const Html text = element("p", {{"class", "note"}}, Html(note));
  if (drawn == 0) return text;
  return text + scatter_chart("chart-predictions", fmt::format("{} points.", drawn), all);
}

}  // namespace xtape::report
