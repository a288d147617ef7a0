// Files of data sets in a directory, under the names that they are known by.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>

namespace xtape::data {

/// The type of the file at `path`, not_found included; FileError if it cannot be told, as in a folder without
/// permission.
std::filesystem::file_type type_of(std::string_view op, const std::filesystem::path& path);

/// The first regular file in `directory` with one of these names, plain or with .gz, or "". A folder of that name, as
/// some archives unpack to, does not hide the file beside it; it is returned if there is none, for the reader to
/// refuse.
std::string find_file(std::string_view op, const std::filesystem::path& directory,
                      std::initializer_list<std::string> names);

}  // namespace xtape::data
