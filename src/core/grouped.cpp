#include "core/grouped.hpp"

namespace xtape {

std::string grouped(std::int64_t value) {
  const std::string digits = std::to_string(value);
  const std::size_t first_digit = value < 0;
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > first_digit && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

}  // namespace xtape
