// Folders of images: which files count, in which order, and what a user is told.
#include "images/pictures.hpp"
#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/misuse.hpp"
#include "xtape/images.hpp"

namespace xtape::data {
namespace {

using testing::expect_close;
using testing::expect_error;
using testing::expect_errors;
using testing::jpeg;
using testing::png;
using testing::smooth;
using testing::TempDir;
using testing::write_file;
using namespace std::string_literals;

/// Writes the file and the folders that it lies in.
void put(const TempDir& dir, const std::string& name, const std::string& bytes) {
  std::filesystem::create_directories(std::filesystem::path(dir / name).parent_path());
  write_file(dir / name, bytes);
}

std::string grey(char value) { return png(2, 2, std::string(4, value)); }

/// The values at the left top of each sample's first plane, as bytes.
std::vector<double> corners(const ImageFolder& folder) {
  std::vector<std::int64_t> all;
  for (std::int64_t i = 0; i < folder.size(); ++i) all.push_back(i);
  const Tensor x = folder.batch(all).x;
  std::vector<double> values;
  for (std::int64_t i = 0; i < folder.size(); ++i) values.push_back(std::round(255 * x[i][0][0][0].item<float>()));
  return values;
}

const ImageFolderOptions two_by_two{.height = 2, .width = 2, .channels = 1};

TEST(ImageFolder, HasAClassForEachFolderInOrderOfTheirNames) {
  const TempDir dir;
  put(dir, "dog/1.png", grey(3));
  put(dir, "cat/b.png", grey(2));
  put(dir, "cat/a.png", grey(1));
  put(dir, "Zebra/z.png", grey(9));
  const ImageFolder folder(dir.string(), two_by_two);
  EXPECT_EQ(folder.size(), 4);
  EXPECT_EQ(folder.classes(), (std::vector<std::string>{"Zebra", "cat", "dog"}));
  EXPECT_EQ(folder.paths(),
            (std::vector<std::string>{dir / "Zebra/z.png", dir / "cat/a.png", dir / "cat/b.png", dir / "dog/1.png"}));
  expect_close(folder.targets(), {0, 1, 1, 2});
  EXPECT_EQ(folder.targets().dtype(), int64);
  EXPECT_EQ(corners(folder), (std::vector<double>{9, 1, 2, 3}));
}

TEST(ImageFolder, GivesBatchesAsImageDatasetDoes) {
  const TempDir dir;
  put(dir, "a/1.png", png(2, 2, "\x00\x40\x80\xff"s));
  put(dir, "b/1.jpg", jpeg(2, 2, {}, smooth(2, 2, 3)));
  const ImageFolder folder(dir.string(), {.height = 2, .width = 2});
  const std::vector<std::int64_t> indices = {1, 0, 1};
  const auto [x, y] = folder.batch(indices);
  EXPECT_EQ(x.dtype(), float32);
  EXPECT_EQ(x.shape(), (Shape{3, 3, 2, 2}));
  expect_close(y, {1, 0, 1});
  EXPECT_TRUE(equal(x[1][2], tensor({{0.f, 64 / 255.f}, {128 / 255.f, 1.f}})));
  const ImageDataset memory = folder.in_memory();
  EXPECT_TRUE(equal(memory.batch(indices).x, x));
  EXPECT_TRUE(equal(memory.labels(), folder.targets()));
  EXPECT_EQ(memory.classes(), folder.classes());
  EXPECT_EQ(memory.images().dtype(), uint8);
  EXPECT_EQ(folder.batch({}).x.shape(), (Shape{0, 3, 2, 2}));
  expect_error<IndexError>([&] { folder.batch(std::vector<std::int64_t>{2}); },
                           "ImageFolder: sample 2 is outside [0, 2)");
}

TEST(ImageFolder, ReadsPngAndJpegAtAnyDepthAndNothingElse) {
  const TempDir dir;
  for (const char* name : {"c/a.png", "c/B.PNG", "c/c.jpeg", "c/d.JPG", "c/deep/er/e.JpEg"}) {
    put(dir, name, jpeg(2, 2, {}, smooth(2, 2, 3)));
  }
  for (const char* name : {"c/readme.txt", "c/f.webp", "c/png", "c/.hidden.png", "c/.thumbs/g.png", "top.png",
                           ".ipynb_checkpoints/h.png"}) {
    put(dir, name, "not a picture");
  }
  const ImageFolder folder(dir.string(), two_by_two);
  EXPECT_EQ(folder.classes(), std::vector<std::string>{"c"});
  EXPECT_EQ(folder.paths(), (std::vector<std::string>{dir / "c/B.PNG", dir / "c/a.png", dir / "c/c.jpeg",
                                                      dir / "c/d.JPG", dir / "c/deep/er/e.JpEg"}));
  EXPECT_EQ(folder.left_out(), 3);
}

TEST(ImageFolder, ResizesAndCountsWhatHasAnotherSize) {
  const TempDir dir;
  put(dir, "c/1.png", grey(7));
  put(dir, "c/2.png", png(2, 4, "\x00\x02\x04\x06\x08\x0a\x0c\x0e"s));
  put(dir, "c/3.jpg",
      jpeg(4, 2, {.colors = testing::JpegColors::grey, .comment = std::string(100'000, '.')}, std::string(8, '\x50')));
  const ImageFolder folder(dir.string(), two_by_two);
  EXPECT_EQ(folder.resized(), 2);
  const std::vector<std::int64_t> second = {1};
  expect_close(folder.batch(second).x * 255, {1, 5, 9, 13}, 1e-6);
  EXPECT_EQ(corners(folder), (std::vector<double>{7, 1, 0x50}));
  EXPECT_EQ(ImageFolder(dir.string(), {.height = 4, .width = 2}).resized(), 2);
}

TEST(ImageFolder, TakesItsClassesFromAnotherFolder) {
  const TempDir dir;
  put(dir, "train/a/1.png", grey(1));
  put(dir, "train/b/1.png", grey(1));
  put(dir, "train/c/1.png", grey(1));
  put(dir, "test/c/1.png", grey(1));
  const ImageFolder train(dir / "train", two_by_two);
  const auto in_test = [&](const std::vector<std::string>& classes) {
    return ImageFolder(dir / "test", {.height = 2, .width = 2, .channels = 1, .classes = classes});
  };
  const ImageFolder test = in_test(train.classes());
  EXPECT_EQ(test.classes(), train.classes());
  expect_close(test.targets(), {2});
  expect_error<FileError>(
      [&] {
        in_test({"a", "b"});
      },
      "ImageFolder: \"" + (dir / "test/c") + "\" is the folder of no class in .classes");
  expect_error<ValueError>([&] { in_test({"c", "b", "c"}); }, "the class \"c\" stands twice in .classes");
}

TEST(ImageFolder, SaysWhatIsMissing) {
  const TempDir dir;
  std::filesystem::create_directories(dir / "empty");
  put(dir, "bare/1.png", grey(1));
  put(dir, "half/a/1.png", grey(1));
  std::filesystem::create_directories(dir / "half/b");
  put(dir, "other/a/1.webp", "x");
  const auto open = [&](const std::string& name) { return ImageFolder(dir / name, two_by_two); };
  const std::string begin = "FileError: ImageFolder: ", place = "\"" + dir.string() + "/";
  const std::string none = begin + place + "none\": No such file or directory";
  const std::string file = begin + place + "bare/1.png\": Not a directory";
  const std::string empty =
      begin + "no folders in " + place + "empty\"; it must hold a folder of images for each class";
  const std::string bare = begin + "no folders in " + place + "bare\"; it must hold a folder of images for each class";
  const std::string half = begin + "no images (.png, .jpg, .jpeg) in " + place + "half/b\"";
  const std::string other =
      begin + "no images (.png, .jpg, .jpeg) in " + place + "other/a\", only files such as \"1.webp\"";
  expect_errors({
      {none.c_str(), [&] { open("none"); }},
      {file.c_str(), [&] { open("bare/1.png"); }},
      {empty.c_str(), [&] { open("empty"); }},
      {bare.c_str(), [&] { open("bare"); }},
      {half.c_str(), [&] { open("half"); }},
      {other.c_str(), [&] { open("other"); }},
  });
}

TEST(ImageFolder, RefusesOptionsThatMakeNoSense) {
  expect_errors({
      {"ValueError: ImageFolder: height and width must be from 1 to 65535, got 0 x 0; {.height = 32, .width = 32} "
       "resizes all images to that",
       [] { ImageFolder(".", {}); }},
      {"ValueError: ImageFolder: height and width must be from 1 to 65535, got 32 x 65536; {.height = 32, .width = 32} "
       "resizes all images to that",
       [] { ImageFolder(".", {.height = 32, .width = 65536}); }},
      {"ValueError: ImageFolder: channels is 4, it must be 1 (grey) or 3 (red, green, blue)",
       [] { ImageFolder(".", {.height = 2, .width = 2, .channels = 4}); }},
      {"ValueError: ImageFolder: most_pixels is 0, it must be above 0",
       [] { ImageFolder(".", {.height = 2, .width = 2, .most_pixels = 0}); }},
  });
}

TEST(ImageFolder, FindsFilesThatAreNoPicturesAtOnce) {
  const TempDir dir;
  put(dir, "c/1.png", grey(1));
  put(dir, "c/2.png", "<html>");
  const auto open = [&] { ImageFolder(dir.string(), two_by_two); };
  expect_error<FileError>(open, "ImageFolder: \"" + (dir / "c/2.png") + "\" is neither a PNG nor a JPEG file");
  put(dir, "c/2.png", "");
  expect_error<FileError>(open, "c/2.png\" is empty");
  put(dir, "c/2.png", testing::png_header(70'000, 70'000));
  expect_error<FileError>(open, "c/2.png\" has 70000 x 70000 pixels, more than most_pixels = 67108864");
  std::filesystem::remove(dir / "c/2.png");
  std::filesystem::create_symlink("nowhere", dir / "c/2.png");
  expect_error<FileError>(open, "c/2.png\": No such file or directory");
}

TEST(ImageFolder, NamesADamagedFileWhenItIsRead) {
  const TempDir dir;
  const std::string whole = png(2, 2, "abcd");
  for (const char* name : {"c/1.png", "c/3.png", "c/5.png"}) put(dir, name, whole);
  put(dir, "c/2.png", whole.substr(0, 40));
  put(dir, "c/4.png", whole.substr(0, 41));
  const ImageFolder folder(dir.string(), two_by_two);
  EXPECT_EQ(folder.size(), 5);
  const std::string error = "ImageFolder: \"" + (dir / "c/2.png") + "\" is truncated: it ends at byte 40";
  expect_error<FileError>([&] { corners(folder); }, error);
  const int before = num_threads();
  for (const int threads : {1, 3}) {
    set_num_threads(threads);
    expect_error<FileError>([&] { folder.in_memory(); }, error);
  }
  set_num_threads(before);
}

TEST(ImageFolder, RefusesALinkThatLeadsBack) {
  const TempDir dir;
  put(dir, "a/1.png", grey(1));
  put(dir, "shared/2.png", grey(2));
  std::filesystem::create_directory_symlink(dir / "shared", dir / "a/linked");
  EXPECT_EQ(ImageFolder(dir.string(), two_by_two).size(), 3);
  std::filesystem::create_directory_symlink("..", dir / "shared/back");
  expect_error<FileError>([&] { ImageFolder(dir.string(), two_by_two); }, "is a link that leads back to");
}

TEST(ImageFolder, GivesTheSameBatchesToWorkers) {
  const TempDir dir;
  for (int i = 0; i < 20; ++i)
    put(dir, "c" + std::to_string(i % 3) + "/" + std::to_string(i) + ".png", grey(static_cast<char>(i)));
  const ImageFolder folder(dir.string(), two_by_two);
  const DataLoader alone(folder, {.batch_size = 3, .shuffle = true}),
      helped(folder, {.batch_size = 3, .shuffle = true, .num_workers = 3});
  auto other = helped.begin();
  for (const auto& [x, y] : alone) {
    const Batch batch = *other;
    EXPECT_TRUE(equal(batch.x, x));
    EXPECT_TRUE(equal(batch.y, y));
    ++other;
  }
  EXPECT_TRUE(other == helped.end());
}

TEST(ImageFolder, ReadsIntoMemoryAlikeOnAnyNumberOfThreads) {
  const TempDir dir;
  for (int i = 0; i < 20; ++i) put(dir, "c/" + std::to_string(i) + ".png", grey(static_cast<char>(i)));
  const ImageFolder folder(dir.string(), two_by_two);
  const int before = num_threads();
  set_num_threads(1);
  const Tensor one = folder.in_memory().images();
  set_num_threads(4);
  EXPECT_TRUE(equal(folder.in_memory().images(), one));
  set_num_threads(before);
}

}  // namespace
}  // namespace xtape::data
