#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>

#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/killed_writer.hpp"
#include "support/misuse.hpp"

namespace xtape {
namespace {

using testing::expect_errors;
using testing::names_in;
using testing::TempDir;
using testing::write_file;

StateDict dict_of(float value, std::int64_t n = 1000) {
  StateDict dict;
  dict.insert("x", full({n}, value));
  return dict;
}

float first_of(const std::string& path) { return io::load_safetensors(path)["x"][0].item<float>(); }

mode_t mode_of(const std::string& path) {
  struct stat status;
  EXPECT_EQ(stat(path.c_str(), &status), 0);
  return status.st_mode & 07777;
}

TEST(AtomicFile, ReplacesAFileAndLeavesNothingElse) {
  TempDir dir;
  io::save_safetensors(dir / "x", dict_of(1));
  io::save_safetensors(dir / "x", dict_of(2));
  EXPECT_EQ(first_of(dir / "x"), 2);
  EXPECT_EQ(names_in(dir.string()), std::vector<std::string>{"x"});
}

TEST(AtomicFile, KeepsTheModeAndElseFollowsTheUmask) {
  TempDir dir;
  const mode_t old = umask(027);
  io::save_safetensors(dir / "new", dict_of(1));
  umask(old);
  EXPECT_EQ(mode_of(dir / "new"), 0640u);
  chmod((dir / "new").c_str(), 0604);
  io::save_safetensors(dir / "new", dict_of(2));
  EXPECT_EQ(mode_of(dir / "new"), 0604u);
}

TEST(AtomicFile, FollowsASymbolicLinkToTheFile) {
  TempDir dir;
  std::filesystem::create_directories(dir / "there");
  io::save_safetensors(dir / "there/x", dict_of(1));
  std::filesystem::create_symlink("there/x", dir / "link");
  io::save_safetensors(dir / "link", dict_of(2));
  EXPECT_TRUE(std::filesystem::is_symlink(dir / "link"));
  EXPECT_EQ(first_of(dir / "there/x"), 2);
  EXPECT_EQ(names_in(dir / "there"), std::vector<std::string>{"x"});
}

TEST(AtomicFile, RefusesWhatCannotBeReplaced) {
  TempDir dir;
  ASSERT_EQ(mkfifo((dir / "fifo").c_str(), 0600), 0);
  std::filesystem::create_symlink(dir / "gone", dir / "dangling");
  for (const auto& [name, what] : {std::pair{"fifo", " is not a regular file"},
                                   {"dangling", ": following the symbolic link: No such file or directory"},
                                   {"no/x", nullptr}}) {
    const std::string path = dir / name, why = what ? what : ": the directory \"" + (dir / "no") + "\" does not exist",
                      error = "FileError: save_safetensors: \"" + path + "\"" + why;
    expect_errors({{error.c_str(), [&path] { io::save_safetensors(path, dict_of(1)); }}});
  }
  const std::string directory = dir.string(), slash = directory + "/";
  expect_errors({
      {("FileError: save_safetensors: \"" + directory + "\" is a directory, not a file").c_str(),
       [&] { io::save_safetensors(directory, dict_of(1)); }},
      {("FileError: save_safetensors: \"" + slash + "\" is a directory, not a file").c_str(),
       [&] { io::save_safetensors(slash, dict_of(1)); }},
      {"FileError: save_safetensors: \"\" names no file", [] { io::save_safetensors("", dict_of(1)); }},
  });
  EXPECT_EQ(names_in(directory).size(), 2u);
}

TEST(AtomicFile, RemovesTemporaryFilesThatNobodyHoldsAndNothingElse) {
  TempDir dir;
  for (const char* name : {".xtape-0123456789abcdef.tmp", ".xtape-0123456789abcdeg.tmp", ".xtape-0.tmp", "x.tmp"}) {
    write_file(dir / name, "left");
  }
  std::filesystem::create_directories(dir / ".xtape-00000000000000aa.tmp");
  std::filesystem::create_symlink("x.tmp", dir / ".xtape-00000000000000bb.tmp");
  io::save_safetensors(dir / "x", dict_of(1));
  EXPECT_FALSE(std::filesystem::exists(dir / ".xtape-0123456789abcdef.tmp"));
  EXPECT_EQ(names_in(dir.string()).size(), 6u);
}

/// The working directory, put back at the end.
class WorkingIn {
 public:
  explicit WorkingIn(const std::string& directory) { std::filesystem::current_path(directory); }
  ~WorkingIn() { std::filesystem::current_path(before_); }
  WorkingIn(const WorkingIn&) = delete;
  WorkingIn& operator=(const WorkingIn&) = delete;

