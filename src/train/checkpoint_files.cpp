#include "train/checkpoint_files.hpp"

#include <utility>

#include "checkpoint/file.hpp"
#include "core/fail.hpp"
#include "io/file.hpp"

namespace xtape::train {

CheckpointFiles::CheckpointFiles(const CheckpointOptions& options, bool is_writer)
    : options_(options), is_writer_(is_writer) {
  // Now, and not after an epoch of work, is the time to hear of a directory that does not exist or is not ours.
  if (has_path()) io::AtomicFile(checkpoint::op, options_.path);
  if (has_best_path()) io::AtomicFile(checkpoint::op, best_path());
}

std::string CheckpointFiles::best_path() const {
  if (!options_.best_path.empty()) return options_.best_path;
  const std::string& path = options_.path;
  const std::size_t slash = path.rfind('/'), name = slash == std::string::npos ? 0 : slash + 1;
  const std::size_t dot = path.rfind('.');
  const bool has_extension = dot != std::string::npos && dot > name;
  const std::size_t end = has_extension ? dot : path.size();
  return path.substr(0, end) + ".best" + path.substr(end);
}

bool CheckpointFiles::are_due(std::int64_t steps) const noexcept {
  if (!has_path()) return false;
  if (options_.every_steps > 0 && steps % options_.every_steps == 0) return true;
  const std::chrono::duration<double> since = Clock::now() - last_saved_;
  return options_.every_seconds > 0 && since.count() >= options_.every_seconds;
}

void CheckpointFiles::note_failure(std::string why) {
  ++failed_;
  last_failure_ = std::move(why);
}

std::string CheckpointFiles::failures() const {
  if (failed_ == 0) return "";
  return fmt::format("; {} checkpoint{} could not be written: {}", failed_, failed_ == 1 ? "" : "s", last_failure_);
}

}  // namespace xtape::train
