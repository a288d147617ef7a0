// The commands of xtape-text. Each adds its options and gives the function to run if it is chosen.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "packages.hpp"

using Run = std::function<void()>;

Run add_train(CLI::App& app);
Run add_predict(CLI::App& app);
Run add_export(CLI::App& app);

/// --data of a command: a package index, or "built-in".
void add_data_option(CLI::App& app, std::string& data);
Topics load_topics(const std::string& data);
