// Lets `using namespace xtape;` stand before any header of xtensor's: xtl's variant (mpark) calls data(x) unqualified,
// to be found by its argument, and would meet the namespace xtape::data first. A function of that name, nearer by, is
// what it finds instead, and then its own by argument.
#pragma once

#include "xtape/export.hpp"

namespace mpark::detail {
void data();
}
