// Misuses, each with the type and the whole message of its error. Nothing is left behind by any: no node on the tape,
// no thread, the grad mode as it was.
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
