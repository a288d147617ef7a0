#include "report/epoch_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/text.hpp"
#include "train/fit_state.hpp"

namespace xtape::report {

namespace {

constexpr int loss_width = 6, accuracy_width = 8, seconds_width = 7;

/// The two columns about training or validation, or one of them, which is then as wide as the title.
struct ColumnGroup {
  const char* title;
  int gap;  // before it
  bool has_loss, has_accuracy;

  int title_width() const { return static_cast<int>(std::char_traits<char>::length(title)); }
  int first_width() const {
    if (has_loss && has_accuracy) return loss_width;
    return std::max(has_loss ? loss_width : accuracy_width, title_width());
  }
  int width() const { return first_width() + (has_loss && has_accuracy ? 2 + accuracy_width : 0); }
  bool is_shown() const { return has_loss || has_accuracy; }
  int whole_width() const { return is_shown() ? gap + width() : 0; }
};

ColumnGroup training_of(const TableColumns& c) { return {"training", 2, c.training_loss, c.training_accuracy}; }
ColumnGroup validation_of(const TableColumns& c) { return {"validation", 3, c.validation_loss, c.validation_accuracy}; }

/// Of the numbers of the epochs.
int epoch_width(std::int64_t epochs) { return std::max(5, static_cast<int>(fmt::formatted_size("{}", epochs))); }

int table_width(const TableColumns& c, int epoch) {
  return epoch + training_of(c).whole_width() + validation_of(c).whole_width() + (c.seconds ? 2 + seconds_width : 0);
}

std::string right_aligned(const std::string& text, int width) { return fmt::format("{:>{}}", text, width); }

std::string cells_of(const ColumnGroup& group, const std::string& loss, const std::string& accuracy) {
  if (!group.is_shown()) return "";
  std::string text = right_aligned(group.has_loss ? loss : accuracy, group.gap + group.first_width());
  if (group.has_loss && group.has_accuracy) text += right_aligned(accuracy, 2 + accuracy_width);
  return text;
}

/// Above the middle of the group, which ends where `line` will when it is complete.
void add_title(std::string& line, const ColumnGroup& group, int begin) {
  if (!group.is_shown()) return;
  const int left = begin + group.gap + (group.width() - group.title_width()) / 2;
  line.resize(static_cast<std::size_t>(left), ' ');
  line += group.title;
}

std::string loss_cell(double loss, bool is_measured) { return is_measured ? fixed_width(loss, loss_width, 4) : "-"; }
std::string accuracy_cell(double accuracy) {
  return std::isnan(accuracy) ? "-" : fixed_width(accuracy, accuracy_width, 4);
}

}  // namespace

std::string EpochTable::lines(const train::EpochRecord& record, int columns) {
  if (!has_header_) has_accuracy_ = !std::isnan(record.train_accuracy) || !std::isnan(record.validation_accuracy);
  epochs_ = std::max(epochs_, record.epoch);
  const TableColumns now = columns_for(columns - 1);
  const bool needs_header = !has_header_ || now != shown_;
  shown_ = now;
  has_header_ = true;
  std::string text = row(record);
  // A field of its own at the end: whoever reads rows by their fields finds the others as they are.
  if (record.is_best && text.size() + 2 < static_cast<std::size_t>(columns)) {
    text += " *";
    has_star_ = true;
  }
  return (needs_header ? header() : "") + text + "\n";
}

std::string EpochTable::legend(const std::string& monitor, int columns) const {
  if (!has_star_) return "";
  for (const std::string& text : {"* the best so far, by " + train::words_of(monitor), std::string("* best so far")}) {
    if (text.size() < static_cast<std::size_t>(columns)) return text + "\n";
  }
  return "";
}

TableColumns EpochTable::columns_for(int width) const {
  TableColumns c{.training_loss = true,
                 .training_accuracy = has_accuracy_,
                 .validation_loss = true,
                 .validation_accuracy = has_accuracy_,
                 .seconds = true};
  const auto leave_out = [&](bool TableColumns::*column) {
    if (table_width(c, epoch_width(epochs_)) > width) c.*column = false;
  };
  leave_out(&TableColumns::seconds);
  if (!validates_) {
    leave_out(&TableColumns::validation_accuracy);
    leave_out(&TableColumns::validation_loss);
  }
  leave_out(&TableColumns::training_accuracy);
  leave_out(&TableColumns::training_loss);
  leave_out(&TableColumns::validation_accuracy);
  leave_out(&TableColumns::validation_loss);
  return c;
}

/// Titles and labels end one column before the numbers.
std::string EpochTable::header() const {
  const ColumnGroup training = training_of(shown_), validation = validation_of(shown_);
  const int epoch = epoch_width(epochs_);
  std::string titles;
  add_title(titles, training, epoch - 1);
  add_title(titles, validation, epoch - 1 + training.whole_width());
  std::string labels = cells_of(training, "loss", "accuracy") + cells_of(validation, "loss", "accuracy");
  if (shown_.seconds) labels += right_aligned("seconds", 2 + seconds_width);
  if (!labels.empty()) labels.erase(0, 1);
  return (titles.empty() ? "" : titles + "\n") + right_aligned("epoch", epoch) + labels + "\n";
}

std::string EpochTable::row(const train::EpochRecord& r) const {
  std::string text = right_aligned(fmt::format("{}", r.epoch), epoch_width(epochs_));
  text += cells_of(training_of(shown_), loss_cell(r.train_loss, true), accuracy_cell(r.train_accuracy));
  text += cells_of(validation_of(shown_), loss_cell(r.validation_loss, validates_ || !std::isnan(r.validation_loss)),
                   accuracy_cell(r.validation_accuracy));
  if (shown_.seconds) text += right_aligned(fixed_width(r.seconds, seconds_width, 1), 2 + seconds_width);
  return text;
}

}  // namespace xtape::report
