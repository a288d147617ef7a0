// The errors of xtape. A message is one line: the op, the rule, the offending values and, where a common
// mistake is likely, a hint. Every type is exported with an out-of-line destructor, so that `catch` works
// across the boundary of the shared library.
#pragma once

#include <stdexcept>
#include <string>

#include "xtape/export.hpp"

namespace xtape {

/// Base of all exceptions that xtape itself throws.
class XTAPE_API Error : public std::exception {
 public:
  /// `op` is the name of the function that throws ("linear"), `what` the rest of the line; the message reads
  /// "op: what", or "op what" if `what` begins with a space (for "linear (784 -> 256): expected ...").
  Error(std::string op, std::string what);
  Error(const Error&);
  Error& operator=(const Error&);
  ~Error() override;

  const char* what() const noexcept override;
  const std::string& op() const noexcept;

  /// Names the module that threw the error: `linear "encoder.fc1": ...`. Only the first path is kept.
  void set_module_path(const std::string& path);
  const std::string& module_path() const noexcept;
  /// Says during what the error came: `validation: linear "encoder.fc1": ...`. Only the first context is kept.
  void set_context(const std::string& context);

 private:
  void make_line();

  std::string op_, rest_, path_, context_, line_;
};

/// A tensor's shape does not fit.
class XTAPE_API ShapeError : public Error {
 public:
  using Error::Error;
  ~ShapeError() override;
};

/// A tensor's dtype does not fit.
class XTAPE_API DTypeError : public Error {
 public:
  using Error::Error;
  ~DTypeError() override;
};

/// A dim, a position or a class index lies outside its range.
class XTAPE_API IndexError : public Error {
 public:
  using Error::Error;
  ~IndexError() override;
};

/// An option or an argument has an invalid value.
class XTAPE_API ValueError : public Error {
 public:
  using Error::Error;
  ~ValueError() override;
};

/// The rules of autograd are broken: no graph, a released graph, a saved value modified in place, ...
class XTAPE_API GradError : public Error {
 public:
  using Error::Error;
  ~GradError() override;
};

/// A file or a directory is missing, unreadable, truncated or not what it claims to be.
class XTAPE_API FileError : public Error {
 public:
  using Error::Error;
  ~FileError() override;
};

}  // namespace xtape
