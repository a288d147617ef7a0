#include "comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "layout.hpp"
#include "text_table.hpp"
#include "untrusted.hpp"

using namespace xtape;

namespace {

std::string decimals(double value) { return std::isnan(value) ? "-" : fmt::format("{:.4f}", value); }

bool has_validation(const RecordedRun& run) {
  return !run.history.empty() && run.history.data().validation_samples > 0 &&
         !std::isnan(run.history.best().validation_accuracy);
}

/// The set of images, by which runs can be compared: "built-in digits (3f6a02b1)".
std::string data_of(const RecordedRun& run) {
  return io::printable(
      fmt::format("{} ({})", text_in(run.record, "name", "data"), text_in(run.record, "hash", "data").substr(0, 8)));
}

double accuracy(const RecordedRun& run) { return has_validation(run) ? run.history.best().validation_accuracy : -1; }

train::Interval interval_of(const RecordedRun& run) {
  return train::wilson_interval(run.history.best().validation_accuracy, run.history.data().validation_samples);
}

std::string accuracy_of(const RecordedRun& run, bool with_interval) {
  if (!has_validation(run)) return "-";
  std::string text = decimals(run.history.best().validation_accuracy);
  const auto [low, high] = interval_of(run);
  return with_interval ? text + fmt::format(" ({:.4f} to {:.4f})", low, high) : text;
}

TextTable all_results(const std::vector<RecordedRun>& runs, bool with_interval) {
  TextTable table({"run", "epochs", "best", "val. loss", with_interval ? "val. accuracy (95%)" : "val. accuracy",
                   "test accuracy", "of epoch", "state", "data"});
  for (const RecordedRun& run : runs) {
    const bool trained = !run.history.empty();
    const double of_epoch = number_in(run.record, "weights_epoch");
    table.add({run.path, std::to_string(run.history.size()), trained ? std::to_string(run.history.best_epoch()) : "-",
               trained ? decimals(run.history.best().validation_loss) : "-", accuracy_of(run, with_interval),
               decimals(number_in(run.record, "test_accuracy")), of_epoch > 0 ? fmt::format("{}", of_epoch) : "-",
               state_of(run), data_of(run)});
  }
  return table;
}

/// At most `most` columns wide, if possible. The columns that tell least are left out first.
TextTable results_within(const std::vector<RecordedRun>& runs, std::size_t most) {
  const auto all = [&runs](auto f) { return std::all_of(runs.begin(), runs.end(), f); };
  const bool same_data = all([&runs](const RecordedRun& run) { return data_of(run) == data_of(runs[0]); });
  const bool finished = all([](const RecordedRun& run) { return state_of(run) == "finished"; });
  TextTable table({});
  for (const bool with_interval : {true, false}) {
    table = all_results(runs, with_interval);
    if (same_data) table.remove("data");
    if (finished) table.leave_out("state", most);
    for (const char* title : {"of epoch", "epochs"}) table.leave_out(title, most);
    table.shorten("run", most / 4, most);
    table.shorten("data", most / 4, most);
    for (const char* title : {"val. loss", "best", "data"}) table.leave_out(title, most);
    if (table.width() <= most) return table;
  }
  for (const char* title : {"state", "test accuracy"}) table.leave_out(title, most);
  return table;
}

std::string results_of(const std::vector<RecordedRun>& runs) {
  constexpr std::size_t indent = 12;  // of "Validation: "
  const TextTable table = results_within(runs, table_width());
  std::string text = table.to_string() + hanging("Validation:", "of the best epoch.", indent, text_width());
  if (!table.has("test accuracy")) return text;
  const char* of_epoch = table.has("of epoch") ? ", with the weights of the epoch beside it." : ".";
  return text + hanging("Test:", std::string("at the end of the training") + of_epoch, indent, text_width());
}

/// A row for each option that has not the same value in all runs; "-" where it plays no part.
std::string differences_of(const std::vector<RecordedRun>& runs) {
  const std::set<std::string> ignored_options = {"progress", "threads"};
  std::map<std::string, TextTable::Row> values;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    for (const ConfiguredOption& o : runs[r].options.list) {
      TextTable::Row& row = values[o.key];
      row.resize(runs.size(), "-");
      row[r] = o.value.empty() ? "\"\"" : o.value;
    }
  }
  // Of a run's column: leaves room for the names of the options.
  const std::size_t most = table_width(), longest = std::max(most, std::size_t{40}) - 30;
  TextTable::Row titles = {"option"};
  for (const RecordedRun& run : runs) titles.push_back(shortened(run.path, longest));
  TextTable table(titles);
  bool differ = false;
  for (const auto& [key, row] : values) {
    if (ignored_options.count(key) > 0 ||
        std::all_of(row.begin(), row.end(), [&row = row](const std::string& value) { return value == row[0]; })) {
      continue;
    }
    differ = true;
    TextTable::Row cells = {key};
    for (const std::string& value : row) cells.push_back(shortened(value, longest));
    table.add(cells);
  }
  return differ ? table.in_parts(most) : "The runs have the same options.\n";
}

