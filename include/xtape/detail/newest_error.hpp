// For who is told that an exception passes by, but not which.
#pragma once

#include "xtape/export.hpp"

namespace xtape::detail {

/// The line of the Error that this thread made last, "" if it has been destroyed: of the one that unwinds the stack
/// now.
XTAPE_API const char* newest_error() noexcept;

}  // namespace xtape::detail
