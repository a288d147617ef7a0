// The bar: a live line below the table of epochs. It is the last line on the screen, begins where the cursor stood, and
// is never as wide as the terminal, so that "\r" goes back to its first character. A terminal that takes nothing (its
// reader is slow, Ctrl-S has stopped it) does not hold up the training: the line is not drawn then, and rows wait.
#include <limits>
#include <optional>
#include <string>

#include "report/epoch_display.hpp"
#include "report/held_rows.hpp"
#include "report/terminal.hpp"
#include "xtape/io/text_file.hpp"

namespace xtape::report {

namespace {

constexpr double seconds_between_draws = 0.1;
constexpr std::string_view to_the_start = "\r", clear_line = "\r\x1b[K", clear_the_rest = "\x1b[K";

class BarDisplay final : public EpochDisplay {
 public:
  BarDisplay(Output& out, LineStyle style) : EpochDisplay(out), style_(style) {}
  ~BarDisplay() override { leave(); }

  void fit_begin(const train::FitBegin& e, double) override {
    leave();  // what a fit() that threw has left
    begin(e);
    drawn_ = never;
    rows_ = HeldRows();
  }
  void batch_end(const train::BatchRecord& r, double now) override {
    const Moment moment = moment_after(r, now);
    if (now - drawn_ < seconds_between_draws && !(moment.is_validating && is_long(pace().pause()))) return;
    drawn_ = now;
    if (!out().has_room()) return;
    live_ = moment;
    out().write(live_text());
  }
  void epoch_end(const train::EpochRecord& r, double now) override {
    rows_.add(r, now);
    if (rows_.are_due(now)) print_rows();
  }
  void warning(const train::Warning& e, double) override {
    const std::string name = style_.has_color ? "\x1b[33mwarning:\x1b[0m " : "warning: ";
    print(name + io::printable(e.message) + "\n", live_ ? live_text() : "");
  }
  void fit_end(const train::History& h, double) override {
    print_rows();
    const int columns = terminal_columns(out().file());
    print(legend(h, columns) + rows_.note(columns), "");
    live_.reset();
    out().write("");  // what waits
  }

 private:
  static constexpr double never = -std::numeric_limits<double>::infinity();

  /// In the first epoch that is only a guess.
  bool is_long(double pause) const { return !pace().knows_pause() || pause >= seconds_between_draws; }
  std::string live_text() const {
    std::string text(to_the_start);
    text += live_line(*live_, terminal_columns(out().file()), style_);
    return text += clear_the_rest;
  }
  /// Lines in the place of the live line, and `below` them. In one write: nothing flickers.
  void print(const std::string& lines, const std::string& below) {
    if (lines.empty() && !live_) return;
    out().offer(std::string(live_ ? clear_line : "") + lines + below);
  }
  void print_rows() {
    std::string lines;
    for (const train::EpochRecord& r : rows_.take()) lines += lines_of(r, terminal_columns(out().file()));
    if (lines.empty()) return;
    print(lines, "");
    live_.reset();
  }
  /// No live line, and all rows that there are to be.
  void leave() noexcept {
    try {
      print_rows();
    } catch (...) {  // for want of memory
    }
    out().write(live_ ? clear_line : "");
    live_.reset();
  }

  const LineStyle style_;
  std::optional<Moment> live_;  // what stands on the screen
  double drawn_ = never;
  HeldRows rows_;
};

}  // namespace

std::unique_ptr<Display> bar_display(Output& out, LineStyle style) { return std::make_unique<BarDisplay>(out, style); }

}  // namespace xtape::report
