#include "xtape/error.hpp"

#include <utility>

namespace xtape {

Error::Error(std::string op, std::string what) : op_(std::move(op)), rest_(std::move(what)) { make_line(); }
Error::Error(const Error&) = default;
Error& Error::operator=(const Error&) = default;
Error::~Error() = default;

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
}

ShapeError::~ShapeError() = default;
DTypeError::~DTypeError() = default;
IndexError::~IndexError() = default;
ValueError::~ValueError() = default;
GradError::~GradError() = default;
FileError::~FileError() = default;

}  // namespace xtape
