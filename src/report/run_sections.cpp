// What the epochs say: curves and their table.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/grouped.hpp"
#include "report/sections.hpp"
#include "report/svg_chart.hpp"
#include "report/table.hpp"
#include "report/text.hpp"

namespace xtape::report {

namespace {

using train::EpochRecord;
using train::History;

constexpr std::size_t most_epochs = 1000, most_printed = 200;

std::vector<double> column(const History& history, const std::vector<std::size_t>& shown, double EpochRecord::*field) {
  std::vector<double> values;
  for (const std::size_t i : shown) values.push_back(history[i].*field);
  return values;
}

bool was_measured(const History& history, double EpochRecord::*field) {
  return std::any_of(history.begin(), history.end(), [field](const EpochRecord& r) { return !std::isnan(r.*field); });
}

/// "Training: 2.31 in epoch 1, 0.21 in epoch 20; Validation: ..."
std::string described(const LineChart& chart) {
  std::string text;
  for (const Series& s : chart.series) {
    if (!has_values(s)) continue;
    const auto written = [&chart](double v) { return chart.unit == Unit::share ? percent(v) : number(v); };
    text += fmt::format("{}{}: {} in epoch {}, {} in epoch {}", text.empty() ? "" : "; ", s.name,
                        written(s.values.front()), chart.epochs.front(), written(s.values.back()), chart.epochs.back());
  }
  return text + ". The table of all epochs below has every value.";
}

struct Measure {
  const char *id, *title;
  double EpochRecord::*learning;  // while the model learns
  double EpochRecord::*train;     // in evaluation mode
  double EpochRecord::*validation;
  Unit unit;
};

std::string gap_note(const EpochRecord& r) {
  if (std::isnan(r.gap)) return "";
  return fmt::format("Gap: {} (95% CI {})", points(r.gap), interval(r.gap_low, r.gap_high));
}

Html measure_chart(const History& history, const std::vector<std::size_t>& shown, const Measure& measure) {
  LineChart chart{.id = measure.id, .title = measure.title, .unit = measure.unit};
  const bool evaluated = was_measured(history, measure.train);
  chart.series.push_back({evaluated ? "Training" : "While learning", "train",
                          column(history, shown, evaluated ? measure.train : measure.learning)});
  const bool validated = was_measured(history, measure.validation);
  if (validated) chart.series.push_back({"Validation", "validation", column(history, shown, measure.validation)});
  if (validated) chart.between = {0, 1};
  chart.best_of = validated ? 1 : 0;
  if (evaluated) {
    chart.series.push_back({"While learning", "learning", column(history, shown, measure.learning)});
  }
  if (std::none_of(chart.series.begin(), chart.series.end(), has_values)) return {};
  const std::int64_t best = history.best_epoch();
  for (const std::size_t i : shown) {
    chart.epochs.push_back(static_cast<std::int64_t>(i) + 1);
    if (chart.epochs.back() == best) chart.best = chart.epochs.size() - 1;
    if (measure.unit == Unit::share) chart.notes.push_back(gap_note(history[i]));
  }
  chart.description = described(chart);
  return line_chart(chart);
}

/// "" if the learning rate changes: then it has a chart.
std::string constant_lr(const History& history) {
  const double lr = history[0].lr;
  const bool is_constant =
      std::all_of(history.begin(), history.end(), [lr](const EpochRecord& r) { return r.lr == lr; });
  return is_constant ? fmt::format("The learning rate is {} in every epoch.", number(lr)) : "";
}

Html lr_chart(const History& history, const std::vector<std::size_t>& shown) {
  if (!constant_lr(history).empty()) return {};
  LineChart chart{.id = "chart-lr", .title = "Learning rate"};
  for (const std::size_t i : shown) chart.epochs.push_back(static_cast<std::int64_t>(i) + 1);
  chart.series.push_back({"Learning rate, last step of the epoch", "rate", column(history, shown, &EpochRecord::lr)});
  if (!has_values(chart.series[0])) return {};
  chart.description = described(chart);
  return line_chart(chart);
}

/// A column of the table, left out if nothing in it was measured.
struct EpochColumn {
  const char* name;
  double EpochRecord::*field;
  std::string (*text)(double);  // null: as many decimals as the column's numbers need
  int decimals = -1;            // those; below 0: none fit all of them
};

/// So many that the largest number of a column has four digits; at least four.
int decimals_for(const History& history, double EpochRecord::*field) {
  double largest = 0;
  for (const EpochRecord& r : history) {
    if (std::isfinite(r.*field)) largest = std::max(largest, std::abs(r.*field));
  }
  if (largest >= 1e5) return -1;
  return largest > 0 ? std::clamp(3 - static_cast<int>(std::floor(std::log10(largest))), 4, 9) : 4;
}

/// With the column's decimals, unless they would make it 0.
std::string cell_text(const EpochColumn& c, double value) {
  if (c.text) return c.text(value);
  const bool is_lost = value != 0 && std::abs(value) < 0.5 * std::pow(10.0, -c.decimals);
  return c.decimals < 0 || !std::isfinite(value) || is_lost ? number(value)
                                                            : with_minus(fmt::format("{:.{}f}", value, c.decimals));
}

std::string gap_text(const EpochRecord& r) {
  if (std::isnan(r.gap)) return "–";
  return fmt::format("{} ({})", with_minus(fmt::format("{:.2f}", 100 * r.gap)), interval(r.gap_low, r.gap_high));
}

Table epochs_table(const History& history, const std::vector<std::size_t>& shown) {
  constexpr auto share = [](double x) { return percent(x); };
  constexpr EpochColumn all[] = {
      {"Loss while learning", &EpochRecord::train_loss, nullptr},
      {"Training loss", &EpochRecord::train_eval_loss, nullptr},
      {"Validation loss", &EpochRecord::validation_loss, nullptr},
      {"Accuracy while learning", &EpochRecord::train_accuracy, share},
      {"Training accuracy", &EpochRecord::train_eval_accuracy, share},
      {"Validation accuracy", &EpochRecord::validation_accuracy, share},
      {"Learning rate", &EpochRecord::lr, nullptr},
      {"Time", &EpochRecord::seconds, duration},
  };
  Table table{.caption = "All epochs", .columns = {"Epoch"}, .words = 0};
  if (shown.size() < history.size()) table.caption = fmt::format("{} of {} epochs", shown.size(), history.size());
  std::vector<EpochColumn> columns;
  for (const EpochColumn& c : all) {
    if (!was_measured(history, c.field)) continue;
    columns.push_back(c);
    columns.back().decimals = decimals_for(history, c.field);
    table.columns.emplace_back(c.name);
  }
  const bool gaps = was_measured(history, &EpochRecord::gap);
  if (gaps) table.columns.emplace_back("Gap in points (95% CI)");
  table.columns.emplace_back("Steps");
  const std::int64_t best_epoch = history.best_epoch();
  for (const std::size_t i : shown) {
    const EpochRecord& r = history[i];
    const bool best = static_cast<std::int64_t>(i) + 1 == best_epoch;
    if (best) table.marked = table.rows.size();
    std::vector<Html> row = {Html(fmt::format("{}{}", best ? "best: " : "", i + 1))};
    for (const EpochColumn& c : columns) row.emplace_back(cell_text(c, r.*c.field));
    if (gaps) row.emplace_back(gap_text(r));
    row.emplace_back(grouped(r.steps));
    table.rows.push_back(std::move(row));
  }
  return table;
}

/// Of a long run, epochs that stand for all: 1,000 at most, the best and the last one besides. Indices.
std::vector<std::size_t> shown_epochs(const History& history) {
  const std::size_t n = history.size(), stride = (n + most_epochs - 1) / most_epochs;
  const auto best = static_cast<std::size_t>(history.best_epoch());
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < n; ++i) {
    if (i % stride == 0 || i + 1 == best || i + 1 == n) shown.push_back(i);
  }
  return shown;
}

/// Whether there are values of the training set in evaluation mode. Those taken while the model learns are worse:
/// dropout is on, and the model still changes.
bool has_train_eval(const History& history) {
  return was_measured(history, &EpochRecord::train_eval_loss) ||
         was_measured(history, &EpochRecord::train_eval_accuracy);
}

}  // namespace

