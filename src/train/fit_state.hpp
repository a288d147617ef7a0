// Where a run of fit() stands: all that it must remember, besides the model, the optimizer, the schedulers, the loader
// and the default generator, to go on after a step as if nothing had interrupted it.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "train/correct.hpp"
#include "xtape/train/history.hpp"

namespace xtape::train {

/// The fields of a record, in the order of the struct: the columns of every table of records.
struct EpochField {
  const char* name;
  std::variant<std::int64_t EpochRecord::*, double EpochRecord::*> member;
};
inline constexpr EpochField epoch_fields[] = {{"epoch", &EpochRecord::epoch},
                                              {"train_loss", &EpochRecord::train_loss},
                                              {"train_accuracy", &EpochRecord::train_accuracy},
                                              {"validation_loss", &EpochRecord::validation_loss},
                                              {"validation_accuracy", &EpochRecord::validation_accuracy},
                                              {"lr", &EpochRecord::lr},
                                              {"seconds", &EpochRecord::seconds},
                                              {"steps", &EpochRecord::steps},
                                              {"train_eval_loss", &EpochRecord::train_eval_loss},
                                              {"train_eval_accuracy", &EpochRecord::train_eval_accuracy},
                                              {"gap", &EpochRecord::gap},
                                              {"gap_low", &EpochRecord::gap_low},
                                              {"gap_high", &EpochRecord::gap_high}};

/// Calls f(name, value) for each field of a record.
template <class F>
void visit_fields(const EpochRecord& r, F f) {
  for (const auto& [name, member] : epoch_fields) {
    std::visit([&r, &f, name = name](auto field) { f(name, r.*field); }, member);
  }
}

/// The sums over the batches of an epoch so far. A batch counts by its share of the mean: the loss's denominator.
struct EpochTotals {
  double loss = 0, denominator = 0;
  detail::Score score;
  bool has_classes = true;  // until a batch has none

  double mean_loss() const noexcept { return loss / denominator; }
  double accuracy() const noexcept { return has_classes ? score.accuracy() : std::numeric_limits<double>::quiet_NaN(); }
};

/// The best monitored value so far, and for how many epochs there has been no better one.
struct BestSoFar {
  double value = std::numeric_limits<double>::quiet_NaN();
  std::int64_t epoch = 0;  // from 1; 0: none yet
  std::int64_t epochs_since = 0;

  /// Whether `now` is better by more than min_delta. NaN never is.
  bool is_beaten_by(double now, double min_delta, bool lower_is_better) const noexcept {
    if (std::isnan(now)) return false;
    return epoch == 0 || (lower_is_better ? now < value - min_delta : now > value + min_delta);
  }
};

/// "validation loss" of "validation_loss".
std::string words_of(std::string monitor);

struct FitState {
  std::int64_t epoch = 0;  // completed; the one that runs is epoch + 1
  std::int64_t batch = 0;  // done in the epoch that runs; 0 between epochs
  std::int64_t steps = 0;
  double seconds = 0;  // of the epoch that runs, up to the last interruption
  EpochTotals totals;
  std::vector<EpochRecord> records;
  // HistoryData's, of the same names.
  std::int64_t classes = 0;
  double first_loss = std::numeric_limits<double>::quiet_NaN();
  double majority_share = std::numeric_limits<double>::quiet_NaN();
  double train_eval_r2 = std::numeric_limits<double>::quiet_NaN();
  double validation_r2 = std::numeric_limits<double>::quiet_NaN();
  BestSoFar best;  // the weights of its epoch are Fit's

  void begin_next_epoch(const EpochRecord& record_of_this) {
    records.push_back(record_of_this);
    ++epoch;
    batch = 0;
    seconds = 0;
    totals = {};
  }
};

}  // namespace xtape::train
