// What ranks must have in common to sum gradients.
#pragma once

#include <vector>

#include "xtape/distributed.hpp"

namespace xtape::distributed {

/// ValueError on all ranks, naming the first that differs, unless the ranks' parameters agree in number, shapes, dtypes
/// and in which of them require grad.
void check_parameters(const char* op, const std::vector<Tensor>& parameters, const Communicator& comm);

}  // namespace xtape::distributed
