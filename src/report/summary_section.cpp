#include <fmt/format.h>

#include <cmath>

#include "core/grouped.hpp"
#include "report/sections.hpp"
#include "report/text.hpp"

namespace xtape::report {

namespace {

Html tile(std::string_view name, const std::string& figure, const std::string& more) {
  return element("div", element("dt", name) + element("dd", {{"class", "figure"}}, Html(figure)) +
                            (more.empty() ? Html() : element("dd", {{"class", "more"}}, Html(more))));
}

std::string interval_text(const train::Interval& i) { return fmt::format("95% CI {}%", interval(i.low, i.high)); }

/// "overfitting since epoch 4: ..." as a class of the style sheet.
const char* verdict_style(const std::string& verdict) {
  if (verdict.starts_with("fitting")) return "verdict good";
  if (verdict.starts_with("diverged")) return "verdict bad";
  return verdict.starts_with("undecided") ? "verdict" : "verdict warn";
}

Html verdict_line(const train::History& history) {
  if (history.empty() && history.stop_cause() != train::StopCause::not_finite) {
    return element("p", {{"class", "verdict"}}, Html("No epoch has been completed."));
  }
  std::string verdict = history.verdict();
  const char* style = verdict_style(verdict);
  if (!verdict.empty() && verdict[0] >= 'a' && verdict[0] <= 'z')
    verdict[0] = static_cast<char>(verdict[0] - 'a' + 'A');
  const std::string_view all = verdict;
  const std::size_t colon = all.find(':') == all.npos ? 0 : all.find(':') + 1;
  return element("p", {{"class", style}}, element("strong", all.substr(0, colon)) + Html(all.substr(colon)));
}

Html evaluation_tiles(const train::Evaluation& e) {
  Html out;
  if (e.classes() != 0 && !std::isnan(e.accuracy)) {
    out += tile("Accuracy", percent(e.accuracy), interval_text(e.accuracy_interval()));
  }
  return out + tile("Loss", number(e.loss), fmt::format("{} sample{}", grouped(e.samples), e.samples == 1 ? "" : "s"));
}

/// Of the best epoch, where no evaluation says more.
Html epoch_tiles(const train::History& history) {
  if (history.best_epoch() == 0) return {};
  const train::EpochRecord& best = history.best();
  Html out;
  if (!std::isnan(best.validation_accuracy)) {
    const std::int64_t n = history.data().validation_samples;
    out += tile("Validation accuracy", percent(best.validation_accuracy),
                n > 0 ? interval_text(train::wilson_interval(best.validation_accuracy, n)) : "");
  } else if (!std::isnan(best.train_accuracy)) {
    out += tile("Training accuracy", percent(best.train_accuracy), "while the model learned");
  }
  const bool validated = !std::isnan(best.validation_loss);
  return out + tile(validated ? "Validation loss" : "Training loss",
                    number(validated ? best.validation_loss : best.train_loss), "at the best epoch");
}

Html run_tiles(const train::History& history) {
  if (history.empty()) return {};
  const train::HistoryData& data = history.data();
  Html out;
  if (const std::int64_t best = history.best_epoch(); best != 0) {
    std::string monitor = data.monitor;
    for (char& c : monitor) c = c == '_' ? ' ' : c;
    out += tile("Best epoch", fmt::format("{} of {}", best, history.size()), "by " + monitor);
    const train::EpochRecord& record = history.best();
    if (!std::isnan(record.gap)) {
      out += tile("Gap at the best epoch", fmt::format("{:.2f}", 100 * record.gap),
                  "points, 95% CI " + interval(record.gap_low, record.gap_high));
    }
  }
  double seconds = 0;
  for (const train::EpochRecord& r : history) seconds += r.seconds;
  out += tile("Total time", duration(seconds),
              fmt::format("{} an epoch", duration(seconds / static_cast<double>(history.size()))));
  if (data.training_samples > 0) {
    out += tile("Training samples", grouped(data.training_samples),
                data.validation_samples > 0 ? grouped(data.validation_samples) + " for validation" : "");
  }
  return out;
}

}  // namespace

Html summary_section(const train::History& history, const train::Evaluation& evaluation,
                     const train::ReportOptions& options) {
  Html out = element("h1", options.title) + verdict_line(history);
  if (options.refresh_seconds > 0) {
    out += element(
        "p", {{"class", "stop live"}},
        Html(fmt::format("Training goes on. This page loads itself again every {} s.", options.refresh_seconds)));
  } else if (!history.stop_reason().empty()) {
    out += element("p", {{"class", "stop"}}, Html("Training ended: " + history.stop_reason()));
  }
  const Html tiles =
      (evaluation.samples > 0 ? evaluation_tiles(evaluation) : epoch_tiles(history)) + run_tiles(history);
  if (!tiles.empty()) out += element("dl", {{"class", "tiles"}}, tiles);
  if (evaluation.samples > 0) {
    const char* what = evaluation.classes() != 0 ? "Accuracy and loss are" : "The loss is";
    out += element("p", {{"class", "note"}}, Html(fmt::format("{} of {}.", what, data_name(options))));
  }
  return out;
}

}  // namespace xtape::report
