#include "run_directory.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>
#include <xtape/xtape.hpp>

namespace fs = std::filesystem;
using xtape::FileError;

namespace {

constexpr char runs[] = "runs";
constexpr const char* files_of_run[] = {run_file::metrics_csv, run_file::metrics_jsonl, run_file::config,
                                        run_file::record,      run_file::best,          run_file::last,
                                        run_file::report};

[[noreturn]] void fail_to_make(const std::string& path, const std::string& reason) {
  throw FileError("--out", fmt::format("\"{}\" cannot be made: {}; --out DIR names another place, --no-out writes no "
                                       "files",
                                       path, reason));
}

bool holds_run(const std::string& path) {
  std::error_code error;
  for (const char* name : files_of_run) {
    if (fs::exists(fs::path(path) / name, error)) return true;
  }
  return false;
}

void remove_run(const std::string& path) {
  for (const char* name : files_of_run) {
    std::error_code error;
    fs::remove(fs::path(path) / name, error);
    if (error) throw FileError("--force", fmt::format("\"{}/{}\": {}", path, name, error.message()));
  }
}

}  // namespace

std::string without_slashes(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

void check_new_run(const std::string& path, bool replace) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    const fs::path above = fs::absolute(without_slashes(path)).parent_path();
    fs::path there = above;
    while (!fs::exists(there, error) && there.has_relative_path()) there = there.parent_path();
    if (!fs::is_directory(there, error)) fail_to_make(path, fmt::format("\"{}\" is not a directory", there.string()));
    if (::access(there.c_str(), W_OK | X_OK) != 0) fail_to_make(path, std::strerror(errno));
    return;
  }
  if (status.type() != fs::file_type::directory) {
    throw FileError("--out", fmt::format("\"{}\" is not a directory", path));
  }
  if (::access(path.c_str(), W_OK | X_OK) != 0) {
    throw FileError("--out", fmt::format("\"{}\" cannot be written to: {}", path, std::strerror(errno)));
  }
  if (!replace && holds_run(path)) {
    throw FileError("--out",
                    fmt::format("\"{}\" holds a run already; --resume continues it, --force replaces it", path));
  }
}

void check_run(const std::string& op, const std::string& path, bool may_be_empty) {
  std::error_code error;
  const fs::path directory = path;
  if (!fs::exists(directory, error)) throw FileError(op, fmt::format("there is no directory \"{}\"", path));
  if (!fs::is_directory(directory, error)) {
    throw FileError(op, fmt::format("\"{}\" is no directory; a run is one", path));
  }
  if (!fs::exists(directory / run_file::record, error) || !fs::exists(directory / run_file::config, error)) {
    throw FileError(op,
                    fmt::format("\"{}\" holds no run, which has {} and {}", path, run_file::record, run_file::config));
  }
  const bool has_last = fs::exists(directory / run_file::last, error);
  if (has_last || may_be_empty) return;
  if (fs::exists(directory / run_file::best, error)) {
    throw FileError(op, fmt::format("the run in \"{0}\" has no {1}; its best weights are in \"{0}/{2}\", from which "
                                    "xtape-mnist train --load \"{0}/{2}\" begins another run",
                                    path, run_file::last, run_file::best));
  }
  if (fs::exists(directory / run_file::report, error)) {
    throw FileError(
        op, fmt::format("the run in \"{}\" has no {}: it trained no epoch, as with --epochs 0", path, run_file::last));
  }
  throw FileError(op, fmt::format("the run in \"{0}\" ended before its first checkpoint; begin it again with "
                                  "xtape-mnist train --config {0}/{1} --out {0} --force",
                                  path, run_file::config));
}

RunDirectory RunDirectory::create(const std::string& path, bool replace) {
  check_new_run(path, replace);
  RunDirectory run;
  run.path_ = without_slashes(path);
  std::error_code error;
  run.is_new_ = fs::create_directories(run.path_, error);
  if (error) fail_to_make(path, error.message());
  run.lock();
  return run;
}

RunDirectory RunDirectory::next() {
  check_new_run(fmt::format("{}/1", runs), true);
  std::error_code error;
  fs::create_directories(runs, error);
  if (error) fail_to_make(runs, error.message());
  for (std::int64_t n = 1;; ++n) {
    RunDirectory run;
    run.path_ = fmt::format("{}/{}", runs, n);
    // mkdir decides between programs that begin at the same time.
    if (::mkdir(run.path_.c_str(), 0777) == 0) {
      run.is_new_ = true;
      run.lock();
      return run;
    }
    if (errno != EEXIST) fail_to_make(run.path_, std::strerror(errno));
  }
}

