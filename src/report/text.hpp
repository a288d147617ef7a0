// Numbers and texts as a person reads them, the same in every locale.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace xtape::report {

// In a line or a table on a terminal.

/// `width` characters whatever the value is: with so many decimals, or as many as there is room for, else with an
/// exponent. "nan" without a sign.
std::string fixed_width(double value, int width, int decimals);
/// "0:07", "12:34", "1:02:03", "4 d 3 h".
std::string clock_time(double seconds);
/// "10 s", "3 min", "2 h 10 min": for a guess.
std::string rough_time(double seconds);

// On the page, where NaN is "–".

/// A number that begins with "-", with a minus sign, as all that follow have it.
std::string with_minus(std::string figure);
/// Four significant digits: "0.3214", "12.35", "1.2e-05".
std::string number(double x);
/// A share: 0.8943 is "89.43%", and "89.4%" where it is one of fewer than a thousand samples.
std::string percent(double share, std::int64_t samples = 1'000'000);
/// "89.43%", and "<0.01%" and ">99.99%" for what is not quite 0 or 1.
std::string probability(double p);
/// A difference of shares: 0.0123 is "1.23 points".
std::string points(double difference);
/// Of shares or of their differences, in percent or points: "1.20 to 3.45". Neither is NaN.
std::string interval(double low, double high, std::int64_t samples = 1'000'000);
/// "340 ms", "12.3 s", "3 min 05 s", "1 h 02 min".
std::string duration(double seconds);

}  // namespace xtape::report
