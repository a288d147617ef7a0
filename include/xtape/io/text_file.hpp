// Texts: written to a file, and as they may be shown to a person.
#pragma once

#include <string>
#include <string_view>

#include "xtape/export.hpp"

namespace xtape::io {

/// Replaces the file by `text`, byte for byte, as a whole or not at all: whoever reads `path` meanwhile finds the old
/// file or the new one, also after a crash. FileError if the file cannot be written, and for a path that names
/// something other than a regular file.
XTAPE_API void save_text(const std::string& path, std::string_view text);

/// A text from anywhere on one line that cannot steer a terminal: control characters (C0, DEL, C1), the ends of lines
/// and paragraphs, marks that turn the direction of writing and bytes that are no UTF-8 stand as escapes: "\n", "\x1b",
/// "\u202e". All else stays as it is.
XTAPE_API std::string printable(std::string_view text);

/// Whether the bytes are UTF-8, without surrogates and overlong forms.
XTAPE_API bool is_utf8(std::string_view text) noexcept;

}  // namespace xtape::io
