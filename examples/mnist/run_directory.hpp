// The directory of a run and the files in it. While a RunDirectory exists no other program can use the directory: a
// lock that ends with the process guards it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

/// The files of a run, in its directory.
namespace run_file {
inline constexpr char metrics_csv[] = "metrics.csv", metrics_jsonl[] = "metrics.jsonl", config[] = "config.toml",
                      record[] = "run.json", best[] = "best.safetensors", last[] = "last.safetensors",
                      report[] = "report.html";
}  // namespace run_file

class RunDirectory {
 public:
  /// None: nothing is written.
  RunDirectory() = default;
  /// Makes the directory, with those above it, or uses one that holds no run; with `replace`, also one that holds a
  /// run, which is replaced by begin(). A directory that was made is removed again if nothing was written. FileError if
  /// it holds a run, cannot be made or written to, or is in use.
  static RunDirectory create(const std::string& path, bool replace);
  /// runs/N with the first N from 1 that is free.
  static RunDirectory next();
  /// One that holds a run. FileError if it does not, cannot be written to, or is in use.
  static RunDirectory existing(const std::string& path);
  ~RunDirectory();
  RunDirectory(RunDirectory&& other) noexcept;
  RunDirectory& operator=(RunDirectory&& other) noexcept;

  bool defined() const noexcept { return !path_.empty(); }
  const std::string& path() const noexcept { return path_; }
  std::string file(const char* name) const { return path_ + '/' + name; }
  /// Writes the first files of a run, then removes what else is there of another run: if they cannot be written, that
  /// run is as it was. FileError.
  void begin(const std::string& config, const std::string& record) const;
  /// FileError if the path no longer leads to this directory: it was moved away, and perhaps another one is there.
  void check_in_place() const;
  /// Replaces the file as a whole. FileError, also that of check_in_place().
  void write(const char* name, const std::string& text) const;

 private:
  void lock();
  bool is_in_place() const noexcept;
  std::string path_;
  int lock_ = -1;  // a descriptor of the directory
  bool is_new_ = false;
};

/// Throws as RunDirectory::create would, as far as that can be said without writing anything.
void check_new_run(const std::string& path, bool replace);
/// FileError, which begins with `op`, unless the directory holds a run and, unless that may be empty, a checkpoint.
void check_run(const std::string& op, const std::string& path, bool may_be_empty = false);
/// A path without slashes at its end.
std::string without_slashes(std::string path);
/// Whether a program holds the lock of the run in this directory.
bool is_in_use(const std::string& path);
/// The runs/N with the highest N, for hints; "" if there is none.
std::string latest_run();

/// What run.json says from the beginning: versions, machine, command line, time. The command adds to it.
nlohmann::ordered_json record_of_program(int threads);
/// The time as ISO 8601 has it, in UTC.
std::string now();
