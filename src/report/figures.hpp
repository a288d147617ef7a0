// Numbers as the page shows them: losses, shares, times. NaN is "–". (text.hpp has those of a terminal, and grouped
// counts.)
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>

#include "core/fail.hpp"

namespace xtape::report {

/// fmt::format, checked when it is compiled; the code is fmt's own and not compiled into every caller.
template <class... Args>
std::string text_of(fmt::format_string<Args...> format, const Args&... args) {
  return detail::format_line(format, args...);
}

/// Four significant digits: "0.3214", "12.35", "1.2e-05".
std::string number(double x);
/// A number that begins with "-", with a minus sign.
std::string with_minus(std::string figure);
/// A share: 0.8943 is "89.43%", and "89.4%" where it is one of fewer than a thousand samples.
std::string percent(double share, std::int64_t samples = 1'000'000);
/// "89.43%", and "<0.01%" and ">99.99%" for what is not quite 0 or 1.
std::string probability(double p);
/// Of a gap, in points: "95% CI −1.20 to 0.30".
std::string interval(double low, double high);
/// A difference of shares: 0.0123 is "1.23 points".
std::string points(double difference);
/// "340 ms", "12.3 s", "3 min 05 s", "1 h 02 min".
std::string duration(double seconds);

}  // namespace xtape::report
