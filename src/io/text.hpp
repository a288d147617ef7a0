// Names that files hold: whether they are text, and how they stand in an error.
#pragma once

#include <string>
#include <string_view>

namespace xtape::io {

bool is_ascii(std::string_view name) noexcept;
bool is_utf8(const std::string& name);
/// A name for an error: in quotes, on one line, and cut off where it is long.
std::string shown(const std::string& name);

}  // namespace xtape::io
