#include "xtape/data/idx.hpp"

#include "support/deflate.hpp"
#include "support/expect.hpp"
#include "support/files.hpp"

namespace xtape::data {
namespace {

using testing::AsNobody;
using testing::deflated;
using testing::expect_error;
using testing::TempDir;
using testing::write_file;

std::string big_endian(std::uint32_t v) {
  std::string s;
  for (int shift : {24, 16, 8, 0}) s += static_cast<char>(v >> shift);
  return s;
}

std::string header(const std::vector<std::uint32_t>& shape, char type = 0x08) {
  std::string s{0, 0, type, static_cast<char>(shape.size())};
  for (std::uint32_t extent : shape) s += big_endian(extent);
  return s;
}

/// An IDX file whose element i is i mod `wrap`.
std::string idx(const std::vector<std::uint32_t>& shape, int wrap = 251) {
  std::string s = header(shape);
  std::size_t n = 1;
  for (std::uint32_t extent : shape) n *= extent;
  for (std::size_t i = 0; i < n; ++i) s += static_cast<char>(i % static_cast<std::size_t>(wrap));
  return s;
}

/// Expects read_idx of a file with these bytes to throw a FileError that names the file.
template <class... Parts>
void expect_refused(const std::string& bytes, const Parts&... parts) {
  const TempDir dir;
  write_file(dir / "a", bytes);
  expect_error<FileError>([&] { read_idx(dir / "a"); }, "read_idx: \"" + (dir / "a") + "\"", parts...);
}

TEST(ReadIdx, ReadsPlainAndGzipAlikeWhateverTheName) {
  const TempDir dir;
  const std::string bytes = idx({3, 40, 50});
  write_file(dir / "plain.gz", bytes);
  write_file(dir / "zipped", deflated(bytes));
  const Tensor a = read_idx(dir / "plain.gz"), b = read_idx(dir / "zipped");
  EXPECT_EQ(a.dtype(), uint8);
  EXPECT_EQ(a.shape(), (Shape{3, 40, 50}));
  EXPECT_EQ(a[2][39][49].item<int>(), 5999 % 251);
  EXPECT_TRUE(equal(a, b));
}

TEST(ReadIdx, ReadsFilesLargerThanItsBuffer) {
  const TempDir dir;
  std::string bytes = header({1 << 20});
  std::uint32_t u = 1;
  for (int i = 0; i < 1 << 20; ++i) bytes += static_cast<char>((u = u * 1664525 + 1013904223) >> 24);
  write_file(dir / "a", bytes);
  write_file(dir / "b", deflated(bytes));
  const Tensor a = read_idx(dir / "a");
  EXPECT_EQ(a[1 << 19].item<int>(), static_cast<unsigned char>(bytes[8 + (1 << 19)]));
  EXPECT_TRUE(equal(a, read_idx(dir / "b")));
}

TEST(ReadIdx, ReadsGzipFilesOfSeveralMembers) {
  const TempDir dir;
  const std::string bytes = idx({200, 300});
  write_file(dir / "plain", bytes);
  const Tensor expected = read_idx(dir / "plain");
  const std::size_t cuts[] = {1, 7, 12, 13, 40000, bytes.size()};  // in the header and in the elements
  for (std::size_t cut : cuts) {
    write_file(dir / "two", deflated(bytes.substr(0, cut)) + deflated(bytes.substr(cut)));
    EXPECT_TRUE(equal(read_idx(dir / "two"), expected)) << cut;
  }
}

TEST(ReadIdx, FindsMembersWhereverTheyMeetTheEndOfItsBuffer) {
  const TempDir dir;
  const std::string bytes = idx({2, 20}), nothing = deflated("");
  write_file(dir / "plain", bytes);
  const Tensor expected = read_idx(dir / "plain");
  for (std::size_t n = 0; n <= nothing.size(); ++n) {  // members of 20 bytes, moved by one byte each time
    std::string zipped;
    for (std::size_t i = 0; i < n; ++i) zipped += deflated(bytes.substr(i, 1));
    while (zipped.size() < (1 << 16)) zipped += nothing;
    write_file(dir / "zipped", zipped + deflated(bytes.substr(n)) + nothing);
    EXPECT_TRUE(equal(read_idx(dir / "zipped"), expected)) << n;
  }
}

TEST(ReadIdx, RefusesAMemberThatIsCutOrDamaged) {
  const std::string bytes = idx({2, 3}), first = deflated(bytes.substr(0, 15)), second = deflated(bytes.substr(15));
  for (std::size_t n = 0; n < second.size(); ++n) {
    expect_refused(first + second.substr(0, n), n == 1 ? "data after the end of its gzip stream" : "truncated");
  }
  std::string wrong = first;
  wrong[wrong.size() - 8] ^= 1;
  expect_refused(wrong + second, "is damaged: incorrect data check");
  expect_refused(first + "PK" + second, "data after the end of its gzip stream");
}

TEST(ReadIdx, ReadsEmptyArrays) {
  const TempDir dir;
  write_file(dir / "a", idx({0, 28, 28}));
  write_file(dir / "b", deflated(idx({0})));
  EXPECT_EQ(read_idx(dir / "a").shape(), (Shape{0, 28, 28}));
  EXPECT_EQ(read_idx(dir / "b").shape(), Shape{0});
}

TEST(ReadIdx, RefusesWhatIsNotAReadableFile) {
  const TempDir dir;
  expect_error<FileError>([&] { read_idx(dir / "missing"); }, "missing", "No such file");
  expect_error<FileError>([&] { read_idx(dir.string()); }, dir.string(), "a directory, not a file");
  expect_error<FileError>([] { read_idx("/dev/null"); }, "not a regular file");
  expect_error<FileError>([] { read_idx(""); }, "read_idx");
  write_file(dir / "secret", idx({1}));
  std::filesystem::permissions(dir / "secret", std::filesystem::perms::none);
  const AsNobody nobody;
  expect_error<FileError>([&] { read_idx(dir / "secret"); }, "secret", "Permission denied");
}

TEST(ReadIdx, RefusesOtherFormats) {
  expect_refused("PNG and more", "is not an IDX file: it begins with 50 4e 47 20");
  expect_refused(std::string{0, 0, 0x0a, 1, 0, 0, 0, 0}, "not an IDX file");
  expect_refused(std::string{1, 0, 8, 1, 0, 0, 0, 0}, "not an IDX file");
  expect_refused(header({1}, 0x0d) + std::string(4, '\0'), "elements of type 0x0d, only 0x08 (uint8)");
  expect_refused(header({}) + "x", "0 dims");
  expect_refused(header(std::vector<std::uint32_t>(9, 1)) + "x", "9 dims, expected 1 to 8");
}

TEST(ReadIdx, RefusesEveryTruncation) {
  const std::string bytes = idx({2, 3}), zipped = deflated(bytes);
  for (std::size_t n = 0; n < bytes.size(); ++n) expect_refused(bytes.substr(0, n), "truncated");
  for (std::size_t n = 2; n < zipped.size(); ++n) expect_refused(zipped.substr(0, n), "truncated");
  expect_refused(deflated(bytes.substr(0, bytes.size() - 1)), "truncated: the data ends at byte 18, the file at 17");
}

TEST(ReadIdx, RefusesTrailingBytes) {
  const std::string bytes = idx({2, 3});
  expect_refused(bytes + "x", "has data after the array, at byte 18");
  expect_refused(deflated(bytes + "x"), "has data after the array, at byte 18");
  expect_refused(deflated(bytes) + "x", "data after the end of its gzip stream");
  expect_refused(deflated(bytes) + std::string(100000, '\0') + "x", "data after the end of its gzip stream");
  expect_refused(deflated(bytes) + std::string(512, '\0') + deflated(bytes), "data after the end of its gzip stream");
  expect_refused(deflated(bytes) + deflated(bytes), "has data after the array, at byte 18");
  expect_refused(deflated(bytes) + "\x1f", "data after the end of its gzip stream");
}

TEST(ReadIdx, IgnoresZeroBytesBehindAGzipStream) {
  const TempDir dir;
  const std::string bytes = idx({2, 3});
  write_file(dir / "plain", bytes);
  for (const std::size_t zeros : {std::size_t{1}, std::size_t{512}, std::size_t{100000}}) {
    write_file(dir / "padded", deflated(bytes) + std::string(zeros, '\0'));
    EXPECT_TRUE(equal(read_idx(dir / "padded"), read_idx(dir / "plain"))) << zeros;
  }
}

TEST(ReadIdx, RefusesAHeaderThatSaysMoreThanTheFileHolds) {
  const std::vector<std::vector<std::uint32_t>> shapes = {
      {0xffffffff, 0xffffffff},                 // below 2^64
      {0xffffffff, 0xffffffff, 0xffffffff},     // beyond 2^64
      {0x80000000, 0x80000000, 4, 1},           // exactly 2^64, which overflows to 0
      {0, 0xffffffff, 0xffffffff, 0xffffffff},  // beyond 2^64 but for an extent of 0
      {60000, 28, 28},
      {1 << 20}};
  for (const auto& shape : shapes) {
    expect_refused(header(shape) + "few", "truncated or damaged: its header says");
    expect_refused(deflated(header(shape) + "few"), "truncated or damaged: its header says");
  }
  expect_refused(header({0, 0xffffffff, 0x10000000}), "there is no memory for the array of shape");  // 2^60 but for a 0
}

TEST(ReadIdx, SurvivesEveryFlippedBit) {
  const TempDir dir;
  const std::string zipped = deflated(idx({2, 3}));
  write_file(dir / "a", zipped);
  const Tensor original = read_idx(dir / "a");
  std::size_t refused = 0;
  testing::for_each_flipped_bit(zipped, [&](const std::string& bytes, std::size_t bit) {
    write_file(dir / "a", bytes);
    try {  // notes in gzip's header (time, system, ...) and padding bits do not matter
      EXPECT_TRUE(equal(read_idx(dir / "a"), original)) << "bit " << bit;
    } catch (const FileError&) {
      ++refused;
    }
  });
  EXPECT_GT(refused, 4 * zipped.size());
}

TEST(ReadIdx, RefusesAWrongChecksum) {
  std::string zipped = deflated(idx({2, 3}));
  zipped[zipped.size() - 8] ^= 1;
  expect_refused(zipped, "is damaged: incorrect data check");
}

// ---- MNIST and Fashion-MNIST

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
  write_file(dir / "train-labels-idx1-ubyte", header({5}) + std::string{1, 2, 3, 10, 4});
  expect_error<FileError>([&] { mnist(dir.string(), Split::train); }, "label 3 is 10, outside [0, 10)");
  write_file(dir / "train-images-idx3-ubyte", idx({5, 28, 27}));
  expect_error<FileError>([&] { mnist(dir.string(), Split::train); }, "(5, 28, 27), expected images");
  write_file(dir / "train-images-idx3-ubyte", "junk");
  expect_error<FileError>([&] { mnist(dir.string(), Split::train); }, "read_idx", "train-images-idx3-ubyte");
}

}  // namespace
}  // namespace xtape::data
