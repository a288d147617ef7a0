// What a training has recorded about itself: in the files of its run, and in the metadata of a model.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <xtape/xtape.hpp>

#include "configuration.hpp"

/// The options in a TOML text of to_toml(), sorted by key. `where` is the text's file, for errors: FileError if it is
/// no TOML, or has a value that no option could have.
Configuration options_in(const std::string& where, const std::string& toml);

/// The options that decide which images a training saw and how their loss was measured.
struct RecordedData {
  std::string data = "digits", classes;
  double validation = 0.1, label_smoothing = 0;
  std::uint64_t seed = 0;
  bool skip_validation = false;
};
/// FileError for a value outside the option's range.
RecordedData data_in(const std::string& where, const Configuration& options);

/// The text of a run.json; discarded if it is no JSON, or nested deeper than any record.
nlohmann::ordered_json parse_record(const std::string& text);

struct RecordedRun {
  std::string path;  // of its directory
  Configuration options;
  nlohmann::ordered_json record;  // run.json, an object
  xtape::train::History history;

  /// A text or number of run.json, also below another key; what is missing or of another kind is "" or NaN.
  std::string text(const char* key, const char* below = nullptr) const;
  double number(const char* key) const;
};

/// How the run stands: what run.json says, but "interrupted" if it says "running" and no process holds the run.
std::string state_of(const RecordedRun& run);

/// FileError if the directory holds no run or, unless it may be empty, one without a completed epoch.
RecordedRun load_run(const std::string& path, bool may_be_empty = false);
