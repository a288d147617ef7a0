// Which epochs get a row where epochs are so short that a row for each would slow the run down.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "xtape/train/history.hpp"

namespace xtape::report {

/// The first rows are due at once, then so many a second. Of those that are held back meanwhile, the last one and the
/// last that was the best are kept, so that a table has its best and its last epoch, in order.
class HeldRows {
 public:
  void add(const train::EpochRecord& record, double now);
  bool are_due(double now);
  /// The rows to be printed; afterwards none is held.
  std::vector<train::EpochRecord> take();
  /// How many epochs have a row, in less than `columns` characters; "" if all have one, or there is no room.
  std::string note(int columns) const;

 private:
  static constexpr double at_once = 20, a_second = 20;

  std::optional<train::EpochRecord> last_, best_;
  double allowed_ = at_once, counted_ = 0;  // rows, at that time
  std::int64_t epochs_ = 0, printed_ = 0;
};

}  // namespace xtape::report
