// Lines for a log: a row for each epoch, and within a long epoch one now and then. No character controls a terminal.
#include <limits>
#include <string>

#include "report/display.hpp"
#include "report/epoch_table.hpp"
#include "report/pace.hpp"
#include "report/terminal.hpp"
#include "report/text.hpp"

namespace xtape::report {

namespace {

class PlainDisplay final : public Display {
 public:
  PlainDisplay(Output& out, double heartbeat_seconds) : out_(out), heartbeat_seconds_(heartbeat_seconds) {}

  void fit_begin(const train::FitBegin& e, double now) override {
    fit_ = e;
    pace_ = Pace(e);
    table_ = EpochTable(e);
    said_ = now;
  }
  void epoch_begin(const train::EpochBegin&, double now) override { pace_.begin_epoch(now); }
  void batch_end(const train::BatchRecord& r, double now) override {
    pace_.end_batch(r, now);
    if (heartbeat_seconds_ > 0 && now - said_ >= heartbeat_seconds_) {
      say(heartbeat_line(moment_of(fit_, r, pace_)) + "\n", now);
    }
  }
  void epoch_end(const train::EpochRecord& r, double now) override { say(table_.lines(r, columns()), now); }
  void warning(const train::Warning& e, double now) override { say("warning: " + printable(e.message) + "\n", now); }

 private:
  int columns() const {
    return is_terminal(out_.file()) ? terminal_columns(out_.file()) : std::numeric_limits<int>::max();
  }
  void say(const std::string& lines, double now) {
    out_.write(lines);
    said_ = now;
  }

  Output& out_;
  const double heartbeat_seconds_;
  train::FitBegin fit_;
  Pace pace_;
  EpochTable table_;
  double said_ = 0;
};

}  // namespace

std::unique_ptr<Display> plain_display(Output& out, double heartbeat_seconds) {
  return std::make_unique<PlainDisplay>(out, heartbeat_seconds);
}

}  // namespace xtape::report
