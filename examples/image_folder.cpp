// A classifier of one's own PNG and JPEG files: image_folder [DIRECTORY]. DIRECTORY holds a folder for each class.
// Without one, the program draws rows, columns and checks of any two colors.
#include <fmt/core.h>
#include <png.h>

#include <filesystem>
#include <xtape/images.hpp>
#include <xtape/xtape.hpp>

using namespace xtape;

void draw(const std::filesystem::path& file, const std::string& pattern) {
  const auto chance = randint(0, 256, {7}, {.dtype = uint8}).to_vector<std::uint8_t>();
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = png.height = 40;
  png.format = PNG_FORMAT_RGB;
  std::vector<std::uint8_t> pixels;  // of two colors
  for (std::int64_t i = 0; i < png.height * png.width; ++i) {
    const bool row = (i / png.width + chance[6]) % 8 < 4, column = (i % png.width + chance[6]) % 8 < 4;
    const std::uint8_t* rgb = chance.data() + ((row && pattern != "columns") != (column && pattern != "rows") ? 3 : 0);
    pixels.insert(pixels.end(), rgb, rgb + 3);
  }
  if (!png_image_write_to_file(&png, file.c_str(), 0, pixels.data(), 0, nullptr)) throw FileError("draw", png.message);
}

void draw_classes(const std::filesystem::path& directory) {
  for (const char* pattern : {"checks", "columns", "rows"}) {
    std::filesystem::create_directories(directory / pattern);
    for (int i = 0; i < 60; ++i) draw(directory / pattern / (std::to_string(i) + ".png"), pattern);
  }
}

void train_on(const std::string& directory) {
  const data::ImageFolder folder(directory, {.height = 32, .width = 32, .channels = 3});
  fmt::print("{} images, of which {} are resized\n", folder.size(), folder.resized());
  auto [training, validation] = data::stratified_split(folder.in_memory(), {0.8, 0.2}, /*seed=*/0);
  nn::Sequential model{nn::Conv2d(3, 16, 3, {.padding = 1}),  nn::ReLU(), nn::MaxPool2d(2),
                       nn::Conv2d(16, 32, 3, {.padding = 1}), nn::ReLU(), nn::AdaptiveAvgPool2d(1),
                       nn::Flatten(),                         nn::Linear(32, folder.classes().size())};
  optim::Adam optimizer(model.parameters(), {.lr = 5e-3});
  train::Trainer trainer(model, nn::CrossEntropyLoss(), optimizer, {.epochs = 30, .batch_size = 16});
  trainer.fit(training, validation);
  fmt::print("validation: {}\n", trainer.evaluate(validation).to_string());
}

int main(int argc, char** argv) {
  try {
    manual_seed(0);
    if (argc > 1) return train_on(argv[1]), 0;
    std::string place = (std::filesystem::temp_directory_path() / "image-folder-XXXXXX").string();
    if (!mkdtemp(place.data())) throw FileError("image_folder", "\"" + place + "\" cannot be made");
    draw_classes(place);
    train_on(place);
    std::filesystem::remove_all(place);
  } catch (const std::exception& error) {
    fmt::print(stderr, "image_folder: {}\n", io::printable(error.what()));
    return 1;
  }
}
