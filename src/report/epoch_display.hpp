// What displays with a table of epochs share: the table, and how fast the run goes.
#pragma once

#include <string>

#include "report/display.hpp"
#include "report/epoch_table.hpp"
#include "report/pace.hpp"

namespace xtape::report {

class EpochDisplay : public Display {
 public:
  void epoch_begin(const train::EpochBegin&, double now) final { pace_.begin_epoch(now); }

 protected:
  explicit EpochDisplay(Output& out) : out_(out) {}

  /// A new fit().
  void begin(const train::FitBegin& fit) {
    fit_ = fit;
    pace_ = Pace(fit);
    table_ = EpochTable(fit);
  }
  /// Each batch counts in the pace, whether it is shown or not.
  Moment moment_after(const train::BatchRecord& record, double now) {
    pace_.end_batch(record, now);
    return moment_of(fit_, record, pace_);
  }
  std::string lines_of(const train::EpochRecord& record, int columns) { return table_.lines(record, columns); }
  std::string legend(const train::History& history, int columns) const {
    return table_.legend(history.data().monitor, columns);
  }
  Output& out() const noexcept { return out_; }
  const Pace& pace() const noexcept { return pace_; }

 private:
  Output& out_;
  train::FitBegin fit_;
  Pace pace_;
  EpochTable table_;
};

}  // namespace xtape::report
