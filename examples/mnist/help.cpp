#include "help.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "layout.hpp"

namespace {

/// An option or command and what it does. (Two spaces at least are between them.)
std::string entry(const std::string& name, const std::string& text) { return hanging("  " + name + ' ', text, 26, 80); }

/// CLI11 gives the type and what the validators say with colons between: "FLOAT:in [0, 1]".
std::pair<std::string, std::string> type_and_check(const CLI::Option& option) {
  const std::string both = option.get_type_name();
  const std::size_t colon = both.find(':');
  if (colon == std::string::npos) return {both, ""};
  return {both.substr(0, colon), both.substr(both.find_last_of(':') + 1)};
}

std::string metavar(const CLI::Option& option) {
  const std::string type = type_and_check(option).first;
  if (type == "INT" || type == "UINT") return "N";
  return type == "FLOAT" ? "X" : type;
}

}  // namespace

std::string allowed(const CLI::Option& option) { return type_and_check(option).second; }

std::string HelpLayout::make_option(const CLI::Option* option, bool is_positional) const {
  std::string name = option->get_name(is_positional, !is_positional);
  std::replace(name.begin(), name.end(), ',', ' ');
  const bool flag = option->get_items_expected_max() == 0;
  if (!flag && !is_positional) {
    const std::string value = metavar(*option);
    name += option->get_expected_min() == 0 ? " [" + value + "]" : " " + value;
  }
  std::string text = option->get_description();
  const std::string check = allowed(*option), standard = option->get_default_str();
  // Of ranges those that a user might run into.
  if (check.starts_with("in [") && check.size() < 16 && !check.ends_with("inf)")) text += ", " + check;
  if (!flag && !standard.empty()) text += fmt::format(" (default {})", standard);
  return entry(name, text);
}

std::string HelpLayout::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const {
  std::vector<std::string> groups = app->get_groups();
  std::rotate(groups.begin(), groups.begin() + 1, groups.end());  // that of --help comes last
  std::string out = app->get_description() + '\n' + make_usage(app, std::move(name)) + make_positionals(app);
  out += make_subcommands(app, mode);
  for (const std::string& group : groups) {
    const auto in_group = [&group](const CLI::Option* o) { return o->get_group() == group && o->nonpositional(); };
    const std::vector<const CLI::Option*> options = app->get_options(in_group);
    if (!group.empty() && !options.empty()) out += make_group(group, false, options);
  }
  const std::string footer = app->get_footer();
  return footer.empty() ? out : out + '\n' + footer + '\n';
}

std::string HelpLayout::make_subcommand(const CLI::App* command) const {
  return entry(command->get_name(), command->get_description());
}

std::string HelpLayout::make_usage(const CLI::App* app, std::string name) const {
  const bool top = app->get_parent() == nullptr;
  std::string usage = fmt::format("\nUsage: {} {}", name, top ? "COMMAND [OPTIONS]" : "[OPTIONS]");
  for (const CLI::Option* o : app->get_options()) {
    if (o->get_positional()) usage += ' ' + make_option_usage(o);
  }
  return usage + '\n';
}
