// Where the golden files are: answers of PyTorch's, written by the scripts beside them.
#pragma once

#include <string>

namespace xtape::testing {

/// The path of tests/golden/<name>.
std::string golden_file(const std::string& name);

}  // namespace xtape::testing
