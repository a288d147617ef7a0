// CIFAR's binary files: records without a header, each of one label (CIFAR-10) or two (CIFAR-100: coarse, fine) and
// 3072 pixels, the red plane first. How many records a file can hold is known before memory is allocated.
#include "xtape/data/cifar.hpp"

#include <algorithm>
#include <memory>
#include <span>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "data/find_file.hpp"
#include "io/inflate.hpp"
#include "xtape/ops.hpp"

namespace xtape::data {

namespace {

constexpr std::int64_t cifar_side = 32, cifar_pixels = 3 * cifar_side * cifar_side;

constexpr const char* cifar10_names[] = {"airplane", "automobile", "bird",  "cat",  "deer",
                                         "dog",      "frog",       "horse", "ship", "truck"};
// clang-format off
constexpr const char* cifar100_names[] = {
    "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle", "bowl", "boy",
    "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle", "chair", "chimpanzee", "clock",
    "cloud", "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur", "dolphin", "elephant", "flatfish", "forest",
    "fox", "girl", "hamster", "house", "kangaroo", "keyboard", "lamp", "lawn_mower", "leopard", "lion", "lizard",
    "lobster", "man", "maple_tree", "motorcycle", "mountain", "mouse", "mushroom", "oak_tree", "orange", "orchid",
    "otter", "palm_tree", "pear", "pickup_truck", "pine_tree", "plain", "plate", "poppy", "porcupine", "possum",
    "rabbit", "raccoon", "ray", "road", "rocket", "rose", "sea", "seal", "shark", "shrew", "skunk", "skyscraper",
    "snail", "snake", "spider", "squirrel", "streetcar", "sunflower", "sweet_pepper", "table", "tank", "telephone",
    "television", "tiger", "tractor", "train", "trout", "tulip", "turtle", "wardrobe", "whale", "willow_tree", "wolf",
    "woman", "worm"};
constexpr const char* cifar100_coarse_names[] = {
    "aquatic_mammals", "fish", "flowers", "food_containers", "fruit_and_vegetables", "household_electrical_devices",
    "household_furniture", "insects", "large_carnivores", "large_man-made_outdoor_things",
    "large_natural_outdoor_scenes", "large_omnivores_and_herbivores", "medium_mammals", "non-insect_invertebrates",
    "people", "reptiles", "small_mammals", "trees", "vehicles_1", "vehicles_2"};
// clang-format on

/// What the files of a data set look like.
struct CifarFormat {
  const char* op;
  const char* folder;      // that the archive unpacks to
  std::int64_t labels;     // bytes before the pixels
  std::int64_t label;      // which of them counts
  std::int64_t most;       // images in a file
  const char* names_file;  // with the classes' names, one a line
  std::span<const char* const> names;

