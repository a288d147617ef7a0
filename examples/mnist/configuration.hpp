// Options in TOML files, under their long names without the dashes: `batch-size = 64`. What the command line gives
// always wins over a file.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

/// An option as it holds for a run, given or by default.
struct ConfiguredOption {
  std::string key;    // "batch-size"
  std::string value;  // as on the command line; of a flag "true" or "false"
  bool is_text = false;
};
using Configuration = std::vector<ConfiguredOption>;

/// Of the options that may stand in a file those that play a part: no momentum of Adam.
Configuration configuration_of(const CLI::App& app);
std::string to_toml(const Configuration& configuration);
/// FileError for a TOML text so large, or with tables so deep in each other, that it is no configuration. `where` is its
/// file, for errors.
void check_extent(const std::string& where, const std::string& toml);

/// Gives each option that the command line has not given the value of the file. An option that plays no part with what
/// the command line says, as momentum with --optimizer adam, is left out. FileError, with file, line and key, for a
/// file that is no TOML, an unknown key, and a value of the wrong kind or outside its range.
void apply_configuration(CLI::App& app, const std::string& path);

/// An option that the command line gives another value than a file does, or than the default if it is not in the file.
struct Change {
  std::string key, before, now;
};
/// To be called before apply_configuration(). Errors as there.
std::vector<Change> changes_to(const CLI::App& app, const std::string& path);
