// MNIST, Fashion-MNIST and the data sets that come in files like theirs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "xtape/data/dataset.hpp"

namespace xtape::data {

/// For data sets like MNIST. EMNIST's letters, 26 classes whose labels begin at 1:
/// `data::mnist("gzip", data::Split::train, {.classes = letters, .first_label = 1, .prefix = "emnist-letters-"})`.
struct MnistOptions {
  /// The names of the classes, in the order of their labels. None: the data set's own ten.
  std::vector<std::string> classes = {};
  /// The label of the first class in the file. In the dataset the labels count from 0.
  std::int64_t first_label = 0;
  /// What stands before the names of the files.
  std::string prefix = {};
};

/// MNIST, from two files in `directory`: train-images-idx3-ubyte and train-labels-idx1-ubyte, or for Split::test
/// t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, which may have "test" for "t10k", as EMNIST's do. Each is plain
/// or has .gz; train-images.idx3-ubyte, with a dot, works, too. Images stay as the file has them: EMNIST's are
/// transposed, `ImageDataset(d.images().transpose(2, 3), d.labels(), d.classes())` turns them. FileError when a file is
/// missing or damaged, when images are not 28 x 28, when counts do not match, or a label has no class; also for
/// QMNIST's labels, which have eight columns.
XTAPE_API ImageDataset mnist(const std::string& directory, Split split, const MnistOptions& options = {});
/// Fashion-MNIST: files of the same names and format.
XTAPE_API ImageDataset fashion_mnist(const std::string& directory, Split split, const MnistOptions& options = {});

}  // namespace xtape::data
