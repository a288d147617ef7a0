// MNIST and Fashion-MNIST: finds the files and checks that they belong together.
#include "xtape/data/mnist.hpp"

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "data/find_file.hpp"
#include "xtape/data/idx.hpp"

namespace xtape::data {

namespace {

constexpr std::int64_t image_side = 28;

/// The file of this name ("train-images") and kind ("idx3-ubyte") under any of its spellings, or "".
std::string find(std::string_view op, const std::string& directory, const std::string& name, const std::string& kind) {
  return find_file(op, directory, {name + "-" + kind, name + "." + kind});
}

struct Files {
  std::string images, labels;
};

Files find_files(std::string_view op, const std::string& directory, Split split, const std::string& prefix) {
  constexpr const char *images_kind = "idx3-ubyte", *labels_kind = "idx1-ubyte";
  const std::string usual = prefix + (split == Split::train ? "train" : "t10k");
  if (type_of(op, directory) != std::filesystem::file_type::directory) {
    fail<FileError>(op, "\"{}\" is not a directory; pass the one that holds {}-images-{}", directory, usual,
                    images_kind);
  }
  std::string part = usual, images = find(op, directory, part + "-images", images_kind);
  if (images.empty() && split == Split::test) {
    part = prefix + "test";
    images = find(op, directory, part + "-images", images_kind);
  }
  if (images.empty()) fail<FileError>(op, "no {}-images-{}, plain or .gz, in \"{}\"", usual, images_kind, directory);
  std::string labels = find(op, directory, part + "-labels", labels_kind);
  if (labels.empty()) labels = find(op, directory, part + "-labels", "idx2-int");  // QMNIST's: refused by their shape
  if (labels.empty()) fail<FileError>(op, "no {}-labels-{}, plain or .gz, in \"{}\"", part, labels_kind, directory);
  return {std::move(images), std::move(labels)};
}

/// The labels as indices of classes.
Tensor classes_of(std::string_view op, const std::string& path, const Tensor& labels, std::int64_t first,
                  std::size_t count) {
  if (first != static_cast<std::int32_t>(first)) fail<ValueError>(op, "first_label must have 32 bits, got {}", first);
  const std::int64_t end = first + static_cast<std::int64_t>(count);
  const Tensor y = labels.to(DType::int64);
  auto* const label = xtape::detail::elements<std::int64_t>(y);
  for (std::int64_t i = 0; i < y.numel(); ++i) {
    if (label[i] < first || label[i] >= end) {
      fail<FileError>(op,
                      "\"{}\": label {} is {}, outside [{}, {}); set .classes, or .first_label = 1 where the labels "
                      "begin at 1",
                      path, i, label[i], first, end);
    }
    label[i] -= first;
  }
  return y;
}

ImageDataset load(std::string_view op, const std::string& directory, Split split, const MnistOptions& options,
                  std::vector<std::string> classes) {
  const Files files = find_files(op, directory, split, options.prefix);
  const Tensor images = read_idx(files.images), labels = read_idx(files.labels);
  const Shape shape = images.shape();
  if (shape.size() != 3 || shape[1] != image_side || shape[2] != image_side || images.dtype() != DType::uint8) {
    fail<FileError>(op, "\"{}\" holds {} of shape {}, expected uint8 images (N, {}, {})", files.images, images.dtype(),
                    shape, image_side, image_side);
  }
  if (labels.shape() == Shape{shape[0], 8}) {
    fail<FileError>(op,
                    "\"{}\" holds QMNIST's labels, of eight columns; write the classes, column 0, as a file of labels: "
                    "write_idx(\"...-labels-idx1-ubyte\", select(read_idx(\"...\"), 1, 0).to(uint8))",
                    files.labels);
  }
  if (labels.shape() != Shape{shape[0]}) {
    fail<FileError>(op, "\"{}\" holds labels {} for the {} images of \"{}\"", files.labels, labels.shape(), shape[0],
                    files.images);
  }
  if (is_floating(labels.dtype())) {
    fail<FileError>(op, "\"{}\" holds {}, expected labels of an integer type", files.labels, labels.dtype());
  }
  if (!options.classes.empty()) classes = options.classes;
  const Tensor y = classes_of(op, files.labels, labels, options.first_label, classes.size());
  return ImageDataset(images, y, std::move(classes));
}

}  // namespace

ImageDataset mnist(const std::string& directory, Split split, const MnistOptions& options) {
  return load("mnist", directory, split, options, {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"});
}

ImageDataset fashion_mnist(const std::string& directory, Split split, const MnistOptions& options) {
  return load(
      "fashion_mnist", directory, split, options,
      {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"});
}

}  // namespace xtape::data
