// What a training has recorded about itself: the options in its configuration file, or in the metadata of a model.
#pragma once

#include <string>

#include "configuration.hpp"
#include "settings.hpp"

/// The options in a TOML text of to_toml(), sorted by key. `where` is the text's file, for errors: FileError if it is
/// no TOML, or has a value that no option could have.
Configuration options_in(const std::string& where, const std::string& toml);

/// Those that decide which images a training saw: data, classes, validation and seed.
struct RecordedData {
  std::string data = "digits", classes;
  double validation = 0.1;
  std::uint64_t seed = 0;
  bool skip_validation = false;
};
/// FileError for a value that is not in the option's range.
RecordedData data_in(const std::string& where, const Configuration& options);
