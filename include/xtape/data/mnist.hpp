// MNIST and the data sets of its form.
#pragma once

#include <cstdint>
#include <string>

#include "xtape/data/dataset.hpp"

namespace xtape::data {

enum class Split : std::uint8_t { train, test };

/// The four files of MNIST in `directory`: train-images-idx3-ubyte, train-labels-idx1-ubyte,
/// t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, each plain or with .gz, also spelled with a dot
/// (train-images.idx3-ubyte). FileError when one is missing or damaged, is not of 28 x 28 images, or when
/// counts or labels do not fit.
XTAPE_API ImageDataset mnist(const std::string& directory, Split split);
/// Fashion-MNIST: the same files with other pictures.
XTAPE_API ImageDataset fashion_mnist(const std::string& directory, Split split);

}  // namespace xtape::data
