#include "xtape/data/mnist.hpp"

#include "support/deflate.hpp"
#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/idx.hpp"
#include "support/misuse.hpp"
#include "xtape/data/idx.hpp"

namespace xtape::data {
namespace {

using testing::AsNobody;
using testing::deflated;
using testing::expect_error;
using testing::expect_errors;
using testing::idx;
using testing::idx_header;
using testing::TempDir;
using testing::write_file;

/// Writes n images and labels of a split.
void write_mnist(const TempDir& dir, const std::string& part, std::uint32_t n) {
  write_file(dir / (part + "-images-idx3-ubyte"), idx({n, 28, 28}));
  write_file(dir / (part + "-labels-idx1-ubyte"), idx({n}, 10));
}

TEST(Mnist, ReadsBothSplits) {
  const TempDir dir;
  write_mnist(dir, "train", 12);
  write_mnist(dir, "t10k", 3);
  const ImageDataset train = mnist(dir.string(), Split::train), test = mnist(dir.string(), Split::test);
  EXPECT_EQ(train.size(), 12);
  EXPECT_EQ(test.size(), 3);
  const std::vector<std::int64_t> indices = {11, 1};
  auto [x, y] = train.batch(indices);
  EXPECT_EQ(x.shape(), (Shape{2, 1, 28, 28}));
  EXPECT_EQ(x[1][0][0][0].item<float>(), static_cast<float>(784 % 251) / 255);
  testing::expect_close(y, {1, 1});
}

TEST(Mnist, FindsFilesUnderEverySpelling) {
  const TempDir dir;
  write_file(dir / "train-images.idx3-ubyte", idx({2, 28, 28}));
  write_file(dir / "train-labels-idx1-ubyte.gz", deflated(idx({2})));
  write_file(dir / "t10k-images.idx3-ubyte.gz", deflated(idx({1, 28, 28})));
  write_file(dir / "t10k-labels.idx1-ubyte", idx({1}));
  EXPECT_EQ(fashion_mnist(dir.string(), Split::train).size(), 2);
  EXPECT_EQ(fashion_mnist(dir.string(), Split::test).size(), 1);
}

TEST(Mnist, FindsTheFileBesideAFolderOfItsName) {
  const TempDir dir;
  std::filesystem::create_directory(dir / "train-images-idx3-ubyte");
  write_file(dir / "train-images-idx3-ubyte.gz", deflated(idx({2, 28, 28})));
  write_file(dir / "train-labels-idx1-ubyte", idx({2}, 10));
  EXPECT_EQ(mnist(dir.string(), Split::train).size(), 2);
  std::filesystem::remove(dir / "train-images-idx3-ubyte.gz");
  expect_error<FileError>([&] { mnist(dir.string(), Split::train); }, "read_idx: ", "train-images-idx3-ubyte\" is a ",
                          "directory, not a file");
}

TEST(Mnist, SaysWhatMayNotBeSeen) {
  const TempDir dir;
  write_mnist(dir, "train", 2);
  std::filesystem::create_directory_symlink("loop", dir / "loop");
  expect_error<FileError>([&] { mnist(dir / "loop", Split::train); }, "loop\": Too many levels of symbolic links");
  std::filesystem::permissions(dir.string(), std::filesystem::perms::none);
  {
    const AsNobody nobody;
    expect_error<FileError>([&] { mnist(dir.string(), Split::train); },
                            "mnist: ", "train-images-idx3-ubyte\": Permission denied");
    expect_error<FileError>([&] { mnist(dir / "inner", Split::train); }, "mnist: ", "inner\": Permission denied");
  }
  std::filesystem::permissions(dir.string(), std::filesystem::perms::owner_all);
}

TEST(Mnist, NamesItsClasses) {
  const TempDir dir;
  write_mnist(dir, "train", 1);
  EXPECT_EQ(mnist(dir.string(), Split::train).classes().at(7), "7");
  EXPECT_EQ(fashion_mnist(dir.string(), Split::train).classes().at(9), "Ankle boot");
}

TEST(Mnist, SaysWhatIsMissing) {
  const TempDir dir;
  expect_error<FileError>([&] { mnist(dir / "none", Split::train); }, "mnist: ", "none\" is not a directory");
  expect_error<FileError>([&] { fashion_mnist(dir.string(), Split::test); },
                          "fashion_mnist: no t10k-images-idx3-ubyte, plain or .gz, in", dir.string());
}

TEST(Mnist, RefusesFilesThatDoNotBelongTogether) {
  const TempDir dir;
  write_mnist(dir, "train", 5);
  write_file(dir / "train-labels-idx1-ubyte", idx({4}, 10));
  expect_error<FileError>([&] { mnist(dir.string(), Split::train); }, "labels (4) for the 5 images");
  write_file(dir / "train-labels-idx1-ubyte", idx_header({5}) + std::string{1, 2, 3, 10, 4});
  expect_error<FileError>([&] { mnist(dir.string(), Split::train); }, "label 3 is 10, outside [0, 10)");
  write_file(dir / "train-images-idx3-ubyte", idx({5, 28, 27}));
  expect_error<FileError>([&] { mnist(dir.string(), Split::train); },
                          "uint8 of shape (5, 28, 27), expected uint8 images (N, 28, 28)");
  write_file(dir / "train-images-idx3-ubyte", "junk");
  expect_error<FileError>([&] { mnist(dir.string(), Split::train); }, "read_idx", "train-images-idx3-ubyte");
}

// ---- Data sets like MNIST ----------------------------------------------------------------------------------------

/// Images, and labels `first`, ..., `first` + 25, in EMNIST's files.
void write_letters(const TempDir& dir, const std::string& part, char first) {
  std::string labels = idx_header({26});
  for (char i = 0; i < 26; ++i) labels += static_cast<char>(first + i);
  write_file(dir / ("emnist-letters-" + part + "-images-idx3-ubyte.gz"), deflated(idx({26, 28, 28})));
  write_file(dir / ("emnist-letters-" + part + "-labels-idx1-ubyte.gz"), deflated(labels));
}

std::vector<std::string> letters() {
  std::vector<std::string> names;
  for (char c = 'a'; c <= 'z'; ++c) names.emplace_back(1, c);
  return names;
}

TEST(Mnist, ReadsEmnistsLettersWithLabelsThatBeginAt1) {
  const TempDir dir;
  write_letters(dir, "train", 1);
  write_letters(dir, "test", 1);
  for (const Split split : {Split::train, Split::test}) {
    const ImageDataset d =
        mnist(dir.string(), split, {.classes = letters(), .first_label = 1, .prefix = "emnist-letters-"});
    EXPECT_EQ(d.classes(), letters());
    EXPECT_TRUE(equal(d.labels(), arange(26)));
    const ImageDataset upright(d.images().transpose(2, 3), d.labels(), d.classes());
    EXPECT_EQ(upright.images()[3][0][5][7].item<int>(), d.images()[3][0][7][5].item<int>());
  }
}

TEST(Mnist, RefusesLabelsWithoutAClass) {
  const TempDir dir;
  write_letters(dir, "train", 1);
  const std::string path = dir / "emnist-letters-train-labels-idx1-ubyte.gz";
  const auto outside = [&path](const std::string& label, const std::string& range) {
    return "FileError: mnist: \"" + path + "\": label " + label + ", outside " + range +
           "; set .classes, or .first_label = 1 where the labels begin at 1";
  };
  const std::string prefix = "emnist-letters-";
  expect_errors({
      {outside("9 is 10", "[0, 10)").c_str(), [&] { mnist(dir.string(), Split::train, {.prefix = prefix}); }},
      {outside("25 is 26", "[0, 26)").c_str(),
       [&] { mnist(dir.string(), Split::train, {.classes = letters(), .prefix = prefix}); }},
      {outside("0 is 1", "[2, 28)").c_str(),
       [&] { mnist(dir.string(), Split::train, {.classes = letters(), .first_label = 2, .prefix = prefix}); }},
      {"ValueError: mnist: first_label must have 32 bits, got 9223372036854775807",
       [&] { mnist(dir.string(), Split::train, {.first_label = INT64_MAX, .prefix = prefix}); }},
  });
}

TEST(Mnist, RefusesQmnistsColumnsWithAHint) {
  const TempDir dir;
  const std::string images = dir / "qmnist-test-images-idx3-ubyte", columns = dir / "qmnist-test-labels-idx2-int";
  Tensor labels = zeros({3, 8}, {.dtype = int32});
  for (std::int64_t i = 0; i < 3; ++i) labels[i][0] = i;
  write_file(images, idx({3, 28, 28}));
  write_idx(columns, labels);
  const std::string error =
      "FileError: mnist: \"" + columns +
      "\" holds QMNIST's labels, of eight columns; write the classes, column 0, as a file of labels: "
      "write_idx(\"...-labels-idx1-ubyte\", select(read_idx(\"...\"), 1, 0).to(uint8))";
  expect_errors({{error.c_str(), [&] { mnist(dir.string(), Split::test, {.prefix = "qmnist-"}); }}});
  write_idx(dir / "qmnist-test-labels-idx1-ubyte", select(read_idx(columns), 1, 0).to(uint8));
  EXPECT_TRUE(equal(mnist(dir.string(), Split::test, {.prefix = "qmnist-"}).labels(), arange(3)));
}

TEST(Mnist, TakesLabelsOfAnyIntegerTypeAndNoOthers) {
  const TempDir dir;
  write_file(dir / "train-images-idx3-ubyte", idx({2, 28, 28}));
  const std::string path = dir / "train-labels-idx1-ubyte";
  write_idx(path, tensor({-3, -2}, {.dtype = int32}));
  const ImageDataset d = fashion_mnist(dir.string(), Split::train, {.classes = {"no", "yes"}, .first_label = -3});
  EXPECT_TRUE(equal(d.labels(), arange(2)));
  EXPECT_EQ(d.classes(), (std::vector<std::string>{"no", "yes"}));
  write_idx(path, tensor({1.f, 2.f}));
  const std::string error = "FileError: mnist: \"" + path + "\" holds float32, expected labels of an integer type";
  expect_errors({{error.c_str(), [&] { mnist(dir.string(), Split::train); }}});
}

TEST(Mnist, PairsFilesOfOneName) {
  const TempDir dir;
  write_mnist(dir, "test", 2);
  EXPECT_EQ(mnist(dir.string(), Split::test).size(), 2);
  write_mnist(dir, "t10k", 3);
  EXPECT_EQ(mnist(dir.string(), Split::test).size(), 3);
  std::filesystem::remove(dir / "t10k-labels-idx1-ubyte");
  const std::string error = "FileError: mnist: no t10k-labels-idx1-ubyte, plain or .gz, in \"" + dir.string() + "\"";
  expect_errors({{error.c_str(), [&] { mnist(dir.string(), Split::test); }}});
}

}  // namespace
}  // namespace xtape::data
