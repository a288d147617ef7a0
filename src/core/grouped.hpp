// Large counts as a person reads them.
#pragma once

#include <cstdint>
#include <string>

namespace xtape {

/// 1234567 as "1,234,567", the same in every locale.
std::string grouped(std::int64_t value);

}  // namespace xtape
