// For who is told that an exception passes by, but not which.
#pragma once

#include <exception>

#include "xtape/export.hpp"

namespace xtape::detail {

/// The line of the Error that this thread made or took over last, "" if it has been destroyed: of the one that unwinds
/// the stack now.
XTAPE_API const char* newest_error() noexcept;

/// Throws what another thread has caught; an Error becomes the newest of this thread.
[[noreturn]] XTAPE_API void rethrow_from_thread(std::exception_ptr exception);

}  // namespace xtape::detail
