#include "checks.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <limits>
#include <numeric>
#include <system_error>
#include <type_traits>
#include <utility>

#include "layout.hpp"

namespace {

template <class T>
CLI::Validator number_between(T low, T high, char end) {
  const std::string range = fmt::format("[{}, {}{}", low, high, end);
  return {[low, high, end, range](std::string& text) {
            const char *first = text.data(), *const last = first + text.size();
            const bool minus = std::is_unsigned_v<T> && text.starts_with('-');
            if (minus || (text.starts_with('+') && !text.starts_with("+-"))) ++first;
            T value{};
            const auto [stop, error] = std::from_chars(first, last, value);
            if (stop != last || error == std::errc::invalid_argument) {
              return text + (std::is_integral_v<T> ? " is not a whole number" : " is not a number");
            }
            const bool inside = !minus && value >= low && (end == ']' ? value <= high : value < high);
            if (!inside || error != std::errc()) return text + " is outside " + range;
            text = fmt::format("{}", value);
            return std::string();
          },
          "in " + range};
}

/// The least number of letters to insert, delete or replace, or of neighbours to swap, that makes a of b.
std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> before, above(b.size() + 1), row(b.size() + 1);
  std::iota(above.begin(), above.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1])});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = std::exchange(above, row);
  }
  return above[b.size()];
}

}  // namespace

CLI::Validator whole_number_in(std::int64_t low, std::int64_t high) { return number_between(low, high, ']'); }
CLI::Validator any_seed() { return number_between(std::uint64_t{0}, std::numeric_limits<std::uint64_t>::max(), ']'); }
CLI::Validator in_range(double low, double high, char end) { return number_between(low, high, end); }
CLI::Validator not_negative() { return in_range(0.0, std::numeric_limits<double>::infinity(), ')'); }
CLI::Validator share() { return in_range(0.0, 1.0); }

CLI::Validator one_of(std::vector<std::string> names) {
  std::string list = listed(names);
  return {[names = std::move(names), list](std::string& text) {
            if (std::find(names.begin(), names.end(), text) != names.end()) return std::string();
            const std::string meant = suggestion(text, names);
            return fmt::format("\"{}\" is not {}{}", text, list, meant);
          },
          list};
}

CLI::Validator writable_file() {
  return {[](std::string& path) {
            if (path.empty()) return std::string("needs the name of a file");
            std::error_code error;
            const std::filesystem::path folder = std::filesystem::path(path).parent_path();
            if (!folder.empty() && !std::filesystem::is_directory(folder, error)) {
              return fmt::format("there is no directory \"{}\"", folder.string());
            }
            if (std::filesystem::is_directory(path, error)) return fmt::format("\"{}\" is a directory", path);
            const std::filesystem::file_type type = std::filesystem::status(path, error).type();
            if (type == std::filesystem::file_type::none) return fmt::format("\"{}\": {}", path, error.message());
            if (type != std::filesystem::file_type::not_found && type != std::filesystem::file_type::regular) {
              return fmt::format("\"{}\" is not a regular file", path);
            }
            // The file is written beside its place first.
            const std::string beside = (folder / fmt::format(".xtape-mnist-{}.tmp", ::getpid())).string();
            const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
            if (file < 0) return fmt::format("\"{}\" cannot be written: {}", path, std::strerror(errno));
            ::close(file);
            ::unlink(beside.c_str());
            return std::string();
          },
          ""};
}

CLI::Validator file_name() {
  return {[](std::string& path) { return std::string(path.empty() ? "needs the name of a file" : ""); }, ""};
}

std::string suggestion(const std::string& typed, const std::vector<std::string>& names) {
  const auto letters = [](const std::string& name) {
    return name.substr(std::min(name.find_first_not_of('-'), name.size()));
  };
  std::string word = letters(typed);
  std::replace(word.begin(), word.end(), '_', '-');
  if (word == "learning-rate") word = "lr";
  const std::size_t dash = word.find('-');
  const std::string turned = dash == std::string::npos ? "" : word.substr(dash + 1) + '-' + word.substr(0, dash);
  for (const std::string& name : names) {  // find-lr for lr-find
    if (letters(name) == word || letters(name) == turned) return fmt::format(", did you mean {}?", name);
  }
  const std::string* nearest = nullptr;
  std::size_t distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& name : names) {
    const std::string other = letters(name);
    // A beginning counts as near: --learn for --learning-rate.
    const bool begins = word.size() >= 3 && other.starts_with(word);
    const std::size_t d = begins ? 1 : edit_distance(word, other);
    if (d < distance) {
      distance = d;
      nearest = &name;
    }
  }
  return nearest ? fmt::format(", did you mean {}?", *nearest) : "";
}
