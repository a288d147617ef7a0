// The commands of xtape-mnist. Each has a source file of its own with its options, its checks and what it does;
// main.cpp lists them.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

/// Does what the command is for, once its options are read; returns the exit code of the program. What it throws
/// becomes one line on stderr and exit code 1.
using Run = std::function<int()>;

/// Each adds its options and examples to the app of its command. The options live as long as the result.
Run add_train(CLI::App& app);
Run add_evaluate(CLI::App& app);
Run add_predict(CLI::App& app);
Run add_lr_find(CLI::App& app);
Run add_summary(CLI::App& app);
Run add_report(CLI::App& app);
