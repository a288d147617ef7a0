// The work that is measured, as functions that every side defines: xtape (xtape_side.cpp), the floor (floor_side.cpp),
// a program by hand (by_hand_side.cpp) and libtorch (peer/torch_side.cpp). Each side is one program; rows.cpp gives
// their rows the same names. A side returns an empty Work for a row that it does not have.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

namespace bench {

/// One iteration of a row. Its data was made before.
using Work = std::function<void()>;

enum class Optimizer { adam, sgd };  // lr 1e-3; lr 1e-2 and momentum 0.9

/// Linear layers with ReLU and dropout between them.
struct Net {
  std::string name;
  std::vector<std::int64_t> widths;
  double dropout = 0;
};
inline const Net mlp{"mlp", {784, 256, 10}, 0.5};  // the default model of xtape-mnist
inline const Net deep{"mlp-512-256", {784, 512, 256, 10}, 0.5};
inline const Net linear{"linear", {784, 10}};
inline const Net toy{"toy", {2, 32, 32, 3}};

/// On one batch, the same each time: zero_grad, forward, cross-entropy, backward, step.
Work training_step(const Net& net, Optimizer optimizer, std::int64_t batch);

/// A net of images: 3 x 3 convolutions with ReLU, in blocks that end in max pooling by 2; `hidden` adds a layer of so
/// many features, with dropout, before the classes.
struct ConvNet {
  std::string name;
  std::int64_t channels, size;
  std::vector<std::vector<std::int64_t>> blocks;  // channels of each convolution
  bool batch_norm;
  std::int64_t hidden;
};
inline const ConvNet cnn{"cnn", 1, 28, {{32}, {64}}, false, 128};
inline const ConvNet vgg{"vgg", 3, 32, {{32, 32}, {64, 64}, {128}}, true, 0};

/// The same step with Adam, and the logits in evaluation mode without a tape.
Work training_step(const ConvNet& net, std::int64_t batch);
Work evaluation(const ConvNet& net, std::int64_t batch);

/// A layer's forward and backward in training mode on (n, c, size, size).
enum class ImageLayer { max_pool2d, batch_norm2d, relu, dropout };
Work image_layer(ImageLayer layer, std::int64_t n, std::int64_t c, std::int64_t size);

/// a + b of 4 floats, where a requires grad.
Work recorded_add();
/// y = y * c, `length` times, from 4 floats x that require grad; then backward to x.
Work chain(int length);
/// In training mode and recorded: mask, value, and what backward needs.
Work dropout(std::int64_t n);
/// The mean over n rows of c logits, and the gradient.
Work cross_entropy(std::int64_t n, std::int64_t c);
/// These record nothing.
Work log_softmax(std::int64_t n, std::int64_t c);
Work relu(std::int64_t n);
Work add(std::int64_t n);
Work sum(std::int64_t n);

/// One epoch of `mlp` on Fashion-MNIST with Adam: 60,000 images, shuffled, in batches of 64; sums up the loss.
Work epoch(const std::string& directory);
/// Loss and accuracy on the same 60,000 images, 1000 at a time, in evaluation mode and without a tape.
Work evaluation(const std::string& directory);
/// Reads the four compressed files into tensors.
Work read_images(const std::string& directory);

/// One epoch of a classifier of texts with Adam, in shuffled batches of 64: the mean of 16-dimensional vectors of the
/// words, and a linear layer to 14 classes. xtape has the words of texts() padded to 64, libtorch has them packed, with
/// offsets, which it is faster with.
Work text_epoch();

/// An environment variable, or `otherwise` if it is not set.
inline std::string environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value ? value : otherwise;
}
/// The folder of Fashion-MNIST.
inline std::string data_folder() { return environment("XTAPE_BENCH_DATA", "/usr/share/datasets/fashion-mnist"); }

/// Makes the compiler compute `value` and store it in memory, even if nothing reads it.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

/// Sets the number of threads for later calls. A side without threads ignores it.
void set_threads(int n);

/// n numbers in [0, 1), the same on every side.
inline std::vector<float> numbers(std::int64_t n) {
  std::vector<float> values(static_cast<std::size_t>(n));
  std::uint64_t state = 1;
  for (float& value : values) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    value = static_cast<float>(state >> 40) * 0x1p-24f;
  }
  return values;
}

/// n classes.
inline std::vector<std::int64_t> classes(std::int64_t n, std::int64_t c) {
  std::vector<std::int64_t> values(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < n; ++i) values[static_cast<std::size_t>(i)] = i * 7 % c;
  return values;
}

inline constexpr std::int64_t text_words = 14'000, text_classes = 14;
/// 36,000 texts of 1 to 15 words in [1, text_words), small ones more often, as package descriptions are.
inline std::vector<std::vector<std::int64_t>> texts() {
  constexpr std::int64_t count = 36'000, longest = 15;
  const std::vector<float> u = numbers(count * longest);
  std::vector<std::vector<std::int64_t>> all(count);
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].resize(1 + i % longest);
    for (std::size_t j = 0; j < all[i].size(); ++j) {
      const float v = u[i * longest + j];
      all[i][j] = 1 + static_cast<std::int64_t>(v * v * v * static_cast<float>(text_words - 1));
    }
  }
  return all;
}

}  // namespace bench
