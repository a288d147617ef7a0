#include "report/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace xtape::report {

namespace {

constexpr std::int64_t minute = 60, hour = 60 * minute, day = 24 * hour;

/// Whole seconds, at most a million days.
std::int64_t whole(double seconds) {
  return static_cast<std::int64_t>(std::clamp(std::round(seconds), 0.0, 1e6 * static_cast<double>(day)));
}

}  // namespace

std::string fixed_width(double value, int width, int decimals) {
  if (std::isnan(value)) return fmt::format("{:>{}}", "nan", width);
  for (; decimals >= 0; --decimals) {
    const std::string text = fmt::format("{:>{}.{}f}", value, width, decimals);
    if (text.size() == static_cast<std::size_t>(width)) return text;
  }
  const std::string text = fmt::format("{:>{}.0e}", value, width);
  return text.size() == static_cast<std::size_t>(width) ? text : std::string(static_cast<std::size_t>(width), '#');
}

std::string grouped(std::int64_t value) {
  std::string text = fmt::format("{}", value);
  const std::size_t first_digit = value < 0;
  for (std::size_t at = text.size(); at > first_digit + 3;) text.insert(at -= 3, ",");
  return text;
}

std::string clock_time(double seconds) {
  const std::int64_t s = whole(seconds);
  if (s >= 4 * day) return fmt::format("{} d {} h", s / day, s % day / hour);
  if (s >= hour) return fmt::format("{}:{:02}:{:02}", s / hour, s % hour / minute, s % minute);
  return fmt::format("{}:{:02}", s / minute, s % minute);
}

std::string rough_time(double seconds) {
  const std::int64_t s = whole(seconds), m = (s + minute / 2) / minute;
  if (s < 90) return fmt::format("{} s", s <= 10 ? s : (s + 5) / 10 * 10);
  if (m < 60) return fmt::format("{} min", m);
  const std::int64_t tens = (m + 5) / 10 * 10;
  if (m < 24 * 60) return fmt::format("{} h {} min", tens / 60, tens % 60);
  return fmt::format("{} d {} h", s / day, s % day / hour);
}

std::string printable(std::string_view text) {
  std::string shown;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F control a terminal, too: in UTF-8, these are 0xc2 and a byte below 0xa0.
    const bool is_c1 = c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (c == '\n') {
      shown += "\\n";
    } else if (c < 0x20 || c == 0x7f || is_c1) {
      shown += fmt::format("\\x{:02x}", is_c1 ? static_cast<unsigned char>(text[++i]) : c);
    } else {
      shown += text[i];
    }
  }
  return shown;
}

}  // namespace xtape::report