 private:
  const std::filesystem::path before_ = std::filesystem::current_path();
};

TEST(AtomicFile, TakesRelativePathsAndNamesAsLongAsTheSystems) {
  TempDir dir;
  const WorkingIn here(dir.string());
  std::filesystem::create_directories("there");
  const std::string longest(255, 'x');
  for (const std::string& path : {std::string("x"), std::string("./y"), std::string("there/../z"), longest}) {
    io::save_safetensors(path, dict_of(1));
    io::save_safetensors(path, dict_of(2));
    EXPECT_EQ(first_of(path), 2) << path;
  }
  EXPECT_EQ(names_in(".").size(), 5u);
}

TEST(AtomicFile, RefusesAPathThatTheSystemWouldCutShort) {
  const std::string path("x\0y", 3);
  expect_errors({
      {"FileError: save_safetensors: the path \"x\" has a NUL byte", [&] { io::save_safetensors(path, dict_of(1)); }},
      {"FileError: load_npy: the path \"x\" has a NUL byte", [&] { io::load_npy(path); }},
  });
}

TEST(AtomicFile, SweepsBesideOtherWriters) {
  TempDir dir;
  std::vector<pid_t> writers;
  for (int writer = 0; writer < 4; ++writer) {
    writers.push_back(fork());
    if (writers.back() == 0) {
      int code = 0;
      try {
        const std::string path = dir / ("x" + std::to_string(writer % 2));
        for (float value = 1; value <= 100; ++value) io::save_safetensors(path, dict_of(value));
      } catch (const std::exception&) {
        code = 1;
      }
      _exit(code);
    }
  }
  for (const pid_t writer : writers) {
    int status = -1;
    waitpid(writer, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(first_of(dir / "x0"), 100);
  EXPECT_EQ(names_in(dir.string()).size(), 2u);
}

TEST(AtomicFile, IsCompleteAndUpToDateWheneverItsWriterIsKilled) {
  TempDir dir;
  const std::string path = dir / "x";
  const auto save = [&path](int value) { io::save_safetensors(path, dict_of(static_cast<float>(value))); };
  const auto load = [&path] {
    const StateDict dict = io::load_safetensors(path);
    const auto value = dict["x"][0].item<float>();
    EXPECT_TRUE(equal(dict["x"], full({1000}, value)));
    return static_cast<int>(value);
  };
  testing::expect_survives_kills(40, save, load);
  EXPECT_EQ(names_in(dir.string()), std::vector<std::string>{"x"});
}

TEST(SaveText, WritesTheBytesAsTheyAre) {
  TempDir dir;
  const std::string text("one\r\ntwo\0\xff", 10);
  io::save_text(dir / "x", "longer than what replaces it");
  io::save_text(dir / "x", text);
  EXPECT_EQ(testing::read_file(dir / "x"), text);
  EXPECT_EQ(names_in(dir.string()), std::vector<std::string>{"x"});
}

TEST(SaveText, LeavesTheFileIfTheDiskIsFull) {
  TempDir dir;
  io::save_text(dir / "x", "old");
  {
    const testing::FullDisk disk(4096);
    const std::string error = "FileError: save_text: \"" + (dir / "x") + "\": writing: File too large";
    expect_errors({{error.c_str(), [&dir] { io::save_text(dir / "x", std::string(10000, 'a')); }}});
  }
  EXPECT_EQ(testing::read_file(dir / "x"), "old");
  EXPECT_EQ(names_in(dir.string()), std::vector<std::string>{"x"});
}

}  // namespace
}  // namespace xtape
