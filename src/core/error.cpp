#include "xtape/error.hpp"

#include <utility>

namespace xtape {

namespace {
std::string line(const std::string& op, const std::string& path, const std::string& rest) {
  std::string s = op;
  if (!path.empty()) s += " \"" + path + "\"";
  if (rest.empty() || rest.front() != ' ') s += ": ";
  s += rest;
  for (char& c : s) {  // a file name or a key may hold line breaks
    if (c == '\n' || c == '\r') c = ' ';
  }
  return s;
}
}  // namespace

Error::Error(std::string op, std::string what)
    : op_(std::move(op)), rest_(std::move(what)), line_(line(op_, path_, rest_)) {}
Error::Error(const Error&) = default;
Error& Error::operator=(const Error&) = default;
Error::~Error() = default;

const char* Error::what() const noexcept { return line_.c_str(); }
const std::string& Error::op() const noexcept { return op_; }
const std::string& Error::module_path() const noexcept { return path_; }

void Error::set_module_path(const std::string& path) {
  if (!path_.empty()) return;
  path_ = path;
  line_ = line(op_, path_, rest_);
}

ShapeError::~ShapeError() = default;
DTypeError::~DTypeError() = default;
IndexError::~IndexError() = default;
ValueError::~ValueError() = default;
GradError::~GradError() = default;
FileError::~FileError() = default;

}  // namespace xtape
