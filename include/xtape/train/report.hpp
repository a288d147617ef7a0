// A page about a training run, in one file that opens in any browser.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "xtape/detail/callback.hpp"
#include "xtape/export.hpp"
#include "xtape/train/evaluation.hpp"
#include "xtape/train/history.hpp"

namespace xtape::train {

struct ReportOptions {
  std::string title = "Training report";
  std::string evaluated_on = {};  ///< what the evaluation was measured on: "validation data", say; "": so many samples
  /// Measured once, at the end, on data that decided nothing: the page has its result. An Evaluation with no more than
  /// loss, accuracy and samples is enough, as a program has it that has kept these numbers in a file.
  Evaluation test = {};
  std::string summary = {};  ///< of the model: nn::summary(model, {64, 784}).to_string()
  /// Names and values, in this order: the options of the run, say.
  std::vector<std::pair<std::string, std::string>> configuration = {};
  /// More about the machine than the version, instruction set, CPU and threads, which are always there.
  std::vector<std::pair<std::string, std::string>> environment = {};
  /// Of an input, what a person reads: of token ids their words. Given, it stands with the worst mistakes in place of a
  /// picture; what it throws, save_report() throws.
  Callback<std::string(const Tensor&)> text_of = {};
  VerdictWords words = {};  ///< of the verdict's advice
  /// Above 0: the run goes on, and a browser loads the page again after so many seconds.
  std::int64_t refresh_seconds = 0;
};

/// Writes a page about a run to `path`: curves, verdict, and what `evaluation` tells of the classes, if it has any; an
/// Evaluation{} leaves that out, and a History() the run. The page is one HTML file without scripts and without
/// references to anything outside it. An existing file is replaced as a whole or, if this throws, not at all. Every
/// text is escaped. FileError when writing fails; ValueError for a negative number of seconds.
XTAPE_API void save_report(const std::string& path, const History& history, const Evaluation& evaluation,
                           const ReportOptions& options = {});

}  // namespace xtape::train
