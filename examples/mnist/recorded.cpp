#include "recorded.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <charconv>
#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>

#include "files.hpp"
#include "run_directory.hpp"
#include "untrusted.hpp"

using xtape::FileError;

namespace {

ConfiguredOption option_of(const std::string& where, const std::string& key, const toml::node& node) {
  if (const auto* text = node.as_string()) return {key, **text, true};
  if (const auto* flag = node.as_boolean()) return {key, **flag ? "true" : "false"};
  if (const auto* whole = node.as_integer()) return {key, std::to_string(**whole)};
  if (const auto* number = node.as_floating_point()) return {key, fmt::format("{}", **number)};
  throw FileError(fmt::format("{}:{}", where, node.source().begin.line), key + ": is no value of an option");
}

/// The whole text as a T.
template <class T>
T recorded_number(const std::string& where, const ConfiguredOption& option) {
  T value{};
  const char* const last = option.value.data() + option.value.size();
  const auto [stop, error] = std::from_chars(option.value.data(), last, value);
  if (stop == last && error == std::errc()) return value;
  throw FileError(where, fmt::format("{}: \"{}\" is not a number of its range", option.key, option.value));
}

}  // namespace

Configuration options_in(const std::string& where, const std::string& toml) {
  check_extent(where, toml);
  toml::table table;
  try {
    table = toml::parse(toml, where);
  } catch (const toml::parse_error& e) {
    throw FileError(fmt::format("{}:{}", where, e.source().begin.line),
                    "not valid TOML: " + std::string(e.description()));
  }
  Configuration options;
  for (auto&& [key, node] : table) options.push_back(option_of(where, std::string(key.str()), node));
  return options;
}

RecordedData data_in(const std::string& where, const Configuration& options) {
  RecordedData d;
  for (const ConfiguredOption& o : options) {
    if (o.key == "data") d.data = o.value;
    if (o.key == "classes") d.classes = o.value;
    if (o.key == "skip-validation") d.skip_validation = o.value == "true";
    if (o.key == "seed") d.seed = recorded_number<std::uint64_t>(where, o);
    if (o.key == "validation") d.validation = recorded_number<double>(where, o);
    if (o.key == "label-smoothing") d.label_smoothing = recorded_number<double>(where, o);
  }
  if (!(d.validation >= 0 && d.validation < 1)) {
    throw FileError(where, fmt::format("validation: {} is outside [0, 1)", d.validation));
  }
  if (!(d.label_smoothing >= 0 && d.label_smoothing <= 1)) {
    throw FileError(where, fmt::format("label-smoothing: {} is outside [0, 1]", d.label_smoothing));
  }
  return d;
}

std::string RecordedRun::text(const char* key, const char* below) const {
  const nlohmann::ordered_json object = below ? record.value(below, nlohmann::ordered_json()) : record;
  if (!object.is_object() || !object.contains(key) || !object[key].is_string()) return "";
  return object[key].get<std::string>();
}

double RecordedRun::number(const char* key) const {
  if (!record.contains(key) || !record[key].is_number()) return std::numeric_limits<double>::quiet_NaN();
  return record[key].get<double>();
}

std::string state_of(const RecordedRun& run) {
  const std::string state = run.text("state");
  return state == "running" && !is_in_use(run.path) ? "interrupted" : state;
}

nlohmann::ordered_json parse_record(const std::string& text) {
  constexpr int depth = 32;
  if (nests_deeper_than(text, depth)) return nlohmann::ordered_json::value_t::discarded;
  return nlohmann::ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
}

RecordedRun load_run(const std::string& path, bool may_be_empty) {
  RecordedRun run;
  run.path = path;
  while (run.path.size() > 1 && run.path.ends_with('/')) run.path.pop_back();
  const auto file = [&run](const char* name) { return run.path + '/' + name; };
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) {
    throw FileError("run", fmt::format("there is no directory \"{}\"", path));
  }
  for (const char* name : {run_file::record, run_file::config}) {
    if (!std::filesystem::exists(file(name), error)) {
      throw FileError(
          "run", fmt::format("\"{}\" holds no run, which has {} and {}", path, run_file::record, run_file::config));
    }
  }
  run.record = parse_record(read_file("run", file(run_file::record)));
  if (!run.record.is_object()) {
    throw FileError("run", fmt::format("\"{}\" is damaged: no JSON", file(run_file::record)));
  }
  run.options = options_in(file(run_file::config), read_file("run", file(run_file::config)));
  const bool has_checkpoint = std::filesystem::exists(file(run_file::last), error);
  if (!has_checkpoint && may_be_empty) return run;
  if (!has_checkpoint && run.text("state") == "finished") {
    throw FileError("run", fmt::format("the run in \"{}\" has trained no epoch: it was one of --epochs 0", path));
  }
  if (!has_checkpoint) {
    throw FileError(
        "run", fmt::format("the run in \"{}\" has no {}: it ended before its first checkpoint", path, run_file::last));
  }
  run.history = xtape::train::load_history(file(run_file::last));
  if (run.history.empty() && !may_be_empty)
    throw FileError("run", fmt::format("the run in \"{}\" ended in its first epoch", path));
  return run;
}
