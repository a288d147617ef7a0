// What a run says while an epoch goes on: a line that is redrawn on a terminal, or one now and then in a log.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "report/pace.hpp"
#include "xtape/train/sink.hpp"

namespace xtape::report {

/// What is known at a moment of a run. Numbers that are not known are NaN, counts are 0.
struct Moment {
  std::int64_t epoch = 0, epochs = 0;                          // from 1
  std::int64_t batch = 0, batches = 0;                         // done, of this epoch
  std::int64_t step = 0;                                       // of the optimizer since training began
  double loss = std::numeric_limits<double>::quiet_NaN();      // of the epoch so far
  double accuracy = std::numeric_limits<double>::quiet_NaN();  // of the epoch so far
  double samples_per_second = std::numeric_limits<double>::quiet_NaN();
  double seconds_left = std::numeric_limits<double>::quiet_NaN();  // of the run
  double lr = std::numeric_limits<double>::quiet_NaN();
  bool is_validating = false;
};

Moment moment_of(const train::FitBegin& fit, const train::BatchRecord& record, const Pace& pace);

struct LineStyle {
  bool has_blocks = false;  // the bar is made of U+2588 and U+2591, in UTF-8; else of # and -
  bool has_color = false;
};

/// "epoch  3/10  step 2532  [#####-----]  50 %  loss 0.4123  accuracy 0.8512  12,345 samples/s  1:23 left  lr 0.001":
/// fewer than `columns` characters and no newline. Where there is no room, pieces are left out: the learning rate
/// first, then step, samples/s, accuracy, the bar, the word "epoch", the time, the loss, the percentage.
std::string live_line(const Moment& moment, int columns, LineStyle style);

/// "epoch 3: 41 % of 844 batches, loss 0.4123, 1,234 samples/s, about 3 min left".
std::string heartbeat_line(const Moment& moment);

}  // namespace xtape::report
