// What ranks must have in common to sum gradients.
#pragma once

#include <cstdint>
#include <vector>

#include "xtape/distributed.hpp"

namespace xtape::distributed {

/// Of what check_parameters() compares.
std::uint64_t layout_hash(const std::vector<Tensor>& parameters) noexcept;

/// ValueError on all ranks, naming the first that differs, unless the ranks' parameters agree in number, shapes, dtypes
/// and in which of them require grad.
void check_parameters(const char* op, const std::vector<Tensor>& parameters, const Communicator& comm);

}  // namespace xtape::distributed
