// The files that a run leaves for another to go on from: which, when the next is due, and what could not be written.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "xtape/train/options.hpp"

namespace xtape::train {

/// Text of every file of best weights: their epoch.
constexpr const char* best_epoch_text = "epoch";

class CheckpointFiles {
 public:
  /// FileError if there can be no file of that path. `options` must outlive it. Only where it `is_writer` are there
  /// files.
  CheckpointFiles(const CheckpointOptions& options, bool is_writer);

  bool has_path() const noexcept { return is_writer_ && !options_.path.empty(); }
  const std::string& path() const noexcept { return options_.path; }
  /// The file of the best weights alone: CheckpointOptions::best_path, else "runs/last.best.safetensors".
  std::string best_path() const;
  bool wants_best() const noexcept { return has_best_path() && best_is_new; }

  /// Whether to save after this step, between two epochs' ends.
  bool are_due(std::int64_t steps) const noexcept;
  void note_saved() noexcept { last_saved_ = Clock::now(); }
  void note_failure(std::string why);
  /// What stop_reason() says of files that could not be written; "" if all could.
  std::string failures() const;

  bool best_is_new = false;  // since its file was written

 private:
  bool has_best_path() const noexcept {
    return options_.keep_best && (has_path() || (is_writer_ && !options_.best_path.empty()));
  }

  using Clock = std::chrono::steady_clock;

  const CheckpointOptions& options_;
  const bool is_writer_;
  Clock::time_point last_saved_ = Clock::now();
  std::int64_t failed_ = 0;
  std::string last_failure_;
};

}  // namespace xtape::train