std::string verdicts_of(const std::vector<RecordedRun>& runs) {
  const std::size_t longest = std::min<std::size_t>(24, text_width() / 3);
  std::size_t indent = 5;
  for (const RecordedRun& run : runs) indent = std::max(indent, std::min(io::printable(run.path).size(), longest) + 2);
  std::string text = hanging("run", "verdict", indent, indent + 7);
  for (const RecordedRun& run : runs) {
    const std::string verdict = run.history.empty() ? "-" : run.history.verdict(verdict_words());
    text += hanging(io::printable(run.path), verdict, indent, text_width());
  }
  return text;
}

/// "a, b and c"
std::string list_of(const std::vector<std::string>& names) {
  const std::string last = io::printable(names.back());
  if (names.size() == 1) return last;
  return fmt::format("{} and {}", io::printable(fmt::format("{}", fmt::join(names.begin(), names.end() - 1, ", "))),
                     last);
}

/// Which of runs on the same data, the best first, is best, and whether that may be chance: by accuracy, since label
/// smoothing changes what a loss means.
std::string conclusion_of(const std::vector<RecordedRun>& runs) {
  std::vector<std::string> best, near, unmeasured;
  for (const RecordedRun& run : runs) {
    if (!has_validation(run)) {
      unmeasured.push_back(run.path);
    } else if (accuracy(run) == accuracy(runs[0])) {
      best.push_back(run.path);
    } else if (interval_of(run).high >= interval_of(runs[0]).low) {
      near.push_back(run.path);
    }
  }
  std::string text;
  if (best.size() > 1) {
    text = fmt::format("{} have the same highest validation accuracy.\n", list_of(best));
  } else if (best.size() == 1) {
    text = fmt::format("{} has the highest validation accuracy.\n", io::printable(best[0]));
  }
  if (!near.empty()) {
    text += fmt::format("{} cannot be told from {}: the intervals overlap, the difference may be chance.\n",
                        list_of(near), best.size() > 1 ? "them" : "it");
  }
  if (!unmeasured.empty()) {
    text += fmt::format("{} {} no validation accuracy to compare.\n", list_of(unmeasured),
                        unmeasured.size() > 1 ? "have" : "has");
  }
  return text;
}

std::string conclusions_of(const std::vector<RecordedRun>& runs) {
  std::string text;
  std::size_t groups = 0;
  for (auto first = runs.begin(); first != runs.end(); ++groups) {
    const auto last =
        std::find_if(first, runs.end(), [&first](const RecordedRun& run) { return data_of(run) != data_of(*first); });
    if (first != runs.begin() || last != runs.end()) text += fmt::format("On {}: ", data_of(*first));
    text += conclusion_of({first, last});
    first = last;
  }
  return groups > 1 ? text + "Runs on different data cannot be compared.\n" : text;
}

/// Those on the same data side by side, the best of them first.
std::vector<RecordedRun> sorted(std::vector<RecordedRun> runs) {
  std::vector<std::string> data;
  for (const RecordedRun& run : runs) data.push_back(data_of(run));
  const auto place = [&data](const RecordedRun& run) { return std::find(data.begin(), data.end(), data_of(run)); };
  std::stable_sort(runs.begin(), runs.end(), [&place](const RecordedRun& a, const RecordedRun& b) {
    return place(a) != place(b) ? place(a) < place(b) : accuracy(a) > accuracy(b);
  });
  return runs;
}

}  // namespace

std::string comparison_of(const std::vector<RecordedRun>& recorded) {
  const std::vector<RecordedRun> runs = sorted(recorded);
  return results_of(runs) + '\n' + differences_of(runs) + '\n' + verdicts_of(runs) + '\n' +
         wrapped(conclusions_of(runs), text_width());
}
