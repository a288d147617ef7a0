// A page about a training run, in one file that opens in any browser.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "xtape/export.hpp"
#include "xtape/train/evaluation.hpp"
#include "xtape/train/history.hpp"

namespace xtape::train {

struct ReportOptions {
  std::string title = "Training report";
  std::string evaluated_on = {};  ///< what the evaluation was measured on: "validation data", say; "": so many samples
  Evaluation test = {};           ///< measured once, at the end, on data that decided nothing: the page has its result
  std::string summary = {};       ///< of the model: nn::summary(model, {64, 784}).to_string()
  /// Names and values, in this order: the options of the run, say.
  std::vector<std::pair<std::string, std::string>> configuration = {};
  /// More about the machine than the version, instruction set, CPU and threads, which are always there.
  std::vector<std::pair<std::string, std::string>> environment = {};
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
