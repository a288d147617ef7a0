// Misuses, each with the type and the whole message of its error. No misuse may leave anything behind: no node on the
// tape, no thread, no change of the grad mode.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "xtape/xtape.hpp"

namespace xtape::testing {

struct Misuse {
  const char* error;  // "ShapeError: add: shapes ..."
  std::function<void()> f;
};

void expect_errors(const std::vector<Misuse>& misuses);

}  // namespace xtape::testing
