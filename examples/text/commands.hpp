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

struct DataSettings {
  std::string data = "built-in";  // or a package index
  int fold = 0;
};

/// --data and --fold of a command.
void add_data_options(CLI::App& app, DataSettings& s);
Topics load_topics(const DataSettings& s);
