// Numbers and texts as a person reads them in a line or a table, the same in every locale.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace xtape::report {

/// `width` characters whatever the value is: with so many decimals, or as many as there is room for, else with an
/// exponent. "nan" without a sign.
std::string fixed_width(double value, int width, int decimals);
/// 1234567 as "1,234,567".
std::string grouped(std::int64_t value);
/// "0:07", "12:34", "1:02:03", "4 d 3 h".
std::string clock_time(double seconds);
/// "10 s", "3 min", "2 h 10 min": for a guess.
std::string rough_time(double seconds);
/// On one line: control characters, which might move the cursor, stand as escapes ("\n", "\x1b").
std::string printable(std::string_view text);

}  // namespace xtape::report
