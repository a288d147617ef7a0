// A convolutional net on CIFAR-10: cifar10 [DIRECTORY [EPOCHS]]. DIRECTORY holds the files of the binary version, or
// the folder cifar-10-batches-bin with them. Without one, the program writes a small data set of the same format:
// stripes whose color and direction are those of the class, at any place, under noise.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>
#include <xtape/xtape.hpp>

using namespace xtape;

namespace {

constexpr std::int64_t side = 32;

/// One record: a byte for the class, then the red, green and blue plane.
std::string record(std::int64_t label, Generator& generator) {
  const double period = 6, phase = 20 * rand({1}, {.generator = &generator}).item();
  const Tensor noise = 40 * randn({3, side, side}, {.generator = &generator});
  const auto grain = noise.to_vector<float>();
  const bool across = label % 2 == 0;
  const std::array<double, 3> color = {label / 2 % 2 ? 220. : 60., label / 4 % 2 ? 220. : 60., label / 8 ? 220. : 60.};
  std::string bytes(1, static_cast<char>(label));
  for (std::size_t i = 0; i < grain.size(); ++i) {
    const auto row = static_cast<double>(i / side % side), column = static_cast<double>(i % side);
    const double wave = std::sin(2 * 3.14159265 * ((across ? row : column) + phase) / period);
    const double value = color[i / (side * side)] * (0.6 + 0.4 * wave) + static_cast<double>(grain[i]);
    bytes += static_cast<char>(static_cast<unsigned char>(std::clamp(value, 0., 255.)));
  }
  return bytes;
}

/// Makes a new directory, which no other program knows.
std::filesystem::path new_directory() {
  std::string path = (std::filesystem::temp_directory_path() / "cifar-10-XXXXXX").string();
  if (!mkdtemp(path.data())) throw std::system_error(errno, std::generic_category(), path);
  return path;
}

/// A directory with files of the format, removed with this object.
class GeneratedFiles {
 public:
  explicit GeneratedFiles(std::int64_t images_in_a_file) : path_(new_directory()) {
    Generator generator(0);
    for (const char* name :
         {"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"}) {
      std::ofstream file(path_ / (std::string(name) + ".bin"), std::ios::binary);
      for (std::int64_t i = 0; i < images_in_a_file; ++i) file << record(i % 10, generator);
    }
  }
  ~GeneratedFiles() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  GeneratedFiles(const GeneratedFiles&) = delete;
  GeneratedFiles& operator=(const GeneratedFiles&) = delete;

  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

std::int64_t epochs_in(std::string_view text) {
  std::int64_t epochs = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), epochs);
  if (error == std::errc() && end == text.data() + text.size() && epochs >= 1) return epochs;
  throw std::invalid_argument(fmt::format("EPOCHS is \"{}\", it must be a whole number above 0", text));
}

void train_on(const std::string& directory, std::int64_t epochs) {
  // Means and standard deviations of the training images of CIFAR-10.
  const data::Transform normalize = data::Normalize({0.491, 0.482, 0.447}, {0.247, 0.243, 0.262});
  const data::ImageDataset all = data::cifar10(directory, data::Split::train);
  const data::ImageDataset test = data::cifar10(directory, data::Split::test);
  auto [training, validation] =
      data::stratified_split(data::TransformedDataset(all, normalize), std::array{0.9, 0.1}, /*seed=*/0);

  nn::Sequential model{nn::Conv2d(3, 32, 3, {.padding = 1}),  nn::BatchNorm2d(32), nn::ReLU(), nn::MaxPool2d(2),
                       nn::Conv2d(32, 64, 3, {.padding = 1}), nn::BatchNorm2d(64), nn::ReLU(), nn::MaxPool2d(2),
                       nn::Flatten(),                         nn::Dropout(0.5),    nn::Linear(4096, 10)};
  nn::CrossEntropyLoss criterion;
  optim::Adam optimizer(model.parameters(), {.lr = 1e-3});

  train::Trainer trainer(model, criterion, optimizer, {.epochs = epochs, .batch_size = 64});
  trainer.transform(data::Compose{data::RandomHorizontalFlip(), data::RandomShift(2)});
  trainer.sink(train::ProgressBar(stdout));
  fmt::print("{} training, {} validation, {} test images\n\n", training.size(), validation.size(), test.size());
  trainer.fit(training, validation);
  fmt::print("\ntest: {}\n", trainer.evaluate(data::TransformedDataset(test, normalize)).to_string());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    manual_seed(0);
    if (argc > 1) {
      train_on(argv[1], argc > 2 ? epochs_in(argv[2]) : 10);
    } else {
      train_on(GeneratedFiles(100).path(), 4);
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "cifar10: {}\n", io::printable(error.what()));
    return 1;
  }
}
