#include "report/progress_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "core/grouped.hpp"
#include "report/text.hpp"

namespace xtape::report {

namespace {

/// In the order of the line.
enum class Piece : std::uint8_t { epoch, step, bar, done, loss, accuracy, rate, left, lr };

class Pieces {
 public:
  std::string& operator[](Piece piece) { return texts_[static_cast<std::size_t>(piece)]; }
  /// With a separator between each two that are not empty.
  std::string joined() const {
    std::string line;
    for (const std::string& text : texts_) {
      if (!text.empty()) line += (line.empty() ? "" : "  ") + text;
    }
    return line;
  }

 private:
  std::array<std::string, 9> texts_;
};

constexpr int separator = 2, shortest_bar = 10, longest_bar = 30;
constexpr int rate_width = 16;        // of "12,345 samples/s"
constexpr int validating_width = 10;  // that of the widest text of Piece::done

std::int64_t percent_done(const Moment& m) { return m.batches > 0 ? m.batch * 100 / m.batches : 0; }

std::string loss_text(double loss) {
  const std::string text = fixed_width(loss, 6, 4);
  return "loss " + text.substr(text.find_first_not_of(' '));
}

std::string rate_text(double samples_per_second) {
  if (samples_per_second < 10) return fmt::format("{:.1f} samples/s", samples_per_second);
  constexpr double most = 1e15;
  return grouped(std::llround(std::min(samples_per_second, most))) + " samples/s";
}

std::string epoch_text(const Moment& m) {
  const std::string last = fmt::format("{}", m.epochs);
  return m.epochs > 0 ? fmt::format("{:>{}}/{}", m.epoch, last.size(), last) : fmt::format("{}", m.epoch);
}

/// Right-aligned in the room of the last step, if each batch makes one.
std::string step_text(const Moment& m) {
  const std::int64_t last = m.step + m.batches - m.batch + std::max<std::int64_t>(m.epochs - m.epoch, 0) * m.batches;
  return fmt::format("step {:>{}}", m.step, m.batches > 0 ? fmt::formatted_size("{}", last) : 0);
}

/// All but the bar. What is not known in the first frames has its room, so that nothing jumps when it is.
Pieces pieces_of(const Moment& m) {
  Pieces p;
  p[Piece::epoch] = "epoch " + epoch_text(m);
  if (m.step > 0) p[Piece::step] = step_text(m);
  if (m.batches > 0) p[Piece::done] = m.is_validating ? "validating" : fmt::format("{:3}%", percent_done(m));
  p[Piece::loss] = loss_text(m.loss);
  if (!std::isnan(m.accuracy)) p[Piece::accuracy] = fmt::format("accuracy {:.4f}", m.accuracy);
  const bool is_pending = m.batches > 0 && m.epochs > 0;
  if (!std::isnan(m.samples_per_second)) {
    p[Piece::rate] = fmt::format("{:>{}}", rate_text(m.samples_per_second), rate_width);
  } else if (is_pending) {
    p[Piece::rate] = fmt::format("{:>{}}", "- samples/s", rate_width);
  }
  if (!std::isnan(m.seconds_left) || is_pending) {
    p[Piece::left] = (std::isnan(m.seconds_left) ? "-:--" : clock_time(m.seconds_left)) + " left";
  }
  if (!std::isnan(m.lr)) p[Piece::lr] = fmt::format("lr {:.3g}", m.lr);
  return p;
}

int width_without_bar(const Pieces& p) { return static_cast<int>(p.joined().size()); }

/// The bar is as long while the model is validated as before.
int width_beside_bar(Pieces p) {
  p[Piece::done].resize(validating_width);
  return width_without_bar(p) + separator;
}

/// Leaves out pieces until what is left has at most `width` characters. Whether there is room for a bar.
bool fit_to_width(Pieces& p, const Moment& m, int width) {
  bool has_bar = m.batches > 0;
  const auto is_too_wide = [&p, &has_bar, width] {
    return (has_bar ? width_beside_bar(p) + shortest_bar : width_without_bar(p)) > width;
  };
  for (const Piece piece : {Piece::lr, Piece::step, Piece::rate, Piece::accuracy}) {
    if (is_too_wide()) p[piece].clear();
  }
  if (is_too_wide()) has_bar = false;
  if (is_too_wide()) p[Piece::epoch] = epoch_text(m);
  for (const Piece piece : {Piece::left, Piece::loss, Piece::done, Piece::epoch}) {
    if (is_too_wide()) p[piece].clear();
  }
  return has_bar;
}

std::string repeated(const char* text, std::int64_t n) {
  std::string all;
  for (std::int64_t i = 0; i < n; ++i) all += text;
  return all;
}

/// `width` characters on the screen.
std::string bar_text(const Moment& m, std::int64_t width, LineStyle style) {
  const std::int64_t inside = style.has_blocks ? width : width - 2;
  const std::int64_t full = std::clamp<std::int64_t>(m.batch * inside / m.batches, 0, inside);
  std::string text = repeated(style.has_blocks ? "\u2588" : "#", full);
  if (style.has_color) text = "\x1b[32m" + text + "\x1b[0m";
  text += repeated(style.has_blocks ? "\u2591" : "-", inside - full);
  return style.has_blocks ? text : "[" + text + "]";
}

}  // namespace

Moment moment_of(const train::FitBegin& fit, const train::BatchRecord& r, const Pace& pace) {
  return {.epoch = r.epoch,
          .epochs = fit.epochs,
          .batch = r.batch,
          .batches = r.batches,
          .step = r.step,
          .loss = r.train_loss,
          .accuracy = r.train_accuracy,
          .samples_per_second = pace.samples_per_second(),
          .seconds_left = pace.seconds_left(),
          .lr = r.lr,
          .is_validating = r.batch == r.batches && fit.validation_samples > 0};
}

std::string live_line(const Moment& m, int columns, LineStyle style) {
  const int width = columns - 1;
  Pieces p = pieces_of(m);
  if (fit_to_width(p, m, width)) {
    p[Piece::bar] = bar_text(m, std::min(width - width_beside_bar(p), longest_bar), style);
  }
  return p.joined();
}

std::string heartbeat_line(const Moment& m) {
  std::string line = fmt::format("epoch {}: ", m.epoch);
  line +=
      m.batches > 0 ? fmt::format("{}% of {} batches", percent_done(m), m.batches) : fmt::format("batch {}", m.batch);
  line += ", " + loss_text(m.loss);
  if (!std::isnan(m.samples_per_second)) line += ", " + rate_text(m.samples_per_second);
  if (!std::isnan(m.seconds_left)) line += ", about " + rough_time(m.seconds_left) + " left";
  return line;
}

}  // namespace xtape::report
