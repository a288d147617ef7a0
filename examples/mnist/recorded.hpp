// What a training has recorded about itself: in the files of its run, and in the metadata of a model.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <xtape/xtape.hpp>

#include "configuration.hpp"
#include "training.hpp"

struct RecordedOptions {
  TrainSettings settings;
  Configuration list;  // of those that played a part
};
/// The options in a TOML text of to_toml(). `where` is the text's file, for errors, which are those of
/// apply_configuration().
RecordedOptions options_in(const std::string& where, const std::string& toml);

/// What run.json says.
using Record = nlohmann::ordered_json;
/// That of the run in a directory, an object. FileError, which begins with `op`, if it is damaged.
Record read_record(const std::string& op, const std::string& directory);
/// A text or number of a record, also below another key; what is missing or of another kind is "" or NaN.
std::string text_in(const Record& record, const char* key, const char* below = nullptr);
double number_in(const Record& record, const char* key);

/// The text of a run.json; discarded if it is no JSON, or nested deeper than any record.
nlohmann::ordered_json parse_record(const std::string& text);

struct RecordedRun {
  std::string path;  // of its directory
  RecordedOptions options;
  Record record;
  xtape::train::History history;
};

/// How the run stands: what run.json says, but "interrupted" if it says "running" and no process holds the run.
std::string state_of(const RecordedRun& run);

/// FileError if the directory holds no run or, unless it may be empty, one without a completed epoch.
RecordedRun load_run(const std::string& path, bool may_be_empty = false);

/// What verdicts advise, in the options of xtape-mnist.
xtape::train::VerdictWords verdict_words();
/// What training had measured on the test images: loss, accuracy and samples. Without samples if it had not.
xtape::train::Evaluation test_result_in(const Record& record);

/// A page with the options of a training; the caller adds the rest.
xtape::train::ReportOptions page_of(const std::string& title, const Configuration& options);
/// That of the run in a directory.
xtape::train::ReportOptions page_of_run(const std::string& path, const Configuration& options, const Record& record);
