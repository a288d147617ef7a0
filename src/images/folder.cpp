// ImageFolder: finds the files once, reads their headers, and decodes what a batch asks for. Immutable after
// construction, so that any number of threads may ask.
#include <algorithm>
#include <atomic>
#include <exception>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "images/file.hpp"
#include "images/picture.hpp"
#include "xtape/creation.hpp"
#include "xtape/detail/newest_error.hpp"
#include "xtape/error.hpp"
#include "xtape/images.hpp"
#include "xtape/ops.hpp"
#include "xtape/parallel.hpp"

namespace xtape::data {

namespace {

namespace fs = std::filesystem;
using images::in_quotes;

constexpr const char* folder_op = "ImageFolder";

bool is_hidden(const std::string& name) { return name.starts_with('.'); }

bool has_image_extension(const std::string& name) {
  std::string lower = name;
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower.ends_with(".png") || lower.ends_with(".jpg") || lower.ends_with(".jpeg");
}

/// What a directory holds, hidden names left out.
struct Listing {
  std::vector<std::string> folders, files;  // names, sorted
};

Listing list(const std::string& directory) {
  const auto fail = [&directory](const std::error_code& error) {
    throw FileError(folder_op, in_quotes(directory) + ": " + error.message());
  };
  std::error_code error;
  Listing listing;
  fs::directory_iterator entry(directory, error);
  if (error) fail(error);
  for (const fs::directory_iterator end; entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    std::error_code ignored;  // a link that leads nowhere is a file: reading it says so
    if (!is_hidden(name)) (entry->is_directory(ignored) ? listing.folders : listing.files).push_back(name);
    if (error) fail(error);
  }
  if (error) fail(error);
  std::sort(listing.folders.begin(), listing.folders.end());
  std::sort(listing.files.begin(), listing.files.end());
  return listing;
}

std::string joined(const std::string& directory, const std::string& name) {
  return (fs::path(directory) / name).string();
}

/// The images of one class, in order of their paths, and how many files are none.
struct Found {
  std::vector<std::string> paths;
  std::int64_t left_out = 0;
  std::string example;  // the first of those
};

/// `above` are the folders on the way, by their true names: a link back to one of them would never end.
void find_images(const std::string& directory, std::vector<fs::path>& above, Found& found) {
  std::error_code error;
  const fs::path place = fs::canonical(directory, error);
  if (error) throw FileError(folder_op, in_quotes(directory) + ": " + error.message());
  if (std::find(above.begin(), above.end(), place) != above.end()) {
    throw FileError(folder_op, in_quotes(directory) + " is a link that leads back to " + in_quotes(place.string()));
  }
  const Listing listing = list(directory);
  for (const std::string& name : listing.files) {
    if (has_image_extension(name)) {
      found.paths.push_back(joined(directory, name));
    } else if (found.left_out++ == 0) {
      found.example = name;
    }
  }
  above.push_back(place);
  for (const std::string& name : listing.folders) find_images(joined(directory, name), above, found);
  above.pop_back();
}

void check_folder_options(const ImageFolderOptions& o) {
  images::check_sides(folder_op, o.height, o.width, "; {.height = 32, .width = 32} resizes all images to that");
  if (o.channels != 1 && o.channels != 3) {
    throw ValueError(folder_op,
                     "channels is " + std::to_string(o.channels) + ", it must be 1 (grey) or 3 (red, green, blue)");
  }
  images::check_most_pixels(folder_op, o.most_pixels);
  for (std::size_t i = 0; i < o.classes.size(); ++i) {
    if (std::find(o.classes.begin(), o.classes.begin() + static_cast<std::ptrdiff_t>(i), o.classes[i]) !=
        o.classes.begin() + static_cast<std::ptrdiff_t>(i)) {
      throw ValueError(folder_op, "the class \"" + o.classes[i] + "\" stands twice in .classes");
    }
  }
}

}  // namespace

struct ImageFolder::State {
  ImageFolderOptions options;
  std::vector<std::string> paths;
  Tensor labels;
  std::int64_t resized = 0, left_out = 0;

  std::int64_t size() const { return static_cast<std::int64_t>(paths.size()); }
  std::int64_t image() const { return options.channels * options.height * options.width; }
  images::Request request(const std::string& path) const { return {folder_op, in_quotes(path), options.most_pixels}; }

