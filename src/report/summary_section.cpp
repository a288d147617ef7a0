#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

#include "core/grouped.hpp"
#include "report/sections.hpp"
#include "report/text.hpp"
#include "train/fit_state.hpp"

namespace xtape::report {

namespace {

Html tile(std::string_view name, const std::string& figure, const std::string& more) {
  return element("div", element("dt", name) + element("dd", {{"class", "figure"}}, Html(figure)) +
                            (more.empty() ? Html() : element("dd", {{"class", "more"}}, Html(more))));
}

std::string interval_text(const train::Interval& i, std::int64_t samples) {
  return fmt::format("95% CI {}%", interval(i.low, i.high, samples));
}

std::string samples_text(std::int64_t n) { return fmt::format("{} sample{}", grouped(n), n == 1 ? "" : "s"); }

/// "overfitting since epoch 4: ..." as a class of the style sheet.
const char* verdict_style(const std::string& verdict) {
  if (verdict.starts_with("fitting")) return "verdict good";
  if (verdict.starts_with("diverged")) return "verdict bad";
  return verdict.starts_with("undecided") ? "verdict" : "verdict warn";
}

Html verdict_line(const train::History& history, const train::VerdictWords& words) {
  if (history.empty() && history.stop_cause() != train::StopCause::not_finite) {
    return element("p", {{"class", "verdict"}}, Html("No epoch has been completed."));
  }
  std::string verdict = history.verdict(words);
  const char* style = verdict_style(verdict);
  if (!verdict.empty() && verdict[0] >= 'a' && verdict[0] <= 'z')
    verdict[0] = static_cast<char>(verdict[0] - 'a' + 'A');
  const std::string_view all = verdict;
  const std::size_t colon = all.find(':') == all.npos ? 0 : all.find(':') + 1;
  return element("p", {{"class", style}}, element("strong", all.substr(0, colon)) + Html(all.substr(colon)));
}

bool has_accuracy(const train::Evaluation& e) { return !std::isnan(e.accuracy); }

/// "95% CI 88.10 to 90.02%, 10,000 samples", also of numbers that were kept without the answers.
std::string accuracy_text(const train::Evaluation& e, const std::string& more) {
  const train::Interval i = e.classes() != 0 ? e.accuracy_interval() : train::wilson_interval(e.accuracy, e.samples);
  return fmt::format("{}, {}", interval_text(i, e.samples), more);
}

using Tiles = std::vector<Html>;

/// Which data that is stands below the tiles, since it may be a long text.
void add_evaluation_tiles(Tiles& tiles, const train::Evaluation& e) {
  if (has_accuracy(e)) {
    tiles.push_back(tile("Accuracy", percent(e.accuracy, e.samples), accuracy_text(e, "evaluated model")));
  }
  tiles.push_back(tile("Loss", number(e.loss), fmt::format("{}, evaluated model", samples_text(e.samples))));
}

void add_test_tiles(Tiles& tiles, const train::Evaluation& e) {
  const std::string samples = samples_text(e.samples);
  if (has_accuracy(e)) {
    tiles.push_back(tile("Test accuracy", percent(e.accuracy, e.samples), accuracy_text(e, samples)));
  } else {
    tiles.push_back(tile("Test loss", number(e.loss), samples));
  }
}

/// Of the best epoch, where no evaluation says more.
void add_epoch_tiles(Tiles& tiles, const train::History& history) {
  if (history.best_epoch() == 0) return;
  const train::EpochRecord& best = history.best();
  const train::HistoryData& data = history.data();
  const std::string epoch = fmt::format("epoch {}", history.best_epoch());
  if (!std::isnan(best.validation_accuracy)) {
    const std::int64_t n = data.validation_samples;
    tiles.push_back(
        n > 0
            ? tile("Validation accuracy", percent(best.validation_accuracy, n),
                   fmt::format("{}, {}", interval_text(train::wilson_interval(best.validation_accuracy, n), n), epoch))
            : tile("Validation accuracy", percent(best.validation_accuracy), epoch));
  } else if (!std::isnan(best.train_accuracy)) {
    tiles.push_back(tile("Accuracy while learning", percent(best.train_accuracy), epoch));
  }
  const bool validated = !std::isnan(best.validation_loss);
  tiles.push_back(tile(validated ? "Validation loss" : "Loss while learning",
                       number(validated ? best.validation_loss : best.train_loss), epoch));
}

/// How much of the targets' variance a regression explains: a loss alone does not tell a good one.
void add_r2_tile(Tiles& tiles, const train::HistoryData& data) {
  const bool validated = !std::isnan(data.validation_r2), trained = !std::isnan(data.train_eval_r2);
  const auto text = [](double r2) { return with_minus(fmt::format("{:.3f}", r2)); };
  if (validated) {
    tiles.push_back(tile("Validation R²", text(data.validation_r2),
                         trained ? fmt::format("last epoch; training {}", text(data.train_eval_r2)) : "last epoch"));
  } else if (trained) {
    tiles.push_back(tile("Training R²", text(data.train_eval_r2), "last epoch"));
  }
}

void add_run_tiles(Tiles& tiles, const train::History& history) {
  if (history.empty()) return;
  const train::HistoryData& data = history.data();
  add_r2_tile(tiles, data);
  if (const std::int64_t best = history.best_epoch(); best != 0) {
    tiles.push_back(
        tile("Best epoch", fmt::format("{} of {}", best, history.size()), "by " + train::words_of(data.monitor)));
    if (const train::EpochRecord& record = history.best(); !std::isnan(record.gap)) {
      tiles.push_back(tile("Gap", points(record.gap),
                           fmt::format("95% CI {}, epoch {}", interval(record.gap_low, record.gap_high), best)));
    }
  }
  double seconds = 0;
  for (const train::EpochRecord& r : history) seconds += r.seconds;
  tiles.push_back(tile("Total time", duration(seconds),
                       fmt::format("{} an epoch", duration(seconds / static_cast<double>(history.size())))));
  if (data.training_samples > 0) {
    tiles.push_back(tile("Training samples", grouped(data.training_samples),
                         data.validation_samples > 0 ? grouped(data.validation_samples) + " for validation" : ""));
  }
}

/// In rows of the same length where that can be, and never with one tile alone in the last row.
Html grid_of(const Tiles& tiles) {
  constexpr const char* styles[] = {"tiles by1", "tiles by2", "tiles by3", "tiles by4", "tiles by5"};
  constexpr std::size_t columns[] = {1, 1, 2, 3, 4, 5, 3, 4, 4, 3, 5};
  Html all;
  for (const Html& t : tiles) all += t;
  return element("dl", {{"class", styles[columns[std::min(tiles.size(), std::size(columns) - 1)] - 1]}}, all);
}

/// What was measured with which weights: the tiles tell of several.
std::string measured_text(const train::History& history, const train::Evaluation& e,
                          const train::ReportOptions& options) {
  std::string text;
  if (e.samples > 0) {
    text = fmt::format("{} of {}.", has_accuracy(e) ? "Accuracy and loss are" : "The loss is", data_name(e, options));
  }
  if (options.test.samples > 0) {
    text += fmt::format("{}The test data was measured once, at the end.", text.empty() ? "" : " ");
  }
  if (history.best_epoch() != 0 && !std::isnan(history.best().gap)) {
    text += fmt::format(
        "{}The gap is the training accuracy minus the validation accuracy: where it is negative, validation is better.",
        text.empty() ? "" : " ");
  }
  return text;
}

}  // namespace

Html summary_section(const train::History& history, const train::Evaluation& evaluation,
                     const train::ReportOptions& options) {
  Html out = element("h1", options.title);
  const bool is_evaluated = evaluation.samples > 0 || options.test.samples > 0;
  const bool has_run = !history.empty() || !history.stop_reason().empty();
  if (has_run || !is_evaluated) out += verdict_line(history, options.words);
  if (options.refresh_seconds > 0) {
    out += element(
        "p", {{"class", "stop live"}},
        Html(fmt::format("Training goes on. This page loads itself again every {} s.", options.refresh_seconds)));
  } else if (!history.stop_reason().empty()) {
    out += element("p", {{"class", "stop"}}, Html("Training ended: " + history.stop_reason()));
  }
  Tiles tiles;
  if (options.test.samples > 0) add_test_tiles(tiles, options.test);
  if (evaluation.samples > 0) {
    add_evaluation_tiles(tiles, evaluation);
  } else {
    add_epoch_tiles(tiles, history);
  }
  add_run_tiles(tiles, history);
  if (!tiles.empty()) out += grid_of(tiles);
  if (const std::string text = measured_text(history, evaluation, options); !text.empty()) {
    out += element("p", {{"class", "note"}}, Html(text));
  }
  return out;
}

}  // namespace xtape::report
