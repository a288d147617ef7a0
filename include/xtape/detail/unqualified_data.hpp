// Lets `using namespace xtape;` stand before any header of xtensor's: xtl's variant (namespace mpark) calls data(x)
// unqualified, to be found by argument-dependent lookup, but ordinary lookup would find the namespace xtape::data and
// stop there. This function, in an inner namespace, hides that one; lookup by argument then adds the one that is meant.
#pragma once

#include "xtape/export.hpp"

namespace mpark::detail {
void data();
}
