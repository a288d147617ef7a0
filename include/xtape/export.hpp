// XTAPE_API marks what the shared library exports. Everything else is built with hidden visibility, so that our
// internals, and those of libraries linked into ours, cannot clash with a host program's.
#pragma once

#define XTAPE_API __attribute__((visibility("default")))
