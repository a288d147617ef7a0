#include "report/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <string_view>

namespace xtape::report {

namespace {

/// "" for a variable that is not set.
std::string_view environment(const char* name) noexcept {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

int columns_of_environment() noexcept {
  const std::string_view text = environment("COLUMNS");
  int columns = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  return is_number && columns >= 1 && columns <= 10000 ? columns : 80;
}

}  // namespace

bool is_terminal(std::FILE* file) noexcept {
  const int errno_before = errno;
  const bool is = isatty(fileno(file)) != 0;
  errno = errno_before;
  return is;
}

bool can_redraw(std::FILE* file) noexcept {
  const std::string_view kind = environment("TERM");
  return !kind.empty() && kind != "dumb" && is_terminal(file);
}

int terminal_columns(std::FILE* file) noexcept {
  const int errno_before = errno;
  winsize size = {};
  const bool is_known = ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  errno = errno_before;
  return is_known ? size.ws_col : columns_of_environment();
}

bool may_color() noexcept { return environment("NO_COLOR").empty(); }

bool has_utf8_blocks() noexcept {
  std::string_view locale;
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (locale.empty()) locale = environment(name);
  }
  for (const char* wide : {"zh", "ja", "ko"}) {
    if (locale.starts_with(wide)) return false;
  }
  for (const char* name : {"UTF-8", "utf-8", "UTF8", "utf8"}) {
    if (locale.find(name) != locale.npos) return true;
  }
  return false;
}

}  // namespace xtape::report