  std::int64_t record() const { return labels + cifar_pixels; }
};

/// The names in the file at `path`, or those that are built in.
std::vector<std::string> cifar_class_names(const CifarFormat& format, const std::string& path) {
  const std::size_t count = format.names.size();
  if (path.empty()) return {format.names.begin(), format.names.end()};
  constexpr std::int64_t most_bytes = 1 << 16;
  io::PlainOrGzipReader file(format.op, path);
  std::string text(most_bytes, '\0');
  text.resize(static_cast<std::size_t>(file.read_some(text.data(), most_bytes)));
  std::vector<std::string> names(1);
  for (const char c : text) {
    if (c != '\n' && c != '\r') {
      names.back() += c;
    } else if (!names.back().empty()) {
      names.emplace_back();
    }
  }
  if (names.back().empty()) names.pop_back();
  if (names.size() != count) {
    fail<FileError>(format.op, "\"{}\" has the names of {} classes, expected {}, one a line", path, names.size(),
                    count);
  }
  return names;
}

using CifarFiles = std::vector<std::unique_ptr<io::PlainOrGzipReader>>;

/// Opens the files, which lie in `directory` or in the folder of the archive.
CifarFiles open_cifar(const CifarFormat& format, std::string& directory, std::span<const char* const> names) {
  if (type_of(format.op, directory) != std::filesystem::file_type::directory) {
    fail<FileError>(format.op, "\"{}\" is not a directory; pass the one that holds {}", directory, names[0]);
  }
  const std::string inner = (std::filesystem::path(directory) / format.folder).string();
  if (find_file(format.op, directory, {names[0]}).empty() &&
      type_of(format.op, inner) == std::filesystem::file_type::directory) {
    directory = inner;
  }
  CifarFiles files;
  for (const char* name : names) {
    const std::string path = find_file(format.op, directory, {name});
    if (path.empty()) fail<FileError>(format.op, "no {}, plain or .gz, in \"{}\"", name, directory);
    files.push_back(std::make_unique<io::PlainOrGzipReader>(format.op, path));
  }
  return files;
}

/// Images and labels as they are filled, file by file.
struct CifarRecords {
  Tensor images, labels;
  std::int64_t count = 0;
};

void read_cifar(const CifarFormat& format, io::PlainOrGzipReader& file, CifarRecords& to) {
  const std::int64_t size = format.record(), classes = static_cast<std::int64_t>(format.names.size());
  for (std::int64_t i = 0;; ++i) {
    unsigned char record[2 + cifar_pixels];
    const std::int64_t got = file.read_some(record, size);
    if (got == 0) break;
    if (i == format.most) {
      fail<FileError>(format.op, "\"{}\" goes on behind {} images, at byte {}", file.path(), i, i * size);
    }
    if (got < size) {
      fail<FileError>(format.op, "\"{}\" is truncated: image {} ends at byte {}, the file at {}", file.path(), i,
                      (i + 1) * size, file.offset());
    }
    const int label = record[format.label];
    if (label >= classes) {
      fail<FileError>(format.op,
                      "\"{}\" is damaged, or another data set's: the label of image {} is {}, outside [0, {})",
                      file.path(), i, label, classes);
    }
    if (to.count == to.labels.impl()->numel) {
      fail<FileError>(format.op, "\"{}\" has grown while it was read", file.path());
    }
    std::copy_n(record + format.labels, cifar_pixels,
                xtape::detail::elements<std::uint8_t>(to.images) + to.count * cifar_pixels);
    xtape::detail::elements<std::int64_t>(to.labels)[to.count++] = label;
  }
  if (file.offset() == 0) fail<FileError>(format.op, "\"{}\" is empty", file.path());
}

ImageDataset load_cifar(const CifarFormat& format, std::string directory, std::span<const char* const> names) {
  const CifarFiles files = open_cifar(format, directory, names);
  std::vector<std::string> classes =
      cifar_class_names(format, find_file(format.op, directory, {std::string(format.names_file)}));
  std::int64_t most = 0;
  for (const auto& file : files) {
    most += std::min(format.most, file->most_left() / format.record());
  }
  CifarRecords records{xtape::detail::make_tensor({most, 3, cifar_side, cifar_side}, DType::uint8),
                       xtape::detail::make_tensor({most}, DType::int64)};
  for (const auto& file : files) read_cifar(format, *file, records);
  const auto used = [&records, most](const Tensor& t) {
    const Tensor part = narrow(t, 0, 0, records.count);
    return most - records.count > most / 16 ? part.clone() : part;  // a small rest is not worth a copy
  };
  return ImageDataset(used(records.images), used(records.labels), std::move(classes));
}

}  // namespace

ImageDataset cifar10(const std::string& directory, Split split) {
  constexpr const char* train[] = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                                   "data_batch_5.bin"};
  constexpr const char* test[] = {"test_batch.bin"};
  const CifarFormat format{"cifar10", "cifar-10-batches-bin", 1, 0, 10'000, "batches.meta.txt", cifar10_names};
  return load_cifar(format, directory, split == Split::train ? std::span<const char* const>(train) : test);
}

ImageDataset cifar100(const std::string& directory, Split split, const Cifar100Options& options) {
  constexpr const char *train[] = {"train.bin"}, *test[] = {"test.bin"};
  const bool coarse = options.coarse;
  const CifarFormat format{"cifar100",
                           "cifar-100-binary",
                           2,
                           coarse ? 0 : 1,
                           50'000,
                           coarse ? "coarse_label_names.txt" : "fine_label_names.txt",
                           coarse ? std::span<const char* const>(cifar100_coarse_names) : cifar100_names};
  return load_cifar(format, directory, split == Split::train ? train : test);
}

}  // namespace xtape::data
