// The name of a module's type, for tables and errors.
#pragma once

#include <string>

#include "xtape/nn/module.hpp"

namespace xtape::nn {

/// "Linear" for xtape::nn::Linear, without namespaces and template arguments; "function" for a plain function in a
/// Sequential.
std::string type_name(const Module& module);

}  // namespace xtape::nn
