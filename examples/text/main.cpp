// xtape-text: learns topics of short texts and tells those of others. This file finds the command and turns errors into
// one line on stderr.
#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <xtape/xtape.hpp>

#include "commands.hpp"

int main(int argc, char** argv) {
  CLI::App app{"Tells the topics of short texts.", "xtape-text"};
  app.set_version_flag("--version", [] { return xtape::build_info(); });
  app.require_subcommand(1);
  app.option_defaults()->always_capture_default();
  std::map<const CLI::App*, Run> runs;
  const auto add = [&app, &runs](const char* name, const char* description, Run (*add_options)(CLI::App&)) {
    CLI::App* command = app.add_subcommand(name, description);
    command->option_defaults()->always_capture_default();
    runs.emplace(command, add_options(*command));
  };
  add("train", "Train a classifier.", add_train);
  add("predict", "Tell the topics of texts.", add_predict);
  add("export", "Write the texts as fastText reads them.", add_export);
  try {
    app.parse(argc, argv);
    runs.at(app.get_subcommands().at(0))();
    return 0;
  } catch (const CLI::Success& e) {  // --help, --version
    return app.exit(e);
  } catch (const std::exception& e) {
    fmt::print(stderr, "xtape-text: {}\n", xtape::io::printable(e.what()));
    return 1;
  }
}
