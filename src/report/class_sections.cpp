// What an evaluation says about classes. Of many classes the page shows those that matter most, and says so.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <tuple>

#include "core/grouped.hpp"
#include "report/heat_map.hpp"
#include "report/pictures.hpp"
#include "report/sections.hpp"
#include "report/svg_chart.hpp"
#include "report/table.hpp"
#include "report/text.hpp"

namespace xtape::report {

namespace {

using train::Evaluation;

constexpr std::int64_t most_rows = 200;        // of the table of classes
constexpr std::int64_t most_in_matrix = 2000;  // classes; the matrix of more does not fit into a small memory
constexpr std::size_t most_pairs = 15;
constexpr std::int64_t bins_on_page = 10;
constexpr std::size_t longest_class_name = 120;  // in tables

/// Names for the page: none is empty.
std::vector<std::string> readable_names(const Evaluation& e) {
  std::vector<std::string> names = e.class_names();
  for (std::size_t c = 0; c < names.size(); ++c) {
    names[c] = names[c].empty() ? fmt::format("(class {}, no name)", c) : shortened(names[c], longest_class_name);
  }
  return names;
}

/// `most` is the support of the largest class: all rows have as many decimals.
std::vector<Html> score_row(const std::string& name, const train::ClassScores& s, std::int64_t most) {
  return {Html(name), Html(percent(s.precision, most)), Html(percent(s.recall, most)), Html(percent(s.f1, most)),
          Html(grouped(s.support))};
}

Html scores_table(const Evaluation& e, const std::vector<std::string>& names) {
  const std::vector<train::ClassScores> scores = e.class_scores();
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  Table table{.caption = "Precision, recall and F1 of each class",
              .columns = {"Class", "Precision", "Recall", "F1", "Support"}};
  if (e.classes() > most_rows) {
    std::stable_sort(order.begin(), order.end(), [&scores](std::size_t a, std::size_t b) {
      return std::pair(scores[a].support == 0, scores[a].f1) < std::pair(scores[b].support == 0, scores[b].f1);
    });
    order.resize(most_rows);
    table.caption = fmt::format("The {} classes of the lowest F1, out of {}", most_rows, grouped(e.classes()));
  }
  std::int64_t most = 0;
  for (const train::ClassScores& s : scores) most = std::max(most, s.support);
  for (const std::size_t c : order) table.rows.push_back(score_row(names[c], scores[c], most));
  table.rows.push_back(score_row("Mean over classes", e.macro_average(), most));
  table.rows.push_back(score_row("Mean weighted by support", e.weighted_average(), most));
  return to_html(table);
}

struct ConfusedPair {
  std::int64_t samples = 0;
  std::size_t target = 0, predicted = 0;
};

std::vector<ConfusedPair> most_confused(const std::vector<std::int64_t>& counts, std::size_t classes) {
  std::vector<ConfusedPair> pairs;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0 && i / classes != i % classes) pairs.push_back({counts[i], i / classes, i % classes});
  }
  const std::size_t kept = std::min(most_pairs, pairs.size());
  std::partial_sort(pairs.begin(), pairs.begin() + static_cast<std::ptrdiff_t>(kept), pairs.end(),
                    [](const ConfusedPair& a, const ConfusedPair& b) {
                      return std::tuple(-a.samples, a.target, a.predicted) <
                             std::tuple(-b.samples, b.target, b.predicted);
                    });
  pairs.resize(kept);
  return pairs;
}

Html pairs_table(const std::vector<std::int64_t>& counts, const std::vector<std::string>& names) {
  const std::vector<ConfusedPair> pairs = most_confused(counts, names.size());
  if (pairs.empty()) return element("p", "No sample was taken for another class.");
  Table table{.caption = "The pairs of classes that are confused most",
              .columns = {"True class", "Taken for", "Samples", "Of the true class"},
              .words = 2};
  for (const ConfusedPair& p : pairs) {
    const auto first = counts.begin() + static_cast<std::ptrdiff_t>(p.target * names.size());
    const auto support = std::accumulate(first, first + static_cast<std::ptrdiff_t>(names.size()), std::int64_t{0});
    table.rows.push_back({Html(names[p.target]), Html(names[p.predicted]), Html(grouped(p.samples)),
                          Html(percent(static_cast<double>(p.samples) / static_cast<double>(support), support))});
  }
  return to_html(table);
}

/// By its place in the dataset, where that is known.
std::int64_t number_of(const train::Mistake& m) { return m.index >= 0 ? m.index : m.sample; }

