#include "data/find_file.hpp"

#include "core/fail.hpp"

namespace xtape::data {

namespace fs = std::filesystem;

fs::file_type type_of(std::string_view op, const fs::path& path) {
  std::error_code error;
  const fs::file_type type = fs::status(path, error).type();
  if (type == fs::file_type::none) fail<FileError>(op, "\"{}\": {}", path.string(), error.message());
  return type;
}

std::string find_file(std::string_view op, const fs::path& directory, std::initializer_list<std::string> names) {
  std::string other;  // of the right name, and no file
  for (const std::string& name : names) {
    for (const char* suffix : {"", ".gz"}) {
      const fs::path path = directory / (name + suffix);
      const fs::file_type type = type_of(op, path);
      if (type == fs::file_type::regular) return path.string();
      if (type != fs::file_type::not_found && other.empty()) other = path.string();
    }
  }
  return other;
}

}  // namespace xtape::data
