#include "report/axis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/text.hpp"

namespace xtape::report {

namespace {

/// Less is as good as 0: steps below it would lose digits, or be 0.
constexpr double smallest = 1e-300;

/// 1, 2 or 5 times a power of ten, at least x.
double round_step(double x) {
  const double power = std::pow(10.0, std::floor(std::log10(x)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= x * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

/// "1e-5" for "1e-05".
std::string short_exponent(std::string text) {
  const std::size_t e = text.find('e');
  if (e == std::string::npos) return text;
  const std::size_t sign = e + 1;
  if (text[sign] == '+') text.erase(sign, 1);
  const std::size_t digits = text[sign] == '-' ? sign + 1 : sign;
  while (text[digits] == '0' && digits + 1 < text.size()) text.erase(digits, 1);
  return text;
}

/// As many digits as tell a tick from the next one.
std::string tick_label(double value, double step, double largest, Unit unit) {
  if (unit == Unit::share) {
    return fmt::format("{:.{}f}%", 100 * value,
                       std::max(0, static_cast<int>(-std::floor(std::log10(100 * step) + 1e-9))));
  }
  if (value == 0) return "0";
  if (largest >= 1e-3 && largest < 1e5) {
    const int decimals = std::max(0, static_cast<int>(-std::floor(std::log10(step) + 1e-9)));
    if (decimals <= 5) return with_minus(fmt::format("{:.{}f}", value, decimals));
  }
  const int digits = static_cast<int>(std::ceil(std::log10(std::abs(value) / step) + 1e-9));
  return with_minus(short_exponent(fmt::format("{:.{}g}", value, std::max(1, digits))));
}

}  // namespace

bool is_drawable(double value) noexcept { return std::abs(value) <= 1e300; }

Axis Axis::linear(double low, double high, int intervals, Unit unit) {
  const double size = std::max(std::abs(low), std::abs(high));
  if (high - low <= std::max(1e-9 * size, smallest)) {  // one value, or as good as one
    const double around = size <= smallest ? 1 : std::abs(low) / 2;
    low -= around;
    high += around;
  }
  if (unit == Unit::share) {
    low = std::max(low, 0.0);
    high = std::min(high, 1.0);
  }
  const double step = round_step((high - low) / intervals);
  const double first = std::floor(low / step + 1e-9), last = std::ceil(high / step - 1e-9);
  Axis axis;
  axis.low_ = first * step;
  axis.high_ = last * step;
  const double largest = std::max(std::abs(axis.low_), std::abs(axis.high_));
  for (double i = first; i <= last; ++i) axis.ticks_.push_back({i * step, tick_label(i * step, step, largest, unit)});
  return axis;
}

Axis Axis::logarithmic(double low, double high) {
  const double first = std::floor(std::log10(low) + 1e-9);
  const double last = std::max(std::ceil(std::log10(high) - 1e-9), first + 1);
  const double stride = std::ceil((last - first) / 7);
  Axis axis;
  axis.logarithmic_ = true;
  axis.low_ = std::pow(10.0, first);
  axis.high_ = std::pow(10.0, last);
  for (double power = first; power <= last; power += stride) {
    const double value = std::pow(10.0, power);
    axis.ticks_.push_back({value, short_exponent(fmt::format("{:g}", value))});
  }
  return axis;
}

Axis Axis::fitted(std::vector<double> values, Unit unit) {
  values.erase(std::remove_if(values.begin(), values.end(), [](double v) { return !is_drawable(v); }), values.end());
  std::sort(values.begin(), values.end());
  const double low = values.front(), high = values.back(), median = values[values.size() / 2];
  if (unit == Unit::plain && low > smallest && median < high / 50) return logarithmic(low, high);
  return linear(low, high, 5, unit);
}

double Axis::place(double value) const noexcept {
  if (logarithmic_) return std::log10(value / low_) / std::log10(high_ / low_);
  return (value - low_) / (high_ - low_);
}

}  // namespace xtape::report
