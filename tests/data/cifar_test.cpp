#include "xtape/data/cifar.hpp"

#include "support/deflate.hpp"
#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/misuse.hpp"

namespace xtape::data {
namespace {

using testing::deflated;
using testing::expect_close;
using testing::expect_error;
using testing::expect_errors;
using testing::TempDir;
using testing::write_file;

/// n records with these labels' bytes; pixel p of image i is (i + p) mod 251.
std::string records(int n, const std::vector<int>& first, int step = 1) {
  std::string bytes;
  for (int i = 0; i < n; ++i) {
    for (const int label : first) bytes += static_cast<char>((label + i * step) % 10);
    for (int p = 0; p < 3072; ++p) bytes += static_cast<char>((i + p) % 251);
  }
  return bytes;
}

void write_cifar10(const std::string& directory) {
  for (int i = 1; i <= 5; ++i) {
    write_file(directory + "/data_batch_" + std::to_string(i) + ".bin", records(i, {i}));
  }
  write_file(directory + "/test_batch.bin", records(2, {7}));
}

TEST(Cifar10, ReadsItsFilesOneAfterAnother) {
  const TempDir dir;
  write_cifar10(dir.string());
  const ImageDataset train = cifar10(dir.string(), Split::train), test = cifar10(dir.string(), Split::test);
  EXPECT_EQ(train.images().shape(), (Shape{15, 3, 32, 32}));
  EXPECT_EQ(train.images().dtype(), uint8);
  expect_close(train.labels(), {1, 2, 3, 3, 4, 5, 4, 5, 6, 7, 5, 6, 7, 8, 9});
  expect_close(test.labels(), {7, 8});
  const Tensor last = train.images()[14];  // image 4 of batch 5
  EXPECT_EQ(last[0][0][0].item<int>(), 4);
  EXPECT_EQ(last[2][31][30].item<int>(), (4 + 3070) % 251);
  EXPECT_EQ(last[1][2][3].item<int>(), (4 + 1024 + 2 * 32 + 3) % 251);
}

TEST(Cifar10, FindsTheFolderOfTheArchiveAndCompressedFiles) {
  const TempDir dir;
  const std::string inner = dir / "cifar-10-batches-bin";
  std::filesystem::create_directory(inner);
  write_cifar10(inner);
  std::filesystem::remove(inner + "/test_batch.bin");
  write_file(inner + "/test_batch.bin.gz", deflated(records(3, {4})));
  EXPECT_EQ(cifar10(dir.string(), Split::train).size(), 15);
  EXPECT_EQ(cifar10(inner, Split::train).size(), 15);
  const ImageDataset test = cifar10(dir.string(), Split::test);
  expect_close(test.labels(), {4, 5, 6});
  EXPECT_EQ(test.images()[2][0][0][0].item<int>(), 2);
}

TEST(Cifar10, NamesItsClasses) {
  const TempDir dir;
  write_cifar10(dir.string());
  EXPECT_EQ(cifar10(dir.string(), Split::test).classes(),
            (std::vector<std::string>{"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship",
                                      "truck"}));
  write_file(dir / "batches.meta.txt", "a\r\nb\nc\nd\ne\nf\ng\nh\ni\nthe last\n\n");
  EXPECT_EQ(cifar10(dir.string(), Split::test).classes().at(9), "the last");
  EXPECT_EQ(cifar10(dir.string(), Split::test).classes().at(0), "a");
  write_file(dir / "batches.meta.txt", "a\nb\n");
  expect_error<FileError>(
      [&] { cifar10(dir.string(), Split::test); },
      "cifar10: \"" + (dir / "batches.meta.txt") + "\" has the names of 2 classes, expected 10, one a line");
}

TEST(Cifar10, SaysWhatIsMissing) {
  const TempDir dir;
  const std::string none =
      "FileError: cifar10: \"" + (dir / "none") + "\" is not a directory; pass the one that holds data_batch_1.bin";
  const std::string first = "FileError: cifar10: no data_batch_1.bin, plain or .gz, in \"" + dir.string() + "\"";
  expect_errors({{none.c_str(), [&] { cifar10(dir / "none", Split::train); }},
                 {first.c_str(), [&] { cifar10(dir.string(), Split::train); }}});
  write_cifar10(dir.string());
  std::filesystem::remove(dir / "data_batch_4.bin");
  expect_error<FileError>([&] { cifar10(dir.string(), Split::train); }, "no data_batch_4.bin, plain or .gz, in");
  EXPECT_EQ(cifar10(dir.string(), Split::test).size(), 2);
}

TEST(Cifar10, RefusesFilesThatAreCutOrDamaged) {  // SEMANTICS [72]
  const TempDir dir;
  const std::string path = dir / "test_batch.bin", whole = records(3, {1});
  const auto refuses = [&](const std::string& bytes, const std::string& what) {
    std::filesystem::remove(path);
    write_file(path, bytes);
    const std::string error = "FileError: cifar10: \"" + path + "\" " + what;
    expect_errors({{error.c_str(), [&] { cifar10(dir.string(), Split::test); }}});
  };
  refuses("", "is empty");
  refuses(whole.substr(0, 1), "is truncated: image 0 ends at byte 3073, the file at 1");
  refuses(whole.substr(0, 2 * 3073 + 7), "is truncated: image 2 ends at byte 9219, the file at 6153");
  refuses(whole.substr(0, whole.size() - 1), "is truncated: image 2 ends at byte 9219, the file at 9218");
  refuses(deflated(whole.substr(0, 4000)), "is truncated: image 1 ends at byte 6146, the file at 4000");
  refuses(whole + "x", "is truncated: image 3 ends at byte 12292, the file at 9220");
  std::string label = whole;
  label[3073] = 10;
  refuses(label, "is damaged, or another data set's: the label of image 1 is 10, outside [0, 10)");
  const std::string zipped = deflated(whole);
  expect_error<FileError>(
      [&] {
        write_file(path, zipped.substr(0, zipped.size() / 2));
        cifar10(dir.string(), Split::test);
      },
      "cifar10: \"" + path + "\" is truncated");
}

TEST(Cifar10, RefusesAFileOfMoreImagesThanItHas) {  // SEMANTICS [72]
  const TempDir dir;
  const std::string path = dir / "test_batch.bin";
  write_file(path, "");
  std::filesystem::resize_file(path, 10'000 * 3073);
  EXPECT_EQ(cifar10(dir.string(), Split::test).size(), 10'000);
  std::filesystem::resize_file(path, 10'000 * 3073 + 1);
  const std::string error = "FileError: cifar10: \"" + path + "\" goes on behind 10000 images, at byte 30730000";
  expect_errors({{error.c_str(), [&] { cifar10(dir.string(), Split::test); }}});
}

TEST(Cifar100, HasFineAndCoarseLabels) {  // SEMANTICS [72]
  const TempDir dir;
  const std::string inner = dir / "cifar-100-binary";
  std::filesystem::create_directory(inner);
  write_file(inner + "/train.bin", records(4, {3, 9}));
  write_file(inner + "/test.bin", records(1, {2, 5}));
  const ImageDataset fine = cifar100(dir.string(), Split::train);
  expect_close(fine.labels(), {9, 0, 1, 2});
  EXPECT_EQ(fine.classes().size(), 100u);
  EXPECT_EQ(fine.classes().at(99), "worm");
  EXPECT_EQ(fine.images()[3][0][0][0].item<int>(), 3);
  const ImageDataset coarse = cifar100(dir.string(), Split::train, {.coarse = true});
  expect_close(coarse.labels(), {3, 4, 5, 6});
  EXPECT_EQ(coarse.classes().size(), 20u);
  EXPECT_EQ(coarse.classes().at(0), "aquatic_mammals");
  expect_close(cifar100(inner, Split::test).labels(), {5});
}

TEST(Cifar100, RefusesLabelsWithoutAClass) {
  const TempDir dir;
  std::string bytes = records(2, {3, 9});
  bytes[3074] = 20;
  bytes[1] = 100;
  write_file(dir / "test.bin", bytes);
  expect_error<FileError>([&] { cifar100(dir.string(), Split::test); },
                          "the label of image 0 is 100, outside [0, 100)");
  expect_error<FileError>([&] { cifar100(dir.string(), Split::test, {.coarse = true}); },
                          "the label of image 1 is 20, outside [0, 20)");
}

}  // namespace
}  // namespace xtape::data
