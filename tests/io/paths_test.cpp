// What paths may name, for every format: a path that cannot be read or written is an error of one line with the
// format's op, never blocks, and leaves what was there.
#include <sys/resource.h>
#include <sys/stat.h>

#include <functional>

#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/misuse.hpp"

namespace xtape {
namespace {

using testing::expect_errors;
using testing::TempDir;

struct Writer {
  const char* op;
  std::function<void(const std::string& path, std::int64_t bytes)> save;
};

StateDict bytes_named_x(std::int64_t n) {
  StateDict dict;
  dict.insert("x", zeros({n}, {.dtype = uint8}));
  return dict;
}

/// Calls f(checkpoint) for one that holds n bytes beside the smallest model.
template <class F>
void with_checkpoint(std::int64_t n, F f) {
  const nn::Linear model(1, 1);
  optim::SGD optimizer(model.parameters());
  StateDict dict = bytes_named_x(n);
  io::Checkpoint checkpoint(model, optimizer);
  checkpoint.add("dict", dict);
  f(checkpoint);
}

const std::vector<Writer> writers = {
    {"Checkpoint",
     [](const auto& path, auto n) { with_checkpoint(n, [&path](auto& checkpoint) { checkpoint.save(path); }); }},
    {"write_idx", [](const auto& path, auto n) { data::write_idx(path, bytes_named_x(n)["x"]); }},
    {"save_safetensors", [](const auto& path, auto n) { io::save_safetensors(path, bytes_named_x(n)); }},
    {"save_npy", [](const auto& path, auto n) { io::save_npy(path, bytes_named_x(n)["x"]); }},
    {"save_npz", [](const auto& path, auto n) { io::save_npz(path, bytes_named_x(n)); }},
};

struct Reader {
  const char* op;
  std::function<void(const std::string& path)> load;
};

const std::vector<Reader> readers = {
    {"Checkpoint", [](const auto& path) { with_checkpoint(1, [&path](auto& checkpoint) { checkpoint.load(path); }); }},
    {"load_safetensors", [](const auto& path) { io::load_safetensors(path); }},
    {"safetensors_metadata", [](const auto& path) { io::safetensors_metadata(path); }},
    {"load_npy", [](const auto& path) { io::load_npy(path); }},
    {"load_npz", [](const auto& path) { io::load_npz(path); }},
    {"load_torch", [](const auto& path) { io::load_torch(path); }},
    {"read_idx", [](const auto& path) { data::read_idx(path); }},
};

void expect_file_error(const char* op, const std::string& path, const std::string& what,
                       const std::function<void()>& f) {
  const std::string error = std::string("FileError: ") + op + ": \"" + path + "\"" + what;
  expect_errors({{error.c_str(), f}});
}

/// A directory with a FIFO, a link to nothing and a folder.
class Obstacles : public TempDir {
 public:
  Obstacles() {
    EXPECT_EQ(mkfifo((*this / "fifo").c_str(), 0600), 0);
    std::filesystem::create_symlink("gone", *this / "dangling");
    std::filesystem::create_directory(*this / "folder");
  }
};

TEST(Paths, ThatCannotBeReadAreNamed) {
  const Obstacles dir;
  for (const auto& [op, load] : readers) {
    for (const auto& [name, what] : {std::pair{"missing", ": No such file or directory"},
                                     {"missing/x", ": No such file or directory"},
                                     {"dangling", ": No such file or directory"},
                                     {"fifo", " is not a regular file"},
                                     {"folder", " is a directory, not a file"}}) {
      const std::string path = dir / name;
      expect_file_error(op, path, what, [&load = load, &path] { load(path); });
    }
    expect_file_error(op, "/dev/zero", " is not a regular file", [&load = load] { load("/dev/zero"); });
  }
}

TEST(Paths, ThatCannotBeReplacedAreNamed) {
  const Obstacles dir;
  for (const auto& [op, save] : writers) {
    const std::string no_directory = ": the directory \"" + (dir / "missing") + "\" does not exist";
    for (const auto& [name, what] : {std::pair{"missing/x", no_directory.c_str()},
                                     {"dangling", ": following the symbolic link: No such file or directory"},
                                     {"fifo", " is not a regular file"},
                                     {"folder", " is a directory, not a file"}}) {
      const std::string path = dir / name;
      expect_file_error(op, path, what, [&save = save, &path] { save(path, 1); });
    }
  }
  EXPECT_TRUE(std::filesystem::is_fifo(dir / "fifo") && std::filesystem::is_symlink(dir / "dangling") &&
              std::filesystem::is_empty(dir / "folder"));
}

TEST(Paths, InADirectoryThatCannotBeWrittenKeepTheirFile) {
  for (const auto& [op, save] : writers) {
    const TempDir dir;
    const std::string path = dir / "x";
    save(path, 1);
    const std::string before = testing::read_file(path);
    chmod(dir.string().c_str(), 0555);
    chmod(path.c_str(), 0666);
    {
      const testing::AsNobody nobody;  // root may write everywhere
      expect_file_error(op, path, ": creating a temporary file beside it: Permission denied",
                        [&save = save, &path] { save(path, 2); });
    }
    chmod(dir.string().c_str(), 0755);
    EXPECT_EQ(testing::read_file(path), before);
  }
}

TEST(Paths, OnADiskThatIsFullKeepTheirFile) {
  for (const auto& [op, save] : writers) {
    const TempDir dir;
    const std::string path = dir / "x";
    save(path, 1);
    const std::string before = testing::read_file(path);
    for (const rlim_t size : {0, 40, 1 << 16}) {  // in the header, in the elements
      const testing::FullDisk full(size);
      expect_file_error(op, path, ": writing: File too large", [&save = save, &path] { save(path, 1 << 20); });
    }
    EXPECT_EQ(testing::read_file(path), before);
    const std::filesystem::directory_iterator left(dir.string());
    EXPECT_EQ(std::distance(begin(left), end(left)), 1);  // no temporary file
  }
}

}  // namespace
}  // namespace xtape
