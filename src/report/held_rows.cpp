#include "report/held_rows.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/grouped.hpp"

namespace xtape::report {

void HeldRows::add(const train::EpochRecord& record, double now) {
  if (epochs_++ == 0) counted_ = now;
  last_ = record;
  if (record.is_best) best_ = record;
}

bool HeldRows::are_due(double now) {
  allowed_ = std::min(at_once, allowed_ + a_second * (now - counted_));
  counted_ = now;
  if (allowed_ < 1) return false;
  allowed_ -= 1;
  return true;
}

std::vector<train::EpochRecord> HeldRows::take() {
  std::vector<train::EpochRecord> rows;
  if (best_ && best_->epoch < last_->epoch) rows.push_back(*best_);
  if (last_) rows.push_back(*last_);
  printed_ += static_cast<std::int64_t>(rows.size());
  last_.reset();
  best_.reset();
  return rows;
}

std::string HeldRows::note(int columns) const {
  if (printed_ == epochs_) return "";
  const std::string short_text = fmt::format("{} of {} epochs are listed", grouped(printed_), grouped(epochs_));
  for (const std::string& text :
       {fmt::format("{}: of short ones, about {:.0f} a second", short_text, a_second), short_text}) {
    if (text.size() < static_cast<std::size_t>(columns)) return text + "\n";
  }
  return "";
}

}  // namespace xtape::report
