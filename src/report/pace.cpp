#include "report/pace.hpp"

#include <algorithm>
#include <cmath>

namespace xtape::report {

void Pace::begin_epoch(double now) {
  if (record_.batch > 0 && record_.batch == record_.batches) {
    paused_seconds_ += now - last_;
    ++pauses_;
  }
  last_ = now;
}

void Pace::end_batch(const train::BatchRecord& record, double now) {
  if (!std::isnan(last_)) measure(now - last_, record.samples);
  record_ = record;
  last_ = now;
  promise();
}

void Pace::measure(double seconds, std::int64_t samples) {
  constexpr double memory = 30;
  // The first batch is forgotten: it also prepares memory and threads.
  const double fading = measured_ == 1 ? 0 : std::exp(-seconds / memory);
  samples_ = samples_ * fading + static_cast<double>(samples);
  batches_ = batches_ * fading + 1;
  seconds_ = seconds_ * fading + seconds;
  ++measured_;
}

double Pace::pause() const {
  if (pauses_ > 0) return paused_seconds_ / static_cast<double>(pauses_);
  // The validation set and as many training samples, forward alone, which is about a third of a step.
  return 2.0 / 3 * static_cast<double>(fit_.validation_samples) * seconds_ / samples_;
}

void Pace::promise() {
  if (measured_ < 2 || record_.batches < record_.batch) return;
  const double batch = seconds_ / batches_;
  const auto batches_left = static_cast<double>(record_.batches - record_.batch);
  const auto epochs_left = static_cast<double>(std::max<std::int64_t>(fit_.epochs - record_.epoch, 0));
  const double left =
      batches_left * batch + pause() + epochs_left * (static_cast<double>(record_.batches) * batch + pause());
  if (!(std::abs(last_ + left - end_) <= 1 + left / 20)) end_ = last_ + left;
}

}  // namespace xtape::report
