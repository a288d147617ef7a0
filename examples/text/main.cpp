// xtape-text: learns topics of short texts and tells those of others. This file finds the command and turns errors into
// one line on stderr.
#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <xtape/xtape.hpp>

#include "commands.hpp"

namespace {

/// "xtape-text train --help", for the command that was given.
std::string help_of(const CLI::App& app) {
  const auto given = app.get_subcommands();
  return "xtape-text " + (given.empty() ? "" : given[0]->get_name() + ' ') + "--help";
}

/// Refuses what no option has taken. (CLI11 names it with its value, in reverse.)
void check_rest(const CLI::App& app) {
  const std::vector<std::string> rest = app.remaining(true);
  if (!rest.empty()) throw xtape::ValueError('"' + rest[0] + '"', "is not expected here; see " + help_of(app));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Tells the topics of short texts.", "xtape-text"};
  app.set_version_flag("--version", [] { return xtape::build_info(); });
  app.require_subcommand(0, 1);
  app.allow_extras();
  app.option_defaults()->always_capture_default();
  std::map<const CLI::App*, Run> runs;
  const auto add = [&app, &runs](const char* name, const char* description, Run (*add_options)(CLI::App&)) {
    CLI::App* command = app.add_subcommand(name, description);
    command->allow_extras();
    command->option_defaults()->always_capture_default();
    runs.emplace(command, add_options(*command));
  };
  add("train",
      "Train a classifier. It reads words, pairs of neighbouring words, and the first four letters of longer words.",
      add_train);
  add("predict", "Tell the topics of texts.", add_predict);
  add("export", "Write the texts in the format of fastText.", add_export);
  try {
    app.parse(argc, argv);
    check_rest(app);
    if (app.get_subcommands().empty()) throw CLI::RequiredError("A command");
    runs.at(app.get_subcommands().at(0))();
    if (std::fflush(stdout) != 0) throw xtape::FileError("stdout", "cannot be written to");
    return 0;
  } catch (const CLI::Success& e) {  // --help, --version
    return app.exit(e);
  } catch (const CLI::RequiredError& e) {
    const std::string what = app.get_subcommands().empty() ? "train, predict or export?" : e.what();
    fmt::print(stderr, "xtape-text: {}; see {}\n", what, help_of(app));
    return 1;
  } catch (const std::exception& e) {
    fmt::print(stderr, "xtape-text: {}\n", xtape::io::printable(e.what()));
    return 1;
  }
}
