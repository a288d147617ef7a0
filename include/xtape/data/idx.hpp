// IDX files, the format of MNIST and similar data sets: a header of big-endian extents, then the elements.
#pragma once

#include <string>

#include "xtape/detail/unqualified_data.hpp"
#include "xtape/export.hpp"
#include "xtape/tensor.hpp"

namespace xtape::data {

/// The uint8 array of an IDX file, plain or compressed by gzip (told apart by content, not by name). FileError, with
/// the path, when the file is missing, unreadable, truncated, longer than its header says, damaged (gzip's checksum),
/// of another format or element type. The elements are allocated only after the header's extents are found to be
/// possible. A gzip file may have several members, whose contents follow each other; anything else after a member is
/// refused.
XTAPE_API Tensor read_idx(const std::string& path);

}  // namespace xtape::data
