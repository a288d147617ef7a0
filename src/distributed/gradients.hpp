// What ranks must have in common to sum gradients.
#pragma once

#include <cstdint>
#include <vector>

#include "xtape/distributed.hpp"

namespace xtape::distributed {

/// Of the parameters' number, shapes, dtypes and of which of them require grad.
std::uint64_t layout_hash(const std::vector<Tensor>& parameters) noexcept;

/// ValueError on all ranks, which have different hashes: it names the first parameter that differs.
[[noreturn]] void throw_layout_difference(const char* op, const std::vector<Tensor>& parameters,
                                          const Communicator& comm);

}  // namespace xtape::distributed
