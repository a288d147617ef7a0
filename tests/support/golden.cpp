#include "support/golden.hpp"

namespace xtape::testing {

// The one test file that knows its place on this machine: the others compile to the same in every checkout.
std::string golden_file(const std::string& name) { return XTAPE_SOURCE_DIR "/tests/golden/" + name; }

}  // namespace xtape::testing
