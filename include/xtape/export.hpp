// What every public header begins with: the language standard, and XTAPE_API, which marks what the shared library
// exports. Everything else is built with hidden visibility, so that our internals, and those of libraries linked into
// ours, cannot clash with a host program's.
#pragma once

#if __cplusplus < 202002L
#error "xtape needs C++20"
#include <xtape needs C++20: compile with -std=c++20>  // ends the compilation here, not after hundreds of errors
#endif

#define XTAPE_API __attribute__((visibility("default")))
