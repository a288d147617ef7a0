// CIFAR-10 and CIFAR-100, and data sets that come in files like theirs.
#pragma once

#include <string>

#include "xtape/data/dataset.hpp"

namespace xtape::data {

/// CIFAR-10, from the files of its binary version: data_batch_1.bin to data_batch_5.bin, or for Split::test
/// test_batch.bin. They lie in `directory` or in its folder cifar-10-batches-bin, as the archive unpacks; each is plain
/// or has .gz. The images are uint8 (N, 3, 32, 32): 50,000 or 10,000, fewer where the files hold fewer. The names of
/// the classes are those of batches.meta.txt, if it is there. FileError when a file is missing, cut or damaged, longer
/// than 10,000 images, or when a label has no class.
XTAPE_API ImageDataset cifar10(const std::string& directory, Split split);

struct Cifar100Options {
  /// The 20 superclasses ("fish", "flowers", ...) in place of the 100 classes.
  bool coarse = false;
};

/// CIFAR-100, in the same way: train.bin or test.bin, in `directory` or in its folder cifar-100-binary. The names are
/// those of fine_label_names.txt or coarse_label_names.txt, if it is there.
XTAPE_API ImageDataset cifar100(const std::string& directory, Split split, const Cifar100Options& options = {});

}  // namespace xtape::data