Html mistake_item(const train::Mistake& m, const std::vector<std::string>& names, const train::ReportOptions& options) {
  constexpr std::size_t longest = 60, longest_text = 600;
  const std::string target = shortened(names[static_cast<std::size_t>(m.target)], longest);
  const std::string predicted = shortened(names[static_cast<std::size_t>(m.predicted)], longest);
  Html out;
  if (options.text_of) {
    if (m.input.defined()) {
      out += element("p", {{"class", "input"}}, Html(shortened(options.text_of(m.input), longest_text)));
    }
  } else if (const std::optional<Picture> picture = picture_of(m.input)) {
    out += void_element("img", {{"src", "data:image/png;base64," + base64(png(*picture))},
                                {"width", "96"},
                                {"height", "96"},
                                {"alt", fmt::format("Sample {}: {}, taken for {}", number_of(m), target, predicted)}});
  }
  const auto line = [](const char* label, const std::string& name, double p) {
    return element("p", element("span", {{"class", "muted"}}, Html(label)) + element("b", name) +
                            Html(" (" + probability(p) + ")"));
  };
  out += line("True: ", target, m.target_probability) + line("Taken for: ", predicted, m.predicted_probability) +
         element("p", {{"class", "muted"}}, Html(fmt::format("Sample {}", number_of(m))));
  return element("li", out);
}

Html bins_table(const std::vector<train::CalibrationBin>& bins) {
  Table table{.caption = "Samples by confidence",
              .columns = {"Confidence", "Samples", "Mean confidence", "Accuracy"},
              .words = 0};
  for (const train::CalibrationBin& bin : bins) {
    if (bin.samples == 0) continue;
    table.rows.push_back({Html(fmt::format("{:.0f}–{:.0f}%", 100 * bin.low, 100 * bin.high)),
                          Html(grouped(bin.samples)), Html(percent(bin.confidence, bin.samples)),
                          Html(percent(bin.accuracy, bin.samples))});
  }
  return to_html(table);
}

/// Whether any sample has a class, so that there is something to count.
bool counts_classes(const Evaluation& e) { return e.samples > 0 && e.classes() > 0 && !std::isnan(e.accuracy); }

}  // namespace

Html classes_section(const Evaluation& e, const train::ReportOptions& options) {
  if (!counts_classes(e)) return {};
  const std::vector<std::string> names = readable_names(e);
  Html matrix, pairs;
  if (e.classes() <= most_in_matrix) {
    const std::vector<std::int64_t> counts = e.confusion().to_vector<std::int64_t>();
    pairs = pairs_table(counts, names);
    if (e.classes() <= most_heat_map_classes) {
      matrix = heat_map(fmt::format("Confusion on {}: {} of each row", data_name(e, options),
                                    shows_counts(e.classes()) ? "samples and percent" : "percent"),
                        names, counts);
    }
  }
  if (matrix.empty()) {
    matrix = element(
        "p", {{"class", "note"}},
        Html(fmt::format("A confusion matrix of {} classes would be too large to read; {}.", grouped(e.classes()),
                         pairs.empty() ? "the table has the classes that are recognized worst"
                                       : "the tables have what is confused most")));
  }
  const Html tables =
      element("div", {{"class", "pair"}}, element("div", scores_table(e, names)) + element("div", pairs));
  return matrix + element("h3", "By class") + tables;
}

Html mistakes_section(const Evaluation& e, const train::ReportOptions& options) {
  if (!counts_classes(e) || !e.has_probabilities()) return {};
  const std::vector<train::Mistake> worst = e.worst_mistakes();
  if (worst.empty()) return {};
  const std::vector<std::string> names = readable_names(e);
  Html items;
  for (const train::Mistake& m : worst) items += mistake_item(m, names, options);
  const std::string note =
      fmt::format("The {} of {} for which the model gave the true class the lowest probability, worst first. {}",
                  options.evaluated_on.empty() ? fmt::format("{}", worst.size())
                  : worst.size() == 1          ? "sample"
                                               : fmt::format("{} samples", worst.size()),
                  data_name(e, options),
                  worst[0].index >= 0 ? "A sample’s number is its index in the whole dataset, from 0."
                                      : "Samples are numbered in the order in which they were measured, from 0.");
  return element("p", {{"class", "note"}}, Html(note)) +
         element("ul", {{"class", options.text_of ? "mistakes texts" : "mistakes"}}, items);
}

Html calibration_section(const Evaluation& e, const train::ReportOptions& options) {
  if (!counts_classes(e) || !e.has_probabilities()) return {};
  const std::vector<train::CalibrationBin> bins = e.calibration(bins_on_page);
  const std::string error = percent(e.calibration_error(bins_on_page), e.samples);
  const std::string description = fmt::format(
      "Accuracy over confidence in {} bins. The expected calibration error is {}. "
      "The table has the numbers.",
      bins.size(), error);
  const Html text =
      element("p", element("strong", fmt::format("Expected calibration error in {} bins: {}", bins.size(), error))) +
      element("p", {{"class", "note"}},
              Html(fmt::format("On {}, the mean distance of accuracy and confidence, weighted by samples. A "
                               "model that says 80% should be right in 80% of such cases; bars below the "
                               "dashed line show more confidence than is due.",
                               data_name(e, options))));
  return element("div", {{"class", "pair"}},
                 reliability_diagram("chart-calibration", description, bins) + element("div", text + bins_table(bins)));
}

}  // namespace xtape::report
