// What stands in the sections of the page, without their headings. Each is a function from data to markup; one that has
// nothing to say is empty.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "report/html.hpp"
#include "xtape/train/report.hpp"

namespace xtape::report {

using NamedValues = std::vector<std::pair<std::string, std::string>>;

/// Title, verdict, why training ended, and the numbers that one asks for first.
Html summary_section(const train::History& history, const train::Evaluation& evaluation,
                     const train::ReportOptions& options);
/// Losses, accuracies and the learning rate over epochs.
Html curves_section(const train::History& history);
/// A table of all epochs.
Html epochs_section(const train::History& history);
/// Of a regression, predicted and true values.
Html predictions_section(const train::Evaluation& evaluation, const train::ReportOptions& options);
/// Confusion, scores of each class, and the pairs that are confused most.
Html classes_section(const train::Evaluation& evaluation, const train::ReportOptions& options);
/// The samples for whose class the model saw the lowest probability.
Html mistakes_section(const train::Evaluation& evaluation, const train::ReportOptions& options);
Html calibration_section(const train::Evaluation& evaluation, const train::ReportOptions& options);
Html model_section(const train::ReportOptions& options);
/// Configuration and environment.
Html settings_section(const train::ReportOptions& options);

/// What the evaluation was measured on, in words: ReportOptions::evaluated_on, else "10,000 samples".
std::string data_name(const train::Evaluation& evaluation, const train::ReportOptions& options);

}  // namespace xtape::report
