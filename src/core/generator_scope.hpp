// A default generator of a thread's own, for a scope.
#pragma once

#include "xtape/export.hpp"
#include "xtape/generator.hpp"

namespace xtape::detail {

/// On this thread, default_generator() is `generator` until the scope ends. Scopes may be nested.
class XTAPE_API GeneratorScope {
 public:
  explicit GeneratorScope(Generator& generator) noexcept;
  ~GeneratorScope();
  GeneratorScope(const GeneratorScope&) = delete;
  GeneratorScope& operator=(const GeneratorScope&) = delete;

 private:
  Generator* const outer_;
};

}  // namespace xtape::detail
