#include "io/text.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace xtape::io {

bool is_ascii(std::string_view name) noexcept {
  return std::all_of(name.begin(), name.end(), [](char c) { return (c & 0x80) == 0; });
}

bool is_utf8(const std::string& name) {
  try {
    nlohmann::json(name).dump();
    return true;
  } catch (const nlohmann::json::type_error&) {
    return false;
  }
}

std::string shown(const std::string& name) {
  constexpr std::size_t longest = 80;
  std::string text =
      nlohmann::json(name.substr(0, longest)).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (name.size() > longest) text.insert(text.size() - 1, "...");
  return text;
}

}  // namespace xtape::io
