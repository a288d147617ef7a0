#include "configuration.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <limits>
#include <optional>
#include <sstream>
#include <xtape/xtape.hpp>

#include "checks.hpp"
#include "settings.hpp"
#include "untrusted.hpp"

namespace {

enum class Kind { flag, whole, number, text };

Kind kind_of(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return Kind::flag;
  const std::string type = option.get_type_name();
  if (type.starts_with("INT") || type.starts_with("UINT")) return Kind::whole;
  return type.starts_with("FLOAT") ? Kind::number : Kind::text;
}

std::string key_of(const CLI::Option& option) { return option.get_name().substr(2); }

std::vector<const CLI::Option*> configurable_options(const CLI::App& app) {
  return app.get_options(
      [](const CLI::Option* o) { return o->get_configurable() && o->nonpositional() && !o->get_lnames().empty(); });
}

[[noreturn]] void fail_at(const std::string& where, const toml::source_position& position, const std::string& what) {
  throw xtape::FileError(fmt::format("{}:{}", where, position.line), what);
}

/// What is probably meant by the line that is not TOML; "" for nothing.
std::string hint_for(const std::string& text, toml::source_index line) {
  std::istringstream lines(text);
  std::string row;
  for (toml::source_index i = 0; i < line; ++i) std::getline(lines, row);
  const std::size_t equals = row.find('='), end = row.find_last_not_of(" \t\r");
  const std::size_t first = equals == std::string::npos ? equals : row.find_first_not_of(" \t", equals + 1);
  if (first == std::string::npos) return "";
  const std::string value = row.substr(first, end + 1 - first);
  if (value == "yes" || value == "on" || value == "True") return "; write true";
  if (value == "no" || value == "off" || value == "False") return "; write false";
  const auto is_plain = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || strchr("-_./,", c); };
  const bool is_word = (std::isalpha(static_cast<unsigned char>(value[0])) || value[0] == '/' || value[0] == '.') &&
                       std::all_of(value.begin(), value.end(), is_plain);
  return is_word ? fmt::format("; texts stand in quotes: \"{}\"", value) : "";
}

/// toml::parse would recurse for each of many dots in a key.
void check_extent(const std::string& where, const std::string& toml) {
  constexpr std::size_t largest = 1 << 16;
  if (toml.size() > largest) {
    throw xtape::FileError(where, fmt::format("has {} bytes, more than {}", toml.size(), largest));
  }
  if (const std::size_t line = line_with_many_dots(toml)) {
    throw xtape::FileError(fmt::format("{}:{}", where, line), "has too many dots; the key of an option has none");
  }
}

toml::table parse_toml(const std::string& where, const std::string& text) {
  check_extent(where, text);
  try {
    return toml::parse(text, where);
  } catch (const toml::parse_error& e) {
    fail_at(where, e.source().begin,
            "not valid TOML: " + std::string(e.description()) + hint_for(text, e.source().begin.line));
  }
}

/// The value as it would be given on the command line; none if its kind is not that of the option.
std::optional<std::string> as_argument(const toml::node& node, Kind kind) {
  if (kind == Kind::flag && node.is_boolean()) return **node.as_boolean() ? "true" : "false";
  if (kind == Kind::text && node.is_string()) return **node.as_string();
  if ((kind == Kind::whole || kind == Kind::number) && node.is_integer()) return std::to_string(**node.as_integer());
  if (kind == Kind::number && node.is_floating_point()) return fmt::format("{}", **node.as_floating_point());
  // TOML's whole numbers end at 2^63 - 1, seeds at 2^64 - 1: larger ones are written as texts.
  if (kind == Kind::whole && node.is_string() && (*node.as_string())->size() > 18) return **node.as_string();
  return {};
}

std::string wanted(Kind kind) {
  switch (kind) {
    case Kind::flag: return "true or false";
    case Kind::whole: return "a whole number";
    case Kind::number: return "a number";
    default: return "a text in quotes";
  }
}

CLI::Option& option_for(CLI::App& app, const std::string& where, const std::string& key, const toml::node& node) {
  std::vector<std::string> keys;
  for (const CLI::Option* o : configurable_options(app)) {
    if (key_of(*o) == key) return *app.get_option(o->get_name());
    keys.push_back(key_of(*o));
  }
  std::sort(keys.begin(), keys.end());
  if (app.get_option_no_throw("--" + key)) {
    fail_at(where, node.source().begin, fmt::format("{0}: no such key: --{0} is for the command line alone", key));
  }
  if (node.is_table()) {
    fail_at(where, node.source().begin, fmt::format("{0}: no such key; leave out [{0}]: keys stand alone", key));
  }
  const std::string meant = suggestion(key, keys);
  fail_at(where, node.source().begin,
          fmt::format("{}: no such key{}", key,
                      meant.empty() ? fmt::format(". There are {}", fmt::join(keys, ", ")) : meant));
}