RunDirectory RunDirectory::existing(const std::string& path) {
  check_run("--resume", path);
  RunDirectory run;
  run.path_ = without_slashes(path);
  if (::access(path.c_str(), W_OK | X_OK) != 0) {
    throw FileError("--resume", fmt::format("\"{}\" cannot be written to: {}", path, std::strerror(errno)));
  }
  run.lock();
  return run;
}

RunDirectory::~RunDirectory() {
  if (is_new_ && is_in_place()) ::rmdir(path_.c_str());  // if it is empty still
  if (lock_ >= 0) ::close(lock_);
}
RunDirectory::RunDirectory(RunDirectory&& other) noexcept
    : path_(std::move(other.path_)),
      lock_(std::exchange(other.lock_, -1)),
      is_new_(std::exchange(other.is_new_, false)) {}
RunDirectory& RunDirectory::operator=(RunDirectory&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(lock_, other.lock_);
  std::swap(is_new_, other.is_new_);
  return *this;
}

bool RunDirectory::is_in_place() const noexcept {
  struct stat here {
  }, ours{};
  return ::stat(path_.c_str(), &here) == 0 && ::fstat(lock_, &ours) == 0 && here.st_dev == ours.st_dev &&
         here.st_ino == ours.st_ino;
}

void RunDirectory::check_in_place() const {
  if (!defined() || is_in_place()) return;
  throw FileError("--out", fmt::format("\"{}\" was moved, removed or replaced while the run went on; nothing more is "
                                       "written there",
                                       path_));
}

void RunDirectory::write(const char* name, const std::string& text) const {
  check_in_place();
  try {
    xtape::io::save_text(file(name), text);
  } catch (const FileError&) {
    check_in_place();  // it may have been moved since
    throw;
  }
}

void RunDirectory::begin(const std::string& config, const std::string& record) const {
  constexpr std::pair<const char*, const char*> moves[] = {{".new.config.toml", run_file::config},
                                                           {".new.run.json", run_file::record}};
  try {
    write(moves[0].first, config);
    write(moves[1].first, record);
  } catch (...) {
    for (const auto& [temporary, name] : moves) ::unlink(file(temporary).c_str());
    throw;
  }
  remove_run(path_);
  for (const auto& [temporary, name] : moves) {
    if (std::rename(file(temporary).c_str(), file(name).c_str()) != 0) {
      throw FileError("--out", fmt::format("\"{}\": {}", file(name), std::strerror(errno)));
    }
  }
}

void RunDirectory::lock() {
  lock_ = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock_ < 0) throw FileError("--out", fmt::format("\"{}\": {}", path_, std::strerror(errno)));
  // Where the file system has no locks, training goes on without one.
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    throw FileError("--out", fmt::format("\"{}\" is in use by another xtape-mnist", path_));
  }
}

bool is_in_use(const std::string& path) {
  const int directory = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return false;
  const bool is_locked = ::flock(directory, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(directory);
  return is_locked;
}

std::string latest_run() {
  std::int64_t latest = 0;
  std::error_code error;
  for (fs::directory_iterator entry(runs, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    std::int64_t n = 0;
    const auto [stop, failure] = std::from_chars(name.data(), name.data() + name.size(), n);
    if (failure == std::errc() && stop == name.data() + name.size()) latest = std::max(latest, n);
  }
  return latest > 0 ? fmt::format("{}/{}", runs, latest) : "";
}

std::string now() { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))); }

nlohmann::ordered_json record_of_program(int threads) {
  std::vector<std::string> command;
  std::ifstream arguments("/proc/self/cmdline", std::ios::binary);
  for (std::string argument; std::getline(arguments, argument, '\0');) command.push_back(argument);
  // "xtape 0.1.0, gcc 12.2.0, avx2 kernels"
  const std::string build = xtape::build_info(), kernels = build.substr(build.rfind(", ") + 2);
  return {{"version", xtape::version()},
          {"build", build},
          {"cpu", xtape::cpu_name()},
          {"instruction_set", kernels.substr(0, kernels.find(' '))},
          {"threads", threads},
          {"command", command},
          {"started", now()}};
}
