// The path of the running module, for errors: all that the tape knows about modules.
#pragma once

#include <string>

namespace xtape::detail {

/// Marks a module whose operator() runs on this thread, for a scope.
class CallScope {
 public:
  CallScope() noexcept;
  virtual ~CallScope();
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

  /// The innermost running module on this thread, or null.
  static const CallScope* innermost() noexcept;
  /// "encoder.fc1": each module's name in the one that called it.
  virtual std::string path() const = 0;

 protected:
  const CallScope* outer() const noexcept { return outer_; }

 private:
  const CallScope* outer_;
};

}  // namespace xtape::detail
