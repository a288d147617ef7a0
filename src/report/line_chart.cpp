// A line chart. Each epoch has a slot of the same width for each unit of its number; its point lies in the middle.
#include <fmt/format.h>

#include <algorithm>

#include "report/svg.hpp"
#include "report/svg_chart.hpp"
#include "report/text.hpp"

namespace xtape::report {

namespace {

constexpr double chart_width = 520, chart_height = 300;
constexpr Plot plot{68, 28, 430, 232};

/// Where the points of a chart lie.
class Points {
 public:
  explicit Points(const LineChart& chart) : chart_(chart), axis_(Axis::fitted(all_values(chart), chart.unit)) {}

  const Axis& axis() const noexcept { return axis_; }
  double first() const noexcept { return static_cast<double>(chart_.epochs.front()) - 0.5; }
  double last() const noexcept { return static_cast<double>(chart_.epochs.back()) + 0.5; }
  double x_of(double epoch) const noexcept { return plot.x((epoch - first()) / (last() - first())); }
  double x(std::size_t i) const noexcept { return x_of(static_cast<double>(chart_.epochs[i])); }
  double y(double value) const noexcept { return plot.y(axis_.place(value)); }
  /// The border between point i - 1 and point i.
  double border(std::size_t i) const noexcept {
    return i == 0 ? plot.left : i == chart_.epochs.size() ? plot.right() : (x(i - 1) + x(i)) / 2;
  }
  std::string at(std::size_t i, double value) const { return coordinate(x(i)) + " " + coordinate(y(value)); }

 private:
  static std::vector<double> all_values(const LineChart& chart) {
    std::vector<double> all;
    for (const Series& s : chart.series) all.insert(all.end(), s.values.begin(), s.values.end());
    return all;
  }

  const LineChart& chart_;
  Axis axis_;
};

/// Calls f(begin, end) for each run of epochs that `drawn` takes.
template <class Drawn, class F>
void for_each_run(std::size_t n, Drawn drawn, F f) {
  for (std::size_t i = 0; i < n; ++i) {
    if (!drawn(i)) continue;
    const std::size_t begin = i;
    while (i < n && drawn(i)) ++i;
    f(begin, i);
  }
}

Html grid(const Points& points) {
  Html out;
  for (const Tick& tick : points.axis().ticks()) {
    const double y = points.y(tick.value);
    out += svg_line("grid", plot.left, y, plot.right(), y) + svg_text("y", plot.left - 8, y, tick.label);
  }
  const Axis epochs = Axis::linear(points.first(), points.last(), 6);
  for (const Tick& tick : epochs.ticks()) {
    // Axis::linear also has ticks beyond the ends and, where there are few epochs, between them.
    const bool whole = tick.value == static_cast<double>(static_cast<std::int64_t>(tick.value));
    if (!whole || tick.value <= points.first() || tick.value >= points.last()) continue;
    const double x = points.x_of(tick.value);
    out += svg_line("tick", x, plot.bottom(), x, plot.bottom() + 5) +
           svg_text("x", x, plot.bottom() + 18, fmt::format("{:.0f}", tick.value));
  }
  return out + svg_line("axis", plot.left, plot.bottom(), plot.right(), plot.bottom()) +
         svg_text("x-title", plot.right(), chart_height - 4, "Epoch") +
         (points.axis().is_logarithmic() ? svg_text("start", 0, plot.top - 14, "log scale") : Html());
}

Html area(const LineChart& chart, const Points& points) {
  if (!chart.between) return {};
  const std::vector<double>& a = chart.series[chart.between->first].values;
  const std::vector<double>& b = chart.series[chart.between->second].values;
  std::string path;
  for_each_run(
      a.size(), [&a, &b](std::size_t i) { return is_drawable(a[i]) && is_drawable(b[i]); },
      [&path, &points, &a, &b](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) path += (i == begin ? "M" : "L") + points.at(i, a[i]);
        for (std::size_t i = end; i-- > begin;) path += "L" + points.at(i, b[i]);
        path += "Z";
      });
  return svg_path("gap", path);
}

/// A line, and a dot for a value that has no neighbour.
Html curve(const Series& series, const Points& points) {
  std::string path;
  Html dots;
  for_each_run(
      series.values.size(), [&series](std::size_t i) { return is_drawable(series.values[i]); },
      [&path, &dots, &points, &series](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) path += (i == begin ? "M" : "L") + points.at(i, series.values[i]);
        if (end - begin > 1) return;
        dots += svg_circle(std::string("dot ") + series.style, points.x(begin), points.y(series.values[begin]), 3);
      });
  return svg_path(std::string("curve ") + series.style, path) + dots;
}

Html best_mark(const LineChart& chart, const Points& points) {
  if (!chart.best) return {};
  const double x = points.x(*chart.best), value = chart.series[chart.best_of].values[*chart.best];
  // The label turns to the side that has room.
  const char* style = x < plot.left + 60 ? "best start" : x > plot.right() - 60 ? "best end" : "best";
  Html out = svg_line("best", x, plot.top - 4, x, plot.bottom()) +
             svg_text(style, x, plot.top - 12, fmt::format("best: {}", chart.epochs[*chart.best]));
  if (!is_drawable(value)) return out;
  return out + svg_circle(std::string("ring ") + chart.series[chart.best_of].style, x, points.y(value), 4.5);
}

Html bands(const LineChart& chart, const Points& points) {
  Html out;
  for (std::size_t i = 0; i < chart.epochs.size(); ++i) {
    std::string title = fmt::format("Epoch {}{}", chart.epochs[i], chart.best == i ? " (best)" : "");
    for (const Series& s : chart.series) {
      const double value = s.values[i];
      title += fmt::format("\n{}: {}", s.name, chart.unit == Unit::share ? percent(value) : number(value));
    }
    if (!chart.notes.empty() && !chart.notes[i].empty()) title += "\n" + chart.notes[i];
    const double x = points.border(i);
    out += svg_band(x, plot.top, points.border(i + 1) - x, plot.height, title);
  }
  return svg_bands(out);
}

Html legend(const LineChart& chart) {
  Html out;
  for (const Series& s : chart.series) {
    if (has_values(s)) out += legend_entry(s.style, s.name);
  }
  return chart.between ? out + legend_entry("gap", "Gap") : out;
}

}  // namespace

bool has_values(const Series& series) {
  return std::any_of(series.values.begin(), series.values.end(), [](double v) { return is_drawable(v); });
}

Html line_chart(const LineChart& chart) {
  const Points points(chart);
  Html curves;
  for (const Series& s : chart.series) curves += curve(s, points);
  const Html content = grid(points) + area(chart, points) + curves + best_mark(chart, points) + bands(chart, points);
  return chart_figure({.id = chart.id,
                       .caption = chart.title,
                       .name = chart.title,
                       .description = chart.description,
                       .width = chart_width,
                       .height = chart_height},
                      legend(chart), content);
}

}  // namespace xtape::report
