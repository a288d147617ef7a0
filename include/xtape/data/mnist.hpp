// MNIST and Fashion-MNIST.
#pragma once

#include <cstdint>
#include <string>

#include "xtape/data/dataset.hpp"

namespace xtape::data {

enum class Split : std::uint8_t { train, test };

/// The four files of MNIST in `directory`: train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and
/// t10k-labels-idx1-ubyte, each plain or with .gz; train-images.idx3-ubyte, with a dot, works, too. FileError when one
/// is missing or damaged, when images are not 28 x 28, or when counts or labels do not match.
XTAPE_API ImageDataset mnist(const std::string& directory, Split split);
/// Fashion-MNIST: files of the same names and format.
XTAPE_API ImageDataset fashion_mnist(const std::string& directory, Split split);

}  // namespace xtape::data
