// What save_safetensors and load_safetensors share with other files of this format.
#pragma once

#include <vector>

#include "io/file.hpp"
#include "io/safetensors_header.hpp"

namespace xtape::io {

/// The entries in the order of a file, with their places. ValueError for a name that the format reserves.
std::vector<StoredTensor> laid_out(const char* op, const StateDict& dict, FloatFormat floats);
/// A new tensor with the bytes of `t`, one of the header's. FileError as load_safetensors says.
Tensor read_tensor(FileReader& file, const Header& header, const StoredTensor& t);

}  // namespace xtape::io
