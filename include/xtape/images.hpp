// PNG and JPEG files as tensors, and folders of them as data sets: the component xtape::images, a library beside xtape.
// In CMake: find_package(xtape COMPONENTS images), then link xtape::images.
//
// All functions are safe to call from several threads, and print nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "xtape/data/dataset.hpp"
#include "xtape/tensor.hpp"

namespace xtape::images {

struct ReadOptions {
  /// 1: grey, 3: red, green, blue; 0: as in the file. Grey is (19595 R + 38470 G + 7471 B + 32768) / 65536, rounded
  /// down (ITU-R 601, as in PIL).
  std::int64_t channels = 0;
  /// A picture of more pixels is refused before memory is allocated for it.
  std::int64_t most_pixels = std::int64_t{1} << 26;
};

/// A picture from a PNG or JPEG file (told apart by content, not by name), as uint8 (C, H, W). Of each kind of file:
/// pixels of 16 bits are rounded to 8, palettes looked up, CMYK and YCCK converted (inverted, as Adobe writes them), an
/// alpha channel is left out without blending; gamma, color profiles and EXIF's orientation are ignored. That is what
/// torchvision's ImageFolder does. FileError with the path: missing, unreadable, above 256 MiB, of another format,
/// truncated, damaged, or larger than the options allow. ValueError for options that make no sense.
XTAPE_API Tensor read_image(const std::string& path, const ReadOptions& options = {});
/// The same from the bytes of a file, which errors call `name`.
XTAPE_API Tensor decode_image(std::span<const std::uint8_t> bytes, const ReadOptions& options = {},
                              const std::string& name = "the picture");

/// Images in another size: each pixel is the mean of the area that it covers, rounded to nearest. x uint8 (C, H, W) or
/// (N, C, H, W); y of the same dims, `height` x `width`. DTypeError, ShapeError (also for images without pixels);
/// ValueError unless both are from 1 to 65,535.
XTAPE_API Tensor resize_area(const Tensor& x, std::int64_t height, std::int64_t width);

}  // namespace xtape::images

namespace xtape::data {

struct ImageFolderOptions {
  std::int64_t height = 0, width = 0;  ///< of every sample; images of other sizes are resized (images::resize_area)
  std::int64_t channels = 3;           ///< 1: grey, 3: red, green, blue
  /// The classes in the order of their labels; a folder of another name is refused, and a class may have no folder.
  /// `.classes = training.classes()` gives two folders the same labels. None: the folders, sorted by name.
  std::vector<std::string> classes = {};
  std::int64_t most_pixels = std::int64_t{1} << 26;  ///< as in images::ReadOptions
};

/// PNG and JPEG files, one folder a class: `directory/cat/1.png`, `directory/dog/deep/2.jpeg`. Files are those whose
/// names end in .png, .jpg or .jpeg, in any case, at any depth of a class's folder; others, and names that begin with a
/// dot, are left out. Samples are sorted by class, then by path.
///
/// An image is read anew for each batch, so that a data set need not fit into memory; DataLoaderOptions::num_workers
/// reads ahead, and in_memory() reads all at once. The constructor reads the headers only. FileError, with the path,
/// when there are no folders or a class has no images, for a file that is no PNG or JPEG, and from batch() for one that
/// is damaged. A handle: copies share the list.
class XTAPE_API ImageFolder {
 public:
  /// ValueError unless height and width are from 1 to 65,535 and channels is 1 or 3.
  ImageFolder(const std::string& directory, const ImageFolderOptions& options);

  std::int64_t size() const;
  /// x float32 (B, C, H, W) in [0, 1], y int64 (B).
  Batch batch(std::span<const std::int64_t> indices) const;
  /// int64 (N).
  Tensor targets() const;
  /// The names of the classes; label k is classes()[k].
  std::vector<std::string> classes() const;
  /// The files, one a sample.
  std::vector<std::string> paths() const;
  /// How many images have another size than height x width, and are resized.
  std::int64_t resized() const;
  /// How many files were left out for the end of their names. (Hidden ones do not count.)
  std::int64_t left_out() const;
  /// All images, read at once by up to num_threads() threads and kept as bytes. Its batches have the same bits.
  ImageDataset in_memory() const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace xtape::data