/// Whether the command line has chosen something with which the option plays no part.
bool is_overruled(const CLI::App& app, const std::string& option) {
  const Dependency* d = dependency_of(option);
  if (!d) return false;
  const CLI::Option* decider = app.get_option_no_throw(d->decider);
  return decider && decider->count() > 0 && !d->holds_for(value_of(*decider));
}

void give(CLI::Option& option, const std::string& value, const std::string& where, const toml::node& node) {
  try {
    option.add_result(value);
    option.run_callback();
  } catch (const CLI::Error& e) {
    const std::string what = e.what();
    fail_at(where, node.source().begin, what.starts_with("--") ? what.substr(2) : what);
  }
}

std::string toml_string(const std::string& text) {
  std::ostringstream out;
  out << toml::value<std::string>(text);
  return out.str();
}

}  // namespace

std::string value_of(const CLI::Option& option) {
  if (kind_of(option) == Kind::flag) return option.count() > 0 ? "true" : "false";
  return option.count() > 0 ? option.results().back() : option.get_default_str();
}

Configuration configuration_of(const CLI::App& app) {
  Configuration all;
  for (const CLI::Option* o : configurable_options(app)) {
    const Dependency* d = dependency_of(o->get_name());
    if (d && !d->holds_for(value_of(*app.get_option(d->decider)))) continue;
    all.push_back({key_of(*o), value_of(*o), kind_of(*o) == Kind::text});
  }
  return all;
}

std::string to_toml(const Configuration& configuration) {
  std::string toml;
  const std::string most = std::to_string(std::numeric_limits<std::int64_t>::max());
  for (const ConfiguredOption& o : configuration) {
    const bool is_digits = o.value.find_first_not_of("0123456789") == std::string::npos;
    const bool too_large =
        is_digits && (o.value.size() > most.size() || (o.value.size() == most.size() && o.value > most));
    toml += fmt::format("{} = {}\n", o.key, o.is_text || too_large ? toml_string(o.value) : o.value);
  }
  return toml;
}

void apply_configuration(CLI::App& app, const std::string& where, const std::string& toml) {
  const toml::table table = parse_toml(where, toml);
  std::vector<std::string> from_command_line;
  for (const CLI::Option* o : configurable_options(app)) {
    if (o->count() > 0) from_command_line.push_back(key_of(*o));
  }
  const auto overruled = [&app](const std::string& name) { return is_overruled(app, name); };
  std::vector<std::string> left_out;
  for (auto&& [key, node] : table) {
    if (overruled("--" + std::string(key.str()))) left_out.emplace_back(key.str());
  }
  for (auto&& [k, node] : table) {
    const std::string key(k.str());
    CLI::Option& option = option_for(app, where, key, node);
    const std::optional<std::string> value = as_argument(node, kind_of(option));
    if (!value) {
      std::ostringstream got;
      got << node.type();  // "string", "boolean", ...
      fail_at(where, node.source().begin, fmt::format("{}: needs {}, got {}", key, wanted(kind_of(option)), got.str()));
    }
    const auto is_key = [&key](const std::string& other) { return other == key; };
    const bool ignored = std::any_of(from_command_line.begin(), from_command_line.end(), is_key) ||
                         std::any_of(left_out.begin(), left_out.end(), is_key);
    const bool says_nothing = *value == "false" || (kind_of(option) == Kind::text && value->empty());
    if (!ignored && !says_nothing) give(option, *value, where, node);
  }
}

std::vector<Change> changes_to(const CLI::App& app, const std::string& where, const std::string& toml) {
  const toml::table table = parse_toml(where, toml);
  std::vector<Change> changes;
  for (const CLI::Option* o : configurable_options(app)) {
    if (o->count() == 0) continue;
    const std::string key = key_of(*o), now = value_of(*o);
    std::string before = kind_of(*o) == Kind::flag ? "false" : o->get_default_str();
    if (const toml::node* node = table.get(key)) before = as_argument(*node, kind_of(*o)).value_or(before);
    if (now != before) changes.push_back({key, before, now});
  }
  return changes;
}
