// Texts and numbers as JSON, for what the library writes line by line.
#pragma once

#include <cstdint>
#include <string>

namespace xtape::io {

/// In quotes and on one line; what is not UTF-8 becomes U+FFFD.
std::string json_string(const std::string& text);
std::string json_number(std::int64_t value);
/// The shortest digits that read back as the same number, in any locale. NaN is null. JSON has no infinity either;
/// readers make it of the 1e999 that stands for it.
std::string json_number(double value);

}  // namespace xtape::io
