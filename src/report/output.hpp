// Text on its way to a file of the caller's.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace xtape::report {

/// Writes and flushes texts in their order. The first write that fails is the last: then failed() is true, and nothing
/// is written any more.
class Output {
 public:
  explicit Output(std::FILE* file) noexcept : file_(file) {}

  std::FILE* file() const noexcept { return file_; }
  /// The text as a whole, after all that waits. Waits for a slow reader.
  void write(std::string_view text) noexcept;
  /// Never waits for a reader: what a terminal has no room for now is written by a later call.
  void offer(std::string_view text);
  /// Whether a short text would be written at once. Tries to write what waits.
  bool has_room() noexcept;
  bool failed() const noexcept { return failed_; }

 private:
  void put(std::string_view text) noexcept;
  /// What waits, as far as there is room.
  void write_waiting() noexcept;

  std::FILE* file_;
  std::string waiting_;
  bool failed_ = false;
};

}  // namespace xtape::report
