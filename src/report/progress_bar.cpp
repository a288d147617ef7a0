#include <chrono>
#include <cmath>
#include <cstdio>
#include <utility>

#include "core/fail.hpp"
#include "report/display.hpp"
#include "report/output.hpp"
#include "xtape/train/progress.hpp"

namespace xtape::train {

namespace {

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

struct ProgressBar::Impl {
  Impl(std::FILE* file, const ProgressOptions& options) : out(file), display(report::make_display(out, options)) {}

  template <class Event>
  void tell(void (report::Display::*show)(const Event&, double), const Event& event) const {
    if (!out.failed()) (*display.*show)(event, seconds_now());
  }

  report::Output out;
  const std::unique_ptr<report::Display> display;  // writes to `out`
};

ProgressBar::ProgressBar(std::FILE* out, const ProgressOptions& options) {
  if (!out) fail<ValueError>("ProgressBar", "there is no file to write to: the FILE* is null");
  if (!(options.heartbeat_seconds >= 0 && std::isfinite(options.heartbeat_seconds))) {
    fail<ValueError>("ProgressBar", "heartbeat_seconds = {}; expected a finite number >= 0", options.heartbeat_seconds);
  }
  impl_ = new Impl(out, options);
}
ProgressBar::~ProgressBar() { delete impl_; }
ProgressBar::ProgressBar(ProgressBar&& other) noexcept : impl_(std::exchange(other.impl_, nullptr)) {}
ProgressBar& ProgressBar::operator=(ProgressBar&& other) noexcept {
  delete std::exchange(impl_, std::exchange(other.impl_, nullptr));
  return *this;
}

void ProgressBar::on_fit_begin(const FitBegin& e) { impl_->tell(&report::Display::fit_begin, e); }
void ProgressBar::on_epoch_begin(const EpochBegin& e) { impl_->tell(&report::Display::epoch_begin, e); }
void ProgressBar::on_batch_end(const BatchRecord& r) { impl_->tell(&report::Display::batch_end, r); }
void ProgressBar::on_epoch_end(const EpochRecord& r) { impl_->tell(&report::Display::epoch_end, r); }
void ProgressBar::on_checkpoint(const CheckpointSaved& e) { impl_->tell(&report::Display::checkpoint, e); }
void ProgressBar::on_warning(const Warning& e) { impl_->tell(&report::Display::warning, e); }
void ProgressBar::on_fit_end(const History& h) { impl_->tell(&report::Display::fit_end, h); }

bool ProgressBar::failed() const noexcept { return impl_->out.failed(); }

}  // namespace xtape::train
