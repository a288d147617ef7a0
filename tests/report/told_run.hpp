// A run as displays are told it, at times that the tests choose, and the table that it leaves.
#pragma once

#include <string>

#include "report/display.hpp"
#include "report/epoch_table.hpp"

namespace xtape::report {

inline train::EpochRecord told_epoch(std::int64_t epoch) {
  return {.epoch = epoch,
          .train_loss = 0.5,
          .train_accuracy = 0.75,
          .validation_loss = 0.25,
          .validation_accuracy = 0.875,
          .seconds = 4};
}

// What the table looks like is claimed in epoch_table_test.cpp; here it is what EpochTable makes of these records.

inline EpochTable told_table() { return EpochTable({.epochs = 2, .validation_samples = 50}); }
/// Without a header.
inline std::string told_row(std::int64_t epoch) {
  EpochTable table = told_table();
  table.lines(told_epoch(epoch), 200);
  return table.lines(told_epoch(epoch), 200);
}
/// With its header.
inline std::string told_lines(std::int64_t epoch, int columns = 200) {
  return told_table().lines(told_epoch(epoch), columns);
}
inline const std::string row_of_epoch_1 = told_row(1), row_of_epoch_2 = told_row(2);
inline const std::string table_header = told_lines(1).substr(0, told_lines(1).size() - row_of_epoch_1.size());
/// Of epoch 1, on a terminal of 40 columns.
inline const std::string narrow_table = told_lines(1, 40);

/// Tells a display of a run of 2 epochs of 10 batches, 0.25 s each, with 1.5 s of validation.
class ToldRun {
 public:
  explicit ToldRun(Display& display) : display_(display) {}

  void begin(const train::FitBegin& fit = {
                 .epochs = 2, .batches = 10, .training_samples = 100, .validation_samples = 50}) {
    fit_ = fit;
    epoch_ = fit.first_epoch - 1;
    display_.fit_begin(fit_, now_);
  }
  void begin_epoch() {
    ++epoch_;
    batch_ = 0;
    display_.epoch_begin({.epoch = epoch_, .epochs = fit_.epochs, .batches = fit_.batches}, now_);
  }
  void batch(double seconds = 0.25) {
    now_ += seconds;
    ++batch_;
    display_.batch_end({.epoch = epoch_,
                        .batch = batch_,
                        .batches = fit_.batches,
                        .step = (epoch_ - 1) * fit_.batches + batch_,
                        .samples = 10,
                        .loss = 1,
                        .lr = 0.01,
                        .train_loss = 0.5,
                        .train_accuracy = 0.75},
                       now_);
  }
  void batches(std::int64_t n, double seconds = 0.25) {
    for (std::int64_t i = 0; i < n; ++i) batch(seconds);
  }
  void end_epoch(double validation_seconds = 1.5, bool is_best = false) {
    now_ += validation_seconds;
    train::EpochRecord record = told_epoch(epoch_);
    record.is_best = is_best;
    display_.epoch_end(record, now_);
  }
  void whole_epoch(double batch_seconds = 0.25, double validation_seconds = 1.5, bool is_best = false) {
    begin_epoch();
    batches(fit_.batches, batch_seconds);
    end_epoch(validation_seconds, is_best);
  }
  void warn(const std::string& message) { display_.warning({message}, now_); }
  void end() { display_.fit_end(train::History({.epochs = {told_epoch(1)}}), now_); }

 private:
  Display& display_;
  train::FitBegin fit_;
  std::int64_t epoch_ = 0, batch_ = 0;
  double now_ = 1000;
};

inline std::size_t occurrences(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += what.size()) ++n;
  return n;
}

}  // namespace xtape::report
