// Lines for a log: a row for each epoch, and within a long epoch one now and then. No character controls a terminal.
#include <limits>
#include <string>

#include "report/epoch_display.hpp"
#include "report/terminal.hpp"
#include "xtape/io/text_file.hpp"

namespace xtape::report {

namespace {

class PlainDisplay final : public EpochDisplay {
 public:
  PlainDisplay(Output& out, double heartbeat_seconds) : EpochDisplay(out), heartbeat_seconds_(heartbeat_seconds) {}

  void fit_begin(const train::FitBegin& e, double now) override {
    begin(e);
    said_ = now;
  }
  void batch_end(const train::BatchRecord& r, double now) override {
    const Moment moment = moment_after(r, now);
    if (heartbeat_seconds_ > 0 && now - said_ >= heartbeat_seconds_) say(heartbeat_line(moment) + "\n", now);
  }
  void epoch_end(const train::EpochRecord& r, double now) override { say(lines_of(r, columns()), now); }
  void warning(const train::Warning& e, double now) override {
    say("warning: " + io::printable(e.message) + "\n", now);
  }
  void fit_end(const train::History& h, double now) override {
    if (const std::string text = legend(h, columns()); !text.empty()) say(text, now);
  }

 private:
  int columns() const {
    return is_terminal(out().file()) ? terminal_columns(out().file()) : std::numeric_limits<int>::max();
  }
  void say(const std::string& lines, double now) {
    out().write(lines);
    said_ = now;
  }

  const double heartbeat_seconds_;
  double said_ = 0;
};

}  // namespace

std::unique_ptr<Display> plain_display(Output& out, double heartbeat_seconds) {
  return std::make_unique<PlainDisplay>(out, heartbeat_seconds);
}

}  // namespace xtape::report
