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

/// The option's value, given or by default, as on the command line; of a flag "true" or "false".
std::string value_of(const CLI::Option& option);
/// Of the options that may stand in a file those that play a part: no momentum of Adam.
Configuration configuration_of(const CLI::App& app);
std::string to_toml(const Configuration& configuration);

/// Gives each option that the command line has not given the value that it has in `toml`. An option that plays no part
/// with what the command line says, as momentum with --optimizer adam, is left out. FileError, with `where`, line and
/// key, for a text that is not TOML, an unknown key, and a value of the wrong kind or outside its range.
void apply_configuration(CLI::App& app, const std::string& where, const std::string& toml);

/// An option that the command line gives another value than a text does, or than the default if the text lacks it.
struct Change {
  std::string key, before, now;
};
/// To be called before apply_configuration(). FileError for a text that is not TOML.
std::vector<Change> changes_to(const CLI::App& app, const std::string& where, const std::string& toml);
