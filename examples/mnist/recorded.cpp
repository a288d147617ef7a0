#include "recorded.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <charconv>
#include <cmath>
#include <system_error>
#include <utility>
#include <vector>
#include <xtape/xtape.hpp>

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
T number_in(const std::string& where, const ConfiguredOption& option) {
  T value{};
  const char* const last = option.value.data() + option.value.size();
  const auto [stop, error] = std::from_chars(option.value.data(), last, value);
  if (stop == last && error == std::errc()) return value;
  throw FileError(where, fmt::format("{}: \"{}\" is not a number of its range", option.key, option.value));
}

}  // namespace

Configuration options_in(const std::string& where, const std::string& toml) {
  toml::table table;
  try {
    table = toml::parse(toml, where);
  } catch (const toml::parse_error& e) {
    throw FileError(fmt::format("{}:{}", where, e.source().begin.line), "no TOML: " + std::string(e.description()));
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
    if (o.key == "seed") d.seed = number_in<std::uint64_t>(where, o);
    if (o.key == "validation") d.validation = number_in<double>(where, o);
  }
  if (!(d.validation >= 0 && d.validation < 1)) {
    throw FileError(where, fmt::format("validation: {} is outside [0, 1)", d.validation));
  }
  return d;
}
