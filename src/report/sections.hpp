// The sections of the page. Each is a function from data to markup; one that has nothing to say is empty.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/html.hpp"
#include "xtape/train/report.hpp"

namespace xtape::report {

using NamedValues = std::vector<std::pair<std::string, std::string>>;

/// What every section is: its id in the page, its heading, and what is in it.
Html section(std::string_view id, std::string_view heading, const Html& content);

/// Title, verdict, why training ended, and the numbers that one asks for first.
Html summary_section(const train::History& history, const train::Evaluation& evaluation,
                     const train::ReportOptions& options);
/// Losses, accuracies and the learning rate over epochs.
Html curves_section(const train::History& history);
/// A table of all epochs.
Html epochs_section(const train::History& history);
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
/// Of a long run, epochs that stand for all: 1,000 at most, the best and the last one among them. Indices.
std::vector<std::size_t> shown_epochs(const train::History& history);
/// The values in evaluation mode where they were measured, else those taken while the model learned: the training side
/// of the gap. Dropout and a model that still changes make the latter worse than the model is.
bool has_train_eval(const train::History& history);

}  // namespace xtape::report
