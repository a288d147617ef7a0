#include "xtape/error.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "xtape/detail/newest_error.hpp"

namespace xtape {

namespace {
/// Of the error that this thread made last. The line is a copy: another thread may have destroyed the error.
struct Newest {
  const Error* error = nullptr;
  std::array<char, 512> line = {};
};
thread_local Newest newest;

void note(const Error& error, std::string_view line) noexcept {
  newest.error = &error;
  line.copy(newest.line.data(), newest.line.size() - 1);
  newest.line[std::min(line.size(), newest.line.size() - 1)] = '\0';
}
}  // namespace

const char* detail::newest_error() noexcept { return newest.error ? newest.line.data() : ""; }

void detail::rethrow_from_thread(std::exception_ptr exception) {
  try {
    std::rethrow_exception(std::move(exception));
  } catch (const Error& error) {
    note(error, error.what());
    throw;
  }
}

Error::Error(std::string op, std::string what) : op_(std::move(op)), rest_(std::move(what)) { make_line(); }
Error::Error(const Error&) = default;
Error& Error::operator=(const Error&) = default;
Error::~Error() {
  if (newest.error == this) newest.error = nullptr;
}

const char* Error::what() const noexcept { return line_.c_str(); }
const std::string& Error::op() const noexcept { return op_; }
const std::string& Error::module_path() const noexcept { return path_; }

void Error::set_module_path(const std::string& path) {
  if (!path_.empty()) return;
  path_ = path;
  make_line();
}

void Error::set_context(const std::string& context) {
  if (!context_.empty()) return;
  context_ = context;
  make_line();
}

void Error::make_line() {
  line_ = context_.empty() ? op_ : context_ + ": " + op_;
  if (!path_.empty()) line_ += " \"" + path_ + "\"";
  if (rest_.empty() || rest_.front() != ' ') line_ += ": ";
  line_ += rest_;
  for (char& c : line_) {  // a file name or a key may hold line breaks
    if (c == '\n' || c == '\r') c = ' ';
  }
  note(*this, line_);
}

ShapeError::~ShapeError() = default;
DTypeError::~DTypeError() = default;
IndexError::~IndexError() = default;
ValueError::~ValueError() = default;
GradError::~GradError() = default;
FileError::~FileError() = default;

}  // namespace xtape
