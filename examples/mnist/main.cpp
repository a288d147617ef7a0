// xtape-mnist: trains small classifiers of 28 x 28 images and works with what comes of it. This file finds the command,
// reads its options and turns errors into one line on stderr. The loop by hand is in ../train_by_hand.cpp.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <vector>
#include <xtape/xtape.hpp>

#include "checks.hpp"
#include "commands.hpp"
#include "files.hpp"
#include "help.hpp"

namespace {

struct Command {
  const char *name, *description;
  Run (*add)(CLI::App& app);
};

constexpr Command commands[] = {
    {"train", "Train a classifier.", add_train},
    {"evaluate", "Measure a model on test images.", add_evaluate},
    {"predict", "Classify pictures.", add_predict},
    {"lr-find", "Look for a good learning rate.", add_lr_find},
    {"summary", "List the layers of a model.", add_summary},
    {"report", "Make the report of a run again, or compare runs.", add_report},
};

constexpr char footer[] = R"(xtape-mnist COMMAND --help lists the options of a command. Options without a
command train: xtape-mnist --epochs 3 is xtape-mnist train --epochs 3.
xtape-mnist help COMMAND does the same as COMMAND --help, and xtape-mnist
compare RUN RUN... the same as report with several runs.)";

/// The arguments, with the command that is meant: train where none is given; help and compare are other words.
std::vector<std::string> arguments(int argc, char** argv) {
  std::vector<std::string> args(argv + 1, argv + argc);
  if (!args.empty() && args[0] == "help") {
    args.erase(args.begin());
    args.emplace_back("--help");
  } else if (!args.empty() && args[0] == "compare") {
    args[0] = "report";
    const bool asks = std::find(args.begin(), args.end(), "--help") != args.end();
    if (args.size() < 3 && !asks) throw xtape::ValueError("RUN", "compare needs two runs or more");
  }
  const bool about_all = !args.empty() && (args[0] == "-h" || args[0] == "--help" || args[0] == "--version");
  if (args.empty() || (args[0].starts_with('-') && !about_all)) args.insert(args.begin(), "train");
  return args;
}

void check_command(const std::string& name) {
  std::vector<std::string> names;
  for (const Command& c : commands) names.emplace_back(c.name);
  if (name.starts_with('-') || std::find(names.begin(), names.end(), name) != names.end()) return;
  const std::string meant = name == "resume" ? ", did you mean train --resume?" : suggestion(name, names);
  throw xtape::ValueError(
      '"' + name + '"',
      fmt::format("no such command{}", meant.empty() ? fmt::format("; there are {}", fmt::join(names, ", ")) : meant));
}

/// Refuses what no option of the command has taken.
void check_rest(const CLI::App& command) {
  const std::vector<std::string> rest = command.remaining();
  if (rest.empty()) return;
  const std::string name = rest[0].substr(0, rest[0].find('='));
  if (!name.starts_with('-')) throw xtape::ValueError('"' + name + '"', "unexpected argument");
  std::vector<std::string> names;
  for (const CLI::Option* o : command.get_options()) names.push_back(o->get_name());
  const std::string meant = suggestion(name, names);
  throw xtape::ValueError(
      name, "no such option" +
                (meant.empty() ? fmt::format("; xtape-mnist {} --help lists them", command.get_name()) : meant));
}

/// Refuses a command line that lacks an argument of the command.
[[noreturn]] void fail_for_missing(const CLI::App& command) {
  for (const CLI::Option* o : command.get_options()) {
    if (!o->get_required() || o->count() > 0) continue;
    throw xtape::ValueError(command.get_name(), fmt::format("needs {0} ({1}); see xtape-mnist {2} --help",
                                                            o->get_name(), o->get_description(), command.get_name()));
  }
  throw xtape::ValueError(command.get_name(), "an argument is missing");
}

/// Runs the command that was chosen. (CLI11's parse takes the arguments in reverse.)
int run(CLI::App& app, const std::map<const CLI::App*, Run>& runs, const std::vector<std::string>& args) {
  check_command(args[0]);
  try {
    app.parse(std::vector<std::string>(args.rbegin(), args.rend()));
  } catch (const CLI::RequiredError&) {
    check_rest(*app.get_subcommand(args[0]));
    fail_for_missing(*app.get_subcommand(args[0]));
  }
  const CLI::App* chosen = app.get_subcommands().at(0);
  check_rest(*chosen);
  return runs.at(chosen)();
}

}  // namespace

int main(int argc, char** argv) {
  open_standard_streams();
  // Writing to a pipe that its reader has closed, or beyond `ulimit -f`, is an error like any other.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  CLI::App app{
      "Trains classifiers of 28 x 28 images: Fashion-MNIST, MNIST, or digits that it\n"
      "draws itself. Without a command it trains.",
      "xtape-mnist"};
  app.formatter(std::make_shared<HelpLayout>());
  app.set_version_flag(
      "--version", [] { return xtape::build_info(); }, "Print version, compiler and kernels and exit");
  app.footer(footer);
  app.require_subcommand(1);
  app.get_help_ptr()->description("Print this help and exit");
  std::map<const CLI::App*, Run> runs;
  for (const Command& c : commands) {
    CLI::App& command = *app.add_subcommand(c.name, c.description);
    command.group("Commands");
    command.allow_extras();
    command.footer("");
    command.option_defaults()->always_capture_default();
    command.get_help_ptr()->description("Print this help and exit");
    runs.emplace(&command, c.add(command));
  }
  bool trains = true;
  try {
    const std::vector<std::string> args = arguments(argc, argv);
    trains = args[0] == "train";
    return run(app, runs, args);
  } catch (const CLI::Success& e) {  // --help, --version
    return app.exit(e);
  } catch (const CLI::ArgumentMismatch& e) {
    // CLI11: "--lr: 1 required FLOAT:in [0, inf) missing", "--lr: At Most 1 required but received 2"
    const std::string what = e.what();
    const bool too_many = what.find("At Most") != std::string::npos;
    print_message(what.substr(0, what.find(':')) + (too_many ? ": is given more than once" : ": needs a value"));
    return 1;
  } catch (const ReaderIsGone& e) {
    if (trains) print_message(e.what());  // a training does not end without a word
    return 128 + SIGPIPE;
  } catch (const std::system_error& e) {  // of fmt::print
    if (reader_is_gone()) {
      if (trains) print_message(ReaderIsGone().what());
      return 128 + SIGPIPE;
    }
    print_message("stdout: cannot be written to");
    return 1;
  } catch (const std::exception& e) {
    print_message(e.what());
    return 1;
  }
}
