// XTAPE_API marks what the shared library shows to the outside. Everything else is built with hidden
// visibility, so that a host program never meets our internals or those of the libraries inside us.
#pragma once

#define XTAPE_API __attribute__((visibility("default")))
