// Writing a text to a file.
#pragma once

#include <string>
#include <string_view>

#include "xtape/export.hpp"

namespace xtape::io {

/// Replaces the file by `text`, byte for byte, as a whole or not at all: whoever reads `path` meanwhile finds the old
/// file or the new one, also after a crash. FileError if the file cannot be written, and for a path that names
/// something other than a regular file.
XTAPE_API void save_text(const std::string& path, std::string_view text);

}  // namespace xtape::io
