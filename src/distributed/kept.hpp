// Memory that a call of a communicator is given.
#pragma once

#include <cstddef>

#include "xtape/tensor.hpp"

namespace xtape::distributed {

/// For `bytes` bytes.
Tensor make_memory(std::size_t bytes);
/// Never frees the tensor's memory. For memory that a failed call of a communicator was given: other ranks may
/// still read it, and MPI may write to it.
void keep_for_ever(const Tensor& memory) noexcept;

}  // namespace xtape::distributed
