// A History as a table and as JSON, and an epoch's monitored value by its name.
#include "xtape/train/history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ostream>
#include <utility>

#include "core/fail.hpp"
#include "io/json.hpp"
#include "train/fit_state.hpp"

namespace xtape::train {

namespace {

// The shortest digits that read back as the same number.
std::string csv_number(double value) { return std::isnan(value) ? "" : fmt::format("{}", value); }
std::string csv_number(std::int64_t value) { return fmt::format("{}", value); }

struct Monitor {
  const char* name;
  double EpochRecord::*value;
};
constexpr std::array monitors = {Monitor{"validation_loss", &EpochRecord::validation_loss},
                                 Monitor{"validation_accuracy", &EpochRecord::validation_accuracy},
                                 Monitor{"train_loss", &EpochRecord::train_loss},
                                 Monitor{"train_accuracy", &EpochRecord::train_accuracy}};

/// Null if there is none of that name.
const Monitor* monitor_named(const std::string& name) noexcept {
  const auto* const m =
      std::find_if(monitors.begin(), monitors.end(), [&name](const Monitor& known) { return known.name == name; });
  return m == monitors.end() ? nullptr : m;
}

const Monitor& find_monitor(const std::string& name) {
  if (const Monitor* m = monitor_named(name)) return *m;
  fail<ValueError>("Trainer", "monitor = \"{}\" is not one of {}, {}, {}, {}", name, monitors[0].name, monitors[1].name,
                   monitors[2].name, monitors[3].name);
}

/// The epoch, from 1, that fit() takes for the best; 0 if there is none.
std::int64_t best_of(const std::vector<EpochRecord>& epochs, double EpochRecord::*value, double min_delta,
                     bool lowest) noexcept {
  BestSoFar best;
  for (std::size_t i = 0; i < epochs.size(); ++i) {
    const double v = epochs[i].*value;
    if (best.is_beaten_by(v, min_delta, lowest)) best = {.value = v, .epoch = static_cast<std::int64_t>(i) + 1};
  }
  return best.epoch;
}

}  // namespace

std::string words_of(std::string monitor) {
  std::replace(monitor.begin(), monitor.end(), '_', ' ');
  return monitor;
}

History::History() = default;
History::History(HistoryData data) : data_(std::move(data)) { find_monitor(data_.monitor); }

std::vector<EpochRecord>::const_iterator History::begin() const noexcept { return data_.epochs.begin(); }
std::vector<EpochRecord>::const_iterator History::end() const noexcept { return data_.epochs.end(); }
HistoryData History::data() && { return std::move(data_); }

const EpochRecord& History::operator[](std::size_t i) const& {
  if (i >= size()) fail<IndexError>("History", "epoch {} is outside [0, {}); history[0] is the first", i, size());
  return data_.epochs[i];
}

const EpochRecord& History::back() const& {
  if (empty()) fail<IndexError>("History", "no epoch was completed, so there is no last one");
  return data_.epochs.back();
}

const EpochRecord& History::best() const& {
  const std::int64_t epoch = best_epoch();
  if (epoch == 0) fail<IndexError>("History", "there is no best epoch: none has a {} or a train_loss", data_.monitor);
  return data_.epochs[static_cast<std::size_t>(epoch) - 1];
}

std::int64_t History::best_epoch() const noexcept {
  // The constructor has found the monitor, so this does not throw.
  const std::int64_t best =
      best_of(data_.epochs, find_monitor(data_.monitor).value, data_.min_delta, detail::lower_is_better(data_.monitor));
  return best != 0 ? best : best_of(data_.epochs, &EpochRecord::train_loss, 0, true);
}

std::string History::to_string() const {
  return data_.stop_reason.empty() ? verdict() : data_.stop_reason + "\n" + verdict();
}
std::ostream& operator<<(std::ostream& out, const History& history) { return out << history.to_string(); }

std::string History::to_csv() const {
  std::string text;
  visit_fields(EpochRecord(), [&text](const char* name, auto) { text += std::string(name) + ","; });
  text.back() = '\n';
  for (const EpochRecord& r : data_.epochs) {
    visit_fields(r, [&text](const char*, auto value) { text += csv_number(value) + ","; });
    text.back() = '\n';
  }
  return text;
}

std::string History::to_jsonl() const {
  std::string text;
  for (const EpochRecord& r : data_.epochs) {
    const std::size_t begin = text.size();
    visit_fields(r, [&text](const char* name, auto value) {
      text += fmt::format(", \"{}\": {}", name, io::json_number(value));
    });
    text.replace(begin, 2, "{");
    text += "}\n";
  }
  return text;
}

namespace detail {

double monitored(const EpochRecord& record, const std::string& monitor) { return record.*find_monitor(monitor).value; }
bool lower_is_better(const std::string& monitor) { return monitor.ends_with("loss"); }
bool is_monitor(const std::string& name) { return monitor_named(name) != nullptr; }

}  // namespace detail
}  // namespace xtape::train
