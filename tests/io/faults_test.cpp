// Every system call of saving and loading fails once: the error says what failed, the path names a whole file, and
// neither a temporary file nor a descriptor is left. A program of its own, for it replaces the calls.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <functional>
#include <iterator>

#include "support/files.hpp"
#include "xtape/xtape.hpp"

namespace {

/// The `at`-th call named `call` fails with `error`. Calls are counted only while a Fault exists.
struct Fault {
  const char* call;
  int at;
  int error = EIO;
  std::size_t most = SIZE_MAX;  // bytes that one read or write takes
  int count = 0;
};
Fault* fault = nullptr;
std::vector<std::string>* calls = nullptr;  // if it is set, all that follow are added

bool is_directory(int file) {
  struct stat status;
  return fstat(file, &status) == 0 && S_ISDIR(status.st_mode);
}

bool fails(const char* call, const char* of = "") {
  if (calls) calls->push_back(std::string(call) + of);
  if (!fault || std::strcmp(call, fault->call) != 0 || ++fault->count != fault->at) return false;
  errno = fault->error;
  return true;
}

std::size_t at_most(std::size_t n) { return fault ? std::min(n, fault->most) : n; }

mode_t mode_of(int flags, va_list rest) { return flags & O_CREAT ? va_arg(rest, mode_t) : 0; }

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  if (fails("open")) return -1;
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

int openat(int directory, const char* path, int flags, ...) {
  if (fails("openat")) return -1;
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return static_cast<int>(syscall(SYS_openat, directory, path, flags, mode));
}

ssize_t read(int file, void* to, size_t n) { return fails("read") ? -1 : syscall(SYS_read, file, to, at_most(n)); }

ssize_t write(int file, const void* from, size_t n) {
  return fails("write") ? -1 : syscall(SYS_write, file, from, at_most(n));
}

int fsync(int file) {
  return fails("fsync", is_directory(file) ? " of the directory" : "") ? -1
                                                                       : static_cast<int>(syscall(SYS_fsync, file));
}

/// As in Linux, the descriptor is closed also where an error is returned.
int close(int file) {
  const int result = static_cast<int>(syscall(SYS_close, file));
  return fails("close") ? -1 : result;
}

int rename(const char* from, const char* to) noexcept {
  return fails("rename") ? -1 : static_cast<int>(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

}  // extern "C"

namespace xtape {
namespace {

using testing::TempDir;

int open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<int>(std::distance(begin(all), end(all)));
}

/// The error of f(), without the path's part, or "" where there is none.
std::string error_of(const std::string& path, Fault& planned, const std::function<void()>& f) {
  std::string error;
  fault = &planned;
  try {
    f();
  } catch (const FileError& e) {
    fault = nullptr;
    error = e.what();
    const std::string quoted = "\"" + path + "\": ";
    const std::size_t at = error.find(quoted);
    EXPECT_NE(at, std::string::npos) << error;
    error = at == std::string::npos ? error : error.substr(0, at) + error.substr(at + quoted.size());
  }
  fault = nullptr;
  return error;
}

/// One format: saves a tensor full of a value, and loads it.
struct Format {
  const char* name;
  std::function<void(const std::string&, float)> save;
  std::function<float(const std::string&)> load;
  int writes, reads;
};

const std::vector<Format> formats = {
    {"safetensors",
     [](const std::string& path, float value) {
       StateDict dict;
       dict.insert("x", full({1000}, value));
       io::save_safetensors(path, dict);
     },
     [](const std::string& path) { return io::load_safetensors(path)["x"][999].item<float>(); }, 2, 3},
    {"npy", [](const std::string& path, float value) { io::save_npy(path, full({1000}, value)); },
     [](const std::string& path) { return io::load_npy(path)[999].item<float>(); }, 2, 5},
    {"npz",
     [](const std::string& path, float value) {
       StateDict dict;
       dict.insert("x", full({1000}, value));
       io::save_npz(path, dict);
     },
     [](const std::string& path) { return io::load_npz(path)["x"][999].item<float>(); }, 4, 9},
};

/// PyTorch's files are only read: 0.weight[0][1] of this one is 1.
const Format torch_format = {
    "torch",
    [](const std::string& path, float) {
      std::filesystem::copy_file(XTAPE_SOURCE_DIR "/tests/io/files/torch/state_dict.pt", path);
    },
    [](const std::string& path) { return io::load_torch(path)["0.weight"][0][1].item<float>(); }, 0, 31};

/// A file that is not damaged, alone in its directory.
void expect_whole(const Format& format, const TempDir& dir, float value, int descriptors) {
  EXPECT_EQ(format.load(dir / "x"), value);
  EXPECT_EQ(open_descriptors(), descriptors);
  for (const auto& entry : std::filesystem::directory_iterator(dir.string())) {
    EXPECT_EQ(entry.path().filename(), "x");
  }
}

struct Expected {
  const char* call;
  int at;
  const char* error;  // "" where the call's result does not matter
  bool is_replaced = false;
};

TEST(Faults, OfSavingAreReportedAndLeaveAWholeFile) {
  for (const Format& format : formats) {
    SCOPED_TRACE(format.name);
    TempDir dir;
    const std::string path = dir / "x", op = std::string("save_") + format.name + ": ";
    const int descriptors = open_descriptors();
    std::vector<Expected> all = {
        {"open", 1, "creating a temporary file beside it: Input/output error"},
        {"open", 2, "opening its directory: Input/output error"},
        {"fsync", 1, "syncing: Input/output error"},
        {"fsync", 2, "the file is replaced, but syncing its directory failed: Input/output error", true},
        {"close", 1, "closing: Input/output error"},
        {"close", 2, "", true},  // of the lock and of the directory
        {"close", 3, "", true},
        {"rename", 1, "renaming the temporary file: Input/output error"},
    };
    for (int at = 1; at <= format.writes; ++at) all.push_back({"write", at, "writing: Input/output error"});
    for (const Expected& expected : all) {
      SCOPED_TRACE(expected.call + std::to_string(expected.at));
      format.save(path, 1);
      Fault planned{expected.call, expected.at};
      const std::string error = error_of(path, planned, [&] { format.save(path, 2); });
      EXPECT_EQ(error, *expected.error ? op + expected.error : "");
      EXPECT_EQ(planned.count >= expected.at, true);
      expect_whole(format, dir, expected.is_replaced ? 2 : 1, descriptors);
    }
    // There are no more calls than these.
    for (const auto& [call, count] :
         {std::pair{"open", 2}, {"openat", 0}, {"write", format.writes}, {"fsync", 2}, {"close", 3}, {"rename", 1}}) {
      Fault planned{call, 0};
      EXPECT_EQ(error_of(path, planned, [&] { format.save(path, 2); }), "");
      EXPECT_EQ(planned.count, count) << call;
    }
  }
}

TEST(Faults, CannotLoseAFileThatIsSaved) {
  for (const Format& format : formats) {
    SCOPED_TRACE(format.name);
    TempDir dir;
    for (const float value : {1.f, 2.f}) {  // a new file, and one that is replaced
      std::vector<std::string> all;
      calls = &all;
      format.save(dir / "x", value);
      calls = nullptr;
      all.erase(std::unique(all.begin(), all.end()), all.end());  // writes, and the last two closes
      EXPECT_EQ(all, (std::vector<std::string>{"open", "write", "fsync", "close", "open", "rename",
                                               "fsync of the directory", "close"}));
    }
  }
}

TEST(Faults, OfLoadingAreReported) {
  std::vector<Format> loaded = formats;
  loaded.push_back(torch_format);
  for (const Format& format : loaded) {
    SCOPED_TRACE(format.name);
    TempDir dir;
    const std::string path = dir / "x", op = std::string("load_") + format.name + ": ";
    format.save(path, 1);
    const int descriptors = open_descriptors();
    Fault open_fails{"open", 1};
    EXPECT_EQ(error_of(path, open_fails, [&] { format.load(path); }), op + "Input/output error");
    for (int at = 1; at <= format.reads; ++at) {
      Fault planned{"read", at};
      const std::string error = error_of(path, planned, [&] { format.load(path); });
      EXPECT_EQ(error.substr(0, (op + "reading at byte ").size()), op + "reading at byte ") << at;
      EXPECT_NE(error.find(" failed: Input/output error"), std::string::npos) << at;
    }
    for (const auto& [call, count] : {std::pair{"open", 1}, {"read", format.reads}, {"close", 1}}) {
      Fault planned{call, 0};
      EXPECT_EQ(error_of(path, planned, [&] { format.load(path); }), "");
      EXPECT_EQ(planned.count, count) << call;
    }
    Fault close_fails{"close", 1};
    EXPECT_EQ(error_of(path, close_fails, [&] { format.load(path); }), "");
    expect_whole(format, dir, 1, descriptors);
  }
}

TEST(Faults, OfSweepingLeaveTheStaleFileAndDoNotDisturbSaving) {
  const Format& format = formats[0];
  TempDir dir;
  const std::string stale = dir / ".xtape-0123456789abcdef.tmp";
  testing::write_file(stale, "left");
  Fault planned{"openat", 1, EACCES};
  EXPECT_EQ(error_of(dir / "x", planned, [&] { format.save(dir / "x", 1); }), "");
  EXPECT_EQ(planned.count, 2);  // for reading, after for writing
  EXPECT_FALSE(std::filesystem::exists(stale));
}

TEST(Faults, InterruptedAndPartialCallsAreRepeated) {
  for (const Format& format : formats) {
    TempDir dir;
    const std::string path = dir / "x";
    const int descriptors = open_descriptors();
    for (const char* call : {"open", "write", "fsync", "read"}) {
      for (int at = 1; at <= 5; ++at) {
        SCOPED_TRACE(call + std::to_string(at));
        Fault saving{call, at, EINTR, 7}, loading{call, at, EINTR, 7};
        EXPECT_EQ(error_of(path, saving, [&] { format.save(path, static_cast<float>(at)); }), "");
        EXPECT_EQ(error_of(path, loading, [&] { format.load(path); }), "");
        expect_whole(format, dir, static_cast<float>(at), descriptors);
      }
    }
  }
}

}  // namespace
}  // namespace xtape
