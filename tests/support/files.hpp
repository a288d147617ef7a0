// Files for tests: a temporary directory, a full disk, writing bytes, and the rights of an ordinary user.
#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "xtape/error.hpp"

namespace xtape::testing {

/// A directory for the current test, removed with this object.
class TempDir {
 public:
  TempDir() {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    const std::string name = std::string("xtape_") + test->test_suite_name() + "_" + test->name() + "_";
    path_ = std::filesystem::temp_directory_path() / (name + std::to_string(getpid()));
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~TempDir() { std::filesystem::remove_all(path_); }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  std::string string() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

/// Files may not grow beyond a size, as on a disk that is full.
class FullDisk {
 public:
  explicit FullDisk(rlim_t size) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{size, before_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_;
};

inline void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Of the files in a directory.
inline std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) names.push_back(entry.path().filename());
  return names;
}

/// Writes a file that may be damaged and calls load(). Whether that worked: if not, the error is a FileError of one
/// line.
template <class F>
bool loads(const std::string& path, const std::string& bytes, F load) {
  std::filesystem::remove(path);  // some file systems sync a file that is written over
  write_file(path, bytes);
  try {
    load();
    return true;
  } catch (const FileError& error) {
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    return false;
  }
}

/// f(damaged) for the bytes cut off at every place.
template <class F>
void for_each_truncation(const std::string& bytes, F f) {
  for (std::size_t size = 0; size < bytes.size(); ++size) f(bytes.substr(0, size));
}

/// f(damaged, bit) for the bytes with one bit flipped, for every bit.
template <class F>
void for_each_flipped_bit(const std::string& bytes, F f) {
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    f(damaged, bit);
  }
}

/// Until it goes out of scope, root has the rights of a user who owns nothing: root may read and search everything.
class AsNobody {
 public:
  AsNobody() {
    if (was_root_) set_user(65534);
  }
  ~AsNobody() {
    if (was_root_) set_user(0);
  }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;

 private:
  static void set_user(uid_t user) { EXPECT_EQ(seteuid(user), 0); }

  const bool was_root_ = geteuid() == 0;
};

}  // namespace xtape::testing