  void find(const std::string& directory);
  void check_headers();
  void read(const std::string& path, std::uint8_t* to) const;
  ImageDataset dataset(std::span<const std::int64_t> indices, int threads) const;
};

void ImageFolder::State::find(const std::string& directory) {
  const std::vector<std::string> folders = list(directory).folders;
  if (folders.empty()) {
    throw FileError(folder_op,
                    "no folders in " + in_quotes(directory) + "; it must hold a folder of images for each class");
  }
  if (options.classes.empty()) options.classes = folders;
  for (const std::string& folder : folders) {
    const auto at = std::find(options.classes.begin(), options.classes.end(), folder);
    if (at == options.classes.end()) {
      throw FileError(folder_op, in_quotes(joined(directory, folder)) + " is the folder of no class in .classes");
    }
  }
  std::vector<std::int64_t> all_labels;
  for (std::size_t label = 0; label < options.classes.size(); ++label) {
    const std::string& name = options.classes[label];
    if (!std::binary_search(folders.begin(), folders.end(), name)) continue;
    Found found;
    std::vector<fs::path> above;
    find_images(joined(directory, name), above, found);
    if (found.paths.empty()) {
      throw FileError(folder_op, "no images (.png, .jpg, .jpeg) in " + in_quotes(joined(directory, name)) +
                                     (found.left_out ? ", only files such as " + in_quotes(found.example) : ""));
    }
    left_out += found.left_out;
    all_labels.insert(all_labels.end(), found.paths.size(), static_cast<std::int64_t>(label));
    paths.insert(paths.end(), found.paths.begin(), found.paths.end());
  }
  labels = tensor(all_labels, {size()});
}

/// Finds files that are no images before an epoch does, and how many are of another size.
void ImageFolder::State::check_headers() {
  constexpr std::int64_t beginning = 1 << 12;  // longer where EXIF holds a small picture
  for (const std::string& path : paths) {
    images::Header header;
    for (const std::int64_t most : {beginning, 16 * beginning, images::most_file_bytes}) {
      const images::FileBytes file = images::read_file(folder_op, path, most);
      header = images::read_header(request(path), file.bytes, file.is_whole);
      if (header.height != 0) break;
    }
    resized += header.height != options.height || header.width != options.width;
  }
}

void ImageFolder::State::read(const std::string& path, std::uint8_t* to) const {
  const images::Pixels pixels = images::decode(request(path), images::read_file(folder_op, path).bytes);
  if (pixels.height == options.height && pixels.width == options.width) {
    return images::to_planes(pixels, options.channels, to);
  }
  std::vector<std::uint8_t> planes(static_cast<std::size_t>(options.channels * pixels.height * pixels.width));
  images::to_planes(pixels, options.channels, planes.data());
  images::resize_planes(planes.data(), options.channels, {pixels.height, pixels.width}, {options.height, options.width},
                        to);
}

/// The images at `indices`. Of several errors, the one of the first image is thrown.
ImageDataset ImageFolder::State::dataset(std::span<const std::int64_t> indices, int threads) const {
  const auto count = static_cast<std::int64_t>(indices.size());
  Tensor x = empty({count, options.channels, options.height, options.width}, {.dtype = uint8});
  std::vector<std::int64_t> y;
  for (const std::int64_t i : indices) {
    if (i < 0 || i >= size()) {
      throw IndexError(folder_op, "sample " + std::to_string(i) + " is outside [0, " + std::to_string(size()) + ")");
    }
    y.push_back(labels.data<std::int64_t>()[i]);
  }
  std::uint8_t* const to = x.data<std::uint8_t>();
  std::atomic<std::int64_t> next = 0, failed = count;
  std::mutex mutex;
  std::exception_ptr error;
  const auto work = [this, indices, to, &next, &failed, &mutex, &error] {
    for (std::int64_t i = next++; i < failed; i = next++) {
      try {
        read(paths[static_cast<std::size_t>(indices[static_cast<std::size_t>(i)])], to + i * image());
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (i < failed) {
          failed = i;
          error = std::current_exception();
        }
      }
    }
  };
  std::vector<std::jthread> others;
  for (std::int64_t t = 1; t < std::min<std::int64_t>(threads, count); ++t) {
    try {
      others.emplace_back(work);
    } catch (const std::system_error&) {
      break;  // the system grants fewer
    }
  }
  work();
  others.clear();  // joins
  if (error) xtape::detail::rethrow_from_thread(std::move(error));
  return ImageDataset(x, tensor(y, {count}), options.classes);
}

ImageFolder::ImageFolder(const std::string& directory, const ImageFolderOptions& options) {
  check_folder_options(options);
  auto state = std::make_shared<State>();
  state->options = options;
  state->find(directory);
  state->check_headers();
  state_ = std::move(state);
}

std::int64_t ImageFolder::size() const { return state_->size(); }

Batch ImageFolder::batch(std::span<const std::int64_t> indices) const {
  std::vector<std::int64_t> all;
  for (std::size_t i = 0; i < indices.size(); ++i) all.push_back(static_cast<std::int64_t>(i));
  return state_->dataset(indices, 1).batch(all);
}

Tensor ImageFolder::targets() const { return state_->labels; }

std::vector<std::string> ImageFolder::classes() const { return state_->options.classes; }

std::vector<std::string> ImageFolder::paths() const { return state_->paths; }

std::int64_t ImageFolder::resized() const { return state_->resized; }

std::int64_t ImageFolder::left_out() const { return state_->left_out; }

ImageDataset ImageFolder::in_memory() const {
  std::vector<std::int64_t> all;
  for (std::int64_t i = 0; i < size(); ++i) all.push_back(i);
  return state_->dataset(all, num_threads());
}

}  // namespace xtape::data
