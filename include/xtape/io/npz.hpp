// NumPy's archives of named arrays, as numpy.savez writes them: a ZIP archive of .npy files.
#pragma once

#include <string>

#include "xtape/export.hpp"
#include "xtape/state_dict.hpp"

namespace xtape::io {

/// Writes the tensors of `dict` to `path`, uncompressed, for numpy.load, which finds each under its name. An existing
/// file is replaced as a whole or, if this throws, not at all. FileError when that fails; ValueError for a name that
/// has a NUL byte, more than 65,531 bytes or other text than UTF-8, and for two names of which one is the other with
/// ".npy" behind it: NumPy mixes them up. Names are only names: "a/b" makes no folder, and the empty name is one, too.
XTAPE_API void save_npz(const std::string& path, const StateDict& dict);
/// The arrays of a file that numpy.savez or numpy.savez_compressed wrote, in the order of the file, as new tensors with
/// the names of the members without ".npy". The arrays may be what load_npy reads. FileError, with the path, the member
/// and the reason, for a file that is missing, truncated or malformed, and for a member that is no array: NumPy gives
/// its bytes.
XTAPE_API StateDict load_npz(const std::string& path);

}  // namespace xtape::io
