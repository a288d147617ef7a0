#include "core/broadcast.hpp"

namespace xtape::detail {

bool broadcasts_to(const Shape& from, const Shape& to) noexcept {
  if (from.size() > to.size()) return false;
  for (std::int64_t d = 1; d <= from.size(); ++d) {
    const std::int64_t m = from[from.size() - d];
    if (m != 1 && m != to[to.size() - d]) return false;
  }
  return true;
}

}  // namespace xtape::detail
