// IDX files, the format of MNIST and its kin: a header of big-endian extents, then the elements.
#pragma once

#include <string>

#include "xtape/data/dataset.hpp"

namespace xtape::data {

/// The uint8 array of an IDX file, plain or compressed by gzip (told apart by content, not by name).
/// FileError, with the path, when the file is missing, unreadable, truncated, longer than its header says,
/// damaged (gzip's checksum), of another format or element type. Nothing is allocated before the header's
/// promise is found to be possible. A gzip file has one member; more than one is refused as data after the
/// end.
XTAPE_API Tensor read_idx(const std::string& path);

enum class Split : std::uint8_t { train, test };

/// The four files of MNIST in `directory`: train-images-idx3-ubyte, train-labels-idx1-ubyte,
/// t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, each plain or with .gz, also spelled with a dot
/// (train-images.idx3-ubyte). FileError when one is missing or damaged, is not of 28 x 28 images, or when
/// counts or labels do not fit.
XTAPE_API ImageDataset mnist(const std::string& directory, Split split);
/// Fashion-MNIST: the same files with other pictures.
XTAPE_API ImageDataset fashion_mnist(const std::string& directory, Split split);

}  // namespace xtape::data
