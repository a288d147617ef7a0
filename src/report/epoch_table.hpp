// The table of epochs: the lines that stay when a run is over.
#pragma once

#include <cstdint>
#include <string>

#include "xtape/train/sink.hpp"

namespace xtape::report {

/// What stands beside the number of the epoch.
struct TableColumns {
  bool training_loss = false, training_accuracy = false;
  bool validation_loss = false, validation_accuracy = false;
  bool seconds = false;
  bool operator==(const TableColumns&) const = default;
};

/// The table of one fit(). An epoch that is the best so far has a star, if there is room. Numbers that were not
/// measured are "-"; columns for accuracies are left out if the first record has none.
class EpochTable {
 public:
  EpochTable() = default;
  explicit EpochTable(const train::FitBegin& fit) : epochs_(fit.epochs), validates_(fit.validation_samples > 0) {}

  /// The row of an epoch, in less than `columns` characters: where there is no room, whole columns are left out. A
  /// header stands above the first row, and again above one that has other columns than the row before.
  std::string lines(const train::EpochRecord& record, int columns);
  /// What the star means, in less than `columns` characters; "" if there is no room, and if no row has one.
  std::string legend(const std::string& monitor, int columns) const;

 private:
  TableColumns columns_for(int width) const;
  std::string header() const;
  std::string row(const train::EpochRecord& record) const;

  std::int64_t epochs_ = 0;
  bool validates_ = false, has_accuracy_ = false, has_header_ = false, has_star_ = false;
  TableColumns shown_;
};

}  // namespace xtape::report
