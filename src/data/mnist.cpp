// MNIST and Fashion-MNIST: finds the files and checks that they belong together.
#include "xtape/data/mnist.hpp"

#include <filesystem>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "xtape/data/idx.hpp"

namespace xtape::data {

namespace {

constexpr std::int64_t image_side = 28;

namespace fs = std::filesystem;

/// The type of the file at `path`, not_found included; FileError if it cannot be told, as in a folder without
/// permission.
fs::file_type type_of(std::string_view op, const fs::path& path) {
  std::error_code error;
  const fs::file_type type = fs::status(path, error).type();
  if (type == fs::file_type::none) fail<FileError>(op, "\"{}\": {}", path.string(), error.message());
  return type;
}

/// The file of `part` ("train-images") and `kind` ("idx3-ubyte") under any of its names. A folder of that name, as some
/// archives unpack to, does not hide the file beside it.
std::string find(std::string_view op, const std::string& directory, std::string_view part, std::string_view kind) {
  if (type_of(op, directory) != fs::file_type::directory) {
    fail<FileError>(op, "\"{}\" is not a directory; pass the one that holds {}-{}", directory, part, kind);
  }
  std::string other;  // of the right name, and no file
  for (const char* separator : {"-", "."}) {
    for (const char* suffix : {"", ".gz"}) {
      const fs::path path = fs::path(directory) / fmt::format("{}{}{}{}", part, separator, kind, suffix);
      const fs::file_type type = type_of(op, path);
      if (type == fs::file_type::regular) return path.string();
      if (type != fs::file_type::not_found && other.empty()) other = path.string();
    }
  }
  if (!other.empty()) return other;  // read_idx says what it is
  fail<FileError>(op, "no {}-{}, plain or .gz, in \"{}\"", part, kind, directory);
}

ImageDataset load(std::string_view op, const std::string& directory, Split split, std::vector<std::string> classes) {
  const std::string part = split == Split::train ? "train" : "t10k";
  const std::string images_path = find(op, directory, part + "-images", "idx3-ubyte");
  const std::string labels_path = find(op, directory, part + "-labels", "idx1-ubyte");
  const Tensor images = read_idx(images_path), labels = read_idx(labels_path);
  const Shape shape = images.shape();
  if (shape.size() != 3 || shape[1] != image_side || shape[2] != image_side) {
    fail<FileError>(op, "\"{}\" holds {}, expected images (N, {}, {})", images_path, shape, image_side, image_side);
  }
  if (labels.shape() != Shape{shape[0]}) {
    fail<FileError>(op, "\"{}\" holds labels {} for the {} images of \"{}\"", labels_path, labels.shape(), shape[0],
                    images_path);
  }
  for (std::int64_t i = 0; i < shape[0]; ++i) {
    const int label = xtape::detail::elements<std::uint8_t>(labels)[i];
    if (label >= static_cast<int>(classes.size())) {
      fail<FileError>(op, "\"{}\": label {} is {}, outside [0, {})", labels_path, i, label, classes.size());
    }
  }
  return ImageDataset(images, labels, std::move(classes));
}

}  // namespace

ImageDataset mnist(const std::string& directory, Split split) {
  return load("mnist", directory, split, {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"});
}

ImageDataset fashion_mnist(const std::string& directory, Split split) {
  return load(
      "fashion_mnist", directory, split,
      {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"});
}

}  // namespace xtape::data
