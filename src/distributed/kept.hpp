// Memory that must outlive a call.
#pragma once

#include "xtape/tensor.hpp"

namespace xtape::distributed {

/// Never frees the tensor's memory. For memory that a failed call of a communicator was given: other ranks may
/// still read it, and MPI may write to it.
void keep_for_ever(const Tensor& memory) noexcept;

}  // namespace xtape::distributed
