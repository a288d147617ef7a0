// Texts out of files and of the caller's: whether they are UTF-8, of which characters, and how they stand in an error.
#pragma once

#include <string>
#include <string_view>

#include "xtape/io/text_file.hpp"  // printable, is_utf8

namespace xtape::io {

bool is_ascii(std::string_view name) noexcept;
/// How many bytes the character at the front takes; 0 if these bytes are no character in UTF-8. `text` is not empty.
std::size_t utf8_length(std::string_view text) noexcept;
/// The number of its characters, if it is UTF-8.
std::size_t characters(std::string_view text) noexcept;
/// Whether a character in UTF-8 is U+0000 to U+001F, newline and tab among them, or U+007F to U+009F.
bool is_control(std::string_view character) noexcept;
/// A name for an error: in quotes, on one line, and cut off where it is long.
std::string shown(const std::string& name);

}  // namespace xtape::io
