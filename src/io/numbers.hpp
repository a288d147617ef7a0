// A state of a few whole numbers as a StateDict, each a 0-dim int64 tensor under its name: any file of tensors can hold
// it.
#pragma once

#include <cstdint>
#include <span>

#include "xtape/state_dict.hpp"

namespace xtape::io {

StateDict numbers_dict(std::span<const char* const> names, std::span<const std::int64_t> numbers);
/// ValueError from `op` unless the dict has exactly these names, each with a 0-dim int64 tensor.
void read_numbers(const char* op, const StateDict& dict, std::span<const char* const> names,
                  std::span<std::int64_t> numbers);

}  // namespace xtape::io
