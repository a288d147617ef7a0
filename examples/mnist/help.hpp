// How --help looks: one layout for all commands, at most 80 columns wide.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

class HelpLayout : public CLI::Formatter {
 public:
  std::string make_option(const CLI::Option* option, bool is_positional) const override;
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
  std::string make_subcommand(const CLI::App* command) const override;
  std::string make_usage(const CLI::App* app, std::string name) const override;
};

/// What an option accepts, in words, "" if anything: "in [0, 1)".
std::string allowed(const CLI::Option& option);
