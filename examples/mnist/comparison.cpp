#include "comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

using namespace xtape;

namespace {

using Row = std::vector<std::string>;

/// Columns as wide as their longest cell, two spaces between them.
std::string table_of(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], row[c].size());
  }
  std::string table;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) line += fmt::format("{:<{}}  ", row[c], widths[c]);
    table += line.erase(line.find_last_not_of(' ') + 1) + '\n';
  }
  return table;
}

std::string decimals(double value) { return std::isnan(value) ? "-" : fmt::format("{:.4f}", value); }

bool has_validation(const RecordedRun& run) {
  return run.history.data().validation_samples > 0 && !std::isnan(run.history.best().validation_accuracy);
}

train::Interval interval_of(const RecordedRun& run) {
  return train::wilson_interval(run.history.best().validation_accuracy, run.history.data().validation_samples);
}

std::string accuracy_of(const RecordedRun& run) {
  if (!has_validation(run)) return "-";
  const auto [low, high] = interval_of(run);
  return fmt::format("{:.4f} ({:.4f} to {:.4f})", run.history.best().validation_accuracy, low, high);
}

std::string results_of(const std::vector<RecordedRun>& runs) {
  std::vector<Row> rows{{"run", "epochs", "best", "val. loss", "val. accuracy (95 %)", "test accuracy", "state"}};
  for (const RecordedRun& run : runs) {
    rows.push_back({run.path, std::to_string(run.history.size()), std::to_string(run.history.best_epoch()),
                    decimals(run.history.best().validation_loss), accuracy_of(run),
                    decimals(number_in(run.record, "test_accuracy")), text_in(run.record, "state")});
  }
  return table_of(rows);
}

/// A row for each option that has not the same value in all runs; "-" where it plays no part.
std::string differences_of(const std::vector<RecordedRun>& runs) {
  const std::set<std::string> ignored_options = {"progress", "threads"};
  std::map<std::string, Row> values;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    for (const ConfiguredOption& o : runs[r].options.list) {
      Row& row = values[o.key];
      row.resize(runs.size(), "-");
      row[r] = o.value.empty() ? "\"\"" : o.value;
    }
  }
  std::vector<Row> rows{{"option"}};
  for (const RecordedRun& run : runs) rows[0].push_back(run.path);
  for (const auto& [key, row] : values) {
    if (ignored_options.count(key) > 0 ||
        std::all_of(row.begin(), row.end(), [&row = row](const std::string& value) { return value == row[0]; })) {
      continue;
    }
    rows.push_back({key});
    rows.back().insert(rows.back().end(), row.begin(), row.end());
  }
  return rows.size() == 1 ? "The runs have the same options.\n" : table_of(rows);
}

std::string verdicts_of(const std::vector<RecordedRun>& runs) {
  std::vector<Row> rows{{"run", "verdict"}};
  for (const RecordedRun& run : runs) rows.push_back({run.path, run.history.verdict()});
  return table_of(rows);
}

/// Which run is best, and whether that may be chance: by accuracy, since label smoothing changes what a loss means.
std::string conclusion_of(const std::vector<RecordedRun>& runs) {
  for (const RecordedRun& run : runs) {
    if (text_in(run.record, "hash", "data") != text_in(runs[0].record, "hash", "data")) {
      return fmt::format("The runs cannot be compared: {} was trained on other data than {}.\n", run.path,
                         runs[0].path);
    }
    if (!has_validation(run)) return fmt::format("No run is called the best: {} has no validation.\n", run.path);
  }
  const auto best = std::max_element(runs.begin(), runs.end(), [](const RecordedRun& a, const RecordedRun& b) {
    return a.history.best().validation_accuracy < b.history.best().validation_accuracy;
  });
  const train::Interval highest = interval_of(*best);
  const bool overlaps = std::any_of(runs.begin(), runs.end(), [&best, &highest](const RecordedRun& run) {
    return &run != &*best && interval_of(run).high >= highest.low;
  });
  return fmt::format("{} has the highest validation accuracy{}.\n", best->path,
                     overlaps ? ", but intervals overlap: the difference may be chance" : "");
}

}  // namespace

std::string comparison_of(const std::vector<RecordedRun>& runs) {
  return results_of(runs) + '\n' + differences_of(runs) + '\n' + verdicts_of(runs) + '\n' + conclusion_of(runs);
}