Html curves_section(const History& history) {
  if (history.empty()) return {};
  const std::vector<std::size_t> shown = shown_epochs(history);
  const Html loss = measure_chart(history, shown,
                                  {"chart-loss", "Loss", &EpochRecord::train_loss, &EpochRecord::train_eval_loss,
                                   &EpochRecord::validation_loss, Unit::plain});
  const Html accuracy =
      measure_chart(history, shown,
                    {"chart-accuracy", "Accuracy", &EpochRecord::train_accuracy, &EpochRecord::train_eval_accuracy,
                     &EpochRecord::validation_accuracy, Unit::share});
  std::string note;
  if (has_train_eval(history)) {
    note = fmt::format(
        "“Training” is measured as validation is, in evaluation mode after the epoch, on {} samples of the training "
        "set. “While learning” is the mean over the epoch’s batches, in training mode, of a model that still changes.",
        grouped(history.data().train_eval_samples));
  } else {
    note = "“While learning” is the mean over the epoch’s batches, in training mode, of a model that still changes.";
  }
  if (const std::string lr = constant_lr(history); !lr.empty()) note += " " + lr;
  if (shown.size() < history.size()) {
    note += fmt::format(" {} of {} epochs are drawn.", grouped(static_cast<std::int64_t>(shown.size())),
                        grouped(static_cast<std::int64_t>(history.size())));
  }
  const Html charts = loss + accuracy + lr_chart(history, shown);
  Html text = element("p", {{"class", "note"}}, Html(note));
  if (loss.empty()) text += element("p", "No epoch has a finite loss.");
  return text + element("div", {{"class", "charts"}}, charts);
}

Html epochs_section(const History& history) {
  if (history.empty()) return {};
  const std::vector<std::size_t> shown = shown_epochs(history);
  // On paper a short table is open, and a long one stays closed.
  const char* style = shown.size() <= most_printed ? "epochs short" : "epochs";
  return element("details", {{"class", style}},
                 element("summary", "Show the numbers of all epochs") + to_html(epochs_table(history, shown)));
}

}  // namespace xtape::report
