// How fast a run goes, and when it will be over.
#pragma once

#include <cstdint>
#include <limits>

#include "xtape/train/sink.hpp"

namespace xtape::report {

/// Of one fit(), from the times of its events: seconds of any clock that does not go back. What is not known is NaN.
/// Speed is a mean of the last half minute or so, without the first batch, which also prepares memory and threads.
class Pace {
 public:
  Pace() = default;
  explicit Pace(const train::FitBegin& fit) : fit_(fit) {}

  void begin_epoch(double now);
  void end_batch(const train::BatchRecord& record, double now);

  double samples_per_second() const { return measured_ > 1 && seconds_ > 0 ? samples_ / seconds_ : unknown; }
  /// From the last batch to the end of the last epoch, with the validation of each. The moment that it promises stays
  /// the same until it is a second and a twentieth off, so that a person sees a clock that counts down.
  double seconds_left() const { return end_ - last_; }
  /// What passes between the last batch of an epoch and the next epoch: the mean so far, or at first a guess from the
  /// number of samples that are evaluated.
  double pause() const;
  /// pause() has been measured.
  bool knows_pause() const { return pauses_ > 0; }

 private:
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

  void measure(double seconds, std::int64_t samples);
  void promise();

  train::FitBegin fit_;
  train::BatchRecord record_;                       // the last one
  double last_ = unknown;                           // when that ended, or its epoch began
  double samples_ = 0, batches_ = 0, seconds_ = 0;  // sums that fade with time
  std::int64_t measured_ = 0;                       // batches
  double paused_seconds_ = 0;
  std::int64_t pauses_ = 0;
  double end_ = unknown;
};

}  // namespace xtape::report
