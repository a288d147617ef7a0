#include "xtape/version.hpp"

#include <array>
#include <cstdio>
#include <string_view>

#define XTAPE_TEXT_OF(x) #x
#define XTAPE_TEXT(x) XTAPE_TEXT_OF(x)

namespace xtape {

const char* version() noexcept {
  return XTAPE_TEXT(XTAPE_VERSION_MAJOR) "." XTAPE_TEXT(XTAPE_VERSION_MINOR) "." XTAPE_TEXT(XTAPE_VERSION_PATCH);
}

std::string cpu_name() {
  std::string name;
  std::FILE* file = std::fopen("/proc/cpuinfo", "re");
  if (file == nullptr) return name;
  std::array<char, 512> line;
  while (name.empty() && std::fgets(line.data(), static_cast<int>(line.size()), file) != nullptr) {
    const std::string_view text = line.data();
    const std::size_t colon = text.find(": ");
    if (text.starts_with("model name") && colon != text.npos) name = text.substr(colon + 2);
  }
  std::fclose(file);
  while (!name.empty() && (name.back() == '\n' || name.back() == ' ')) name.pop_back();
  return name;
}

}  // namespace xtape
