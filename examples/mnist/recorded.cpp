#include "recorded.hpp"

#include <fmt/core.h>

#include <filesystem>
#include <limits>
#include <system_error>

#include "files.hpp"
#include "run_directory.hpp"
#include "untrusted.hpp"

using xtape::FileError;
using xtape::train::ReportOptions;

RecordedOptions options_in(const std::string& where, const std::string& toml) {
  RecordedOptions recorded;
  CLI::App app;
  app.option_defaults()->always_capture_default();
  add_training_options(app, recorded.settings);
  apply_configuration(app, where, toml);
  recorded.list = configuration_of(app);
  return recorded;
}

Record read_record(const std::string& op, const std::string& directory) {
  const std::string file = directory + '/' + run_file::record;
  const std::string text = read_file(op, file);
  constexpr int depth = 32;  // a Record's copy constructor recurses
  Record record = Record::value_t::discarded;
  if (!nests_deeper_than(text, depth)) record = Record::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!record.is_object()) throw FileError(op, fmt::format("\"{}\" is damaged: not a JSON object", file));
  return record;
}

std::string text_in(const Record& record, const char* key, const char* below) {
  const Record object = below ? record.value(below, Record()) : record;
  if (!object.is_object() || !object.contains(key) || !object[key].is_string()) return "";
  return object[key].get<std::string>();
}

double number_in(const Record& record, const char* key) {
  if (!record.contains(key) || !record[key].is_number()) return std::numeric_limits<double>::quiet_NaN();
  return record[key].get<double>();
}

std::string state_of(const RecordedRun& run) {
  const std::string state = text_in(run.record, "state");
  return state == "running" && !is_in_use(run.path) ? "interrupted" : state;
}

RecordedRun load_run(const std::string& path, bool may_be_empty) {
  check_run("RUN", path, may_be_empty);
  RecordedRun run;
  run.path = without_slashes(path);
  run.record = read_record("RUN", run.path);
  const std::string config = run.path + '/' + run_file::config, last = run.path + '/' + run_file::last;
  run.options = options_in(config, read_file("RUN", config));
  std::error_code error;
  if (may_be_empty && !std::filesystem::exists(last, error)) return run;
  run.history = xtape::train::load_history(last);
  if (run.history.empty() && !may_be_empty) {
    throw FileError("RUN", fmt::format("the run in \"{}\" has not completed an epoch", path));
  }
  return run;
}

xtape::train::VerdictWords verdict_words() {
  return {.tame = "lower --lr tenfold, or limit the gradients by --clip-grad-norm 1",
          .validate = "hold images out by --validation 0.1, without --skip-validation",
          .stop_early = "stop early, by --early-stopping 3",
          .regularize = "use more data, --augment, a higher --dropout or --weight-decay, or a smaller model",
          .train_longer = "train longer, with more --epochs"};
}

xtape::train::Evaluation test_result_in(const Record& record) {
  xtape::train::Evaluation test;
  const double samples = number_in(record, "test_samples");
  if (!(samples >= 1 && samples <= 1e15)) return test;
  test.loss = number_in(record, "test_loss");
  test.accuracy = number_in(record, "test_accuracy");
  test.samples = static_cast<std::int64_t>(samples);
  return test;
}

ReportOptions page_of(const std::string& title, const Configuration& options) {
  ReportOptions page;
  page.words = verdict_words();
  page.title = title;
  for (const ConfiguredOption& o : options) {
    if (!o.value.empty()) page.configuration.emplace_back(o.key, o.value);
  }
  return page;
}

namespace {

/// The arguments with spaces between them.
std::string command_of(const Record& record) {
  std::string command;
  const Record arguments = record.value("command", Record());
  for (const Record& argument : arguments) {
    if (argument.is_string()) command += (command.empty() ? "" : " ") + argument.get<std::string>();
  }
  return command;
}

}  // namespace

ReportOptions page_of_run(const std::string& path, const Configuration& options, const Record& record) {
  ReportOptions page = page_of("Training " + path, options);
  page.environment = {{"data", text_in(record, "name", "data")},
                      {"hash of the data", text_in(record, "hash", "data")},
                      {"started", text_in(record, "started")},
                      {"command line", command_of(record)}};
  return page;
}
