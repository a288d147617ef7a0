// Text on its way to a file of the caller's.
#pragma once

#include <cstdio>
#include <string_view>

namespace xtape::report {

/// Writes and flushes each text as a whole. The first write that fails is the last: then failed() is true, and nothing
/// is written any more.
class Output {
 public:
  explicit Output(std::FILE* file) noexcept : file_(file) {}

  std::FILE* file() const noexcept { return file_; }
  void write(std::string_view text) noexcept;
  bool failed() const noexcept { return failed_; }

 private:
  std::FILE* file_;
  bool failed_ = false;
};

}  // namespace xtape::report
