// The exchange of gradients.
#pragma once

#include <span>
#include <vector>

#include "xtape/distributed.hpp"

namespace xtape::distributed {

/// ValueError on all ranks, naming the first that differs, unless the ranks' parameters agree in number, shapes, dtypes
/// and in which of them require grad.
void check_parameters(const char* op, const std::vector<Tensor>& parameters, const Communicator& comm);

/// Replaces gradients[i], of parameters[i], by its sum over the ranks. An undefined one counts as zeros if it is
/// defined on another rank, else stays. It is written in place if nobody else holds its elements. The ranks' parameters
/// agree.
void sum_over_ranks(std::span<const Tensor> parameters, std::vector<Tensor>& gradients, const Communicator& comm);

}  // namespace xtape::distributed
