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

// ---- on the page ---------------------------------------------------------------------------------------------------

namespace {

/// Of a share in percent.
int decimals_of(std::int64_t samples) { return samples < 1000 ? 1 : 2; }

}  // namespace

std::string with_minus(std::string figure) {
  return figure.starts_with('-') ? fmt::format("−{}", std::string_view(figure).substr(1)) : figure;
}

std::string number(double x) { return std::isnan(x) ? "–" : with_minus(fmt::format("{:.4g}", x)); }

std::string percent(double share, std::int64_t samples) {
  return std::isnan(share) ? "–" : fmt::format("{:.{}f}%", 100 * share, decimals_of(samples));
}

std::string probability(double p) {
  if (p > 0 && p < 5e-5) return "<0.01%";
  return p < 1 && p >= 0.99995 ? ">99.99%" : percent(p);
}

std::string points(double difference) {
  return std::isnan(difference) ? "–" : with_minus(fmt::format("{:.2f} points", 100 * difference));
}

std::string interval(double low, double high, std::int64_t samples) {
  const auto bound = [samples](double x) { return with_minus(fmt::format("{:.{}f}", 100 * x, decimals_of(samples))); };
  return fmt::format("{} to {}", bound(low), bound(high));
}

std::string duration(double seconds) {
  if (std::isnan(seconds)) return "–";
  if (seconds < 0.9995) return fmt::format("{:.0f} ms", 1000 * seconds);
  if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
  const double minutes = std::floor((seconds + 0.5) / 60);
  if (minutes < 60) return fmt::format("{:.0f} min {:02.0f} s", minutes, std::floor(seconds + 0.5 - 60 * minutes));
  return fmt::format("{:.0f} h {:02.0f} min", std::floor(minutes / 60), std::fmod(minutes, 60));
}

}  // namespace xtape::report
