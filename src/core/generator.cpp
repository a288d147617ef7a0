// The Generator: a seed and an offset, guarded by a mutex.
#include "xtape/generator.hpp"

#include <mutex>
#include <utility>

#include "core/generator_scope.hpp"

namespace xtape {

struct Generator::Impl {
  mutable std::mutex mutex;
  State state;
};

Generator::Generator(std::uint64_t seed) : impl_(new Impl) { impl_->state.seed = seed; }
Generator::~Generator() { delete impl_; }

Generator::State Generator::state() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->state;
}

void Generator::set_state(State state) {
  std::lock_guard lock(impl_->mutex);
  impl_->state = state;
}

Generator::State Generator::reserve(std::uint64_t blocks) {
  std::lock_guard lock(impl_->mutex);
  const State begin = impl_->state;
  impl_->state.offset += blocks;
  return begin;
}

namespace {
thread_local Generator* generator_of_scope = nullptr;
}

detail::GeneratorScope::GeneratorScope(Generator& generator) noexcept
    : outer_(std::exchange(generator_of_scope, &generator)) {}
detail::GeneratorScope::~GeneratorScope() { generator_of_scope = outer_; }

Generator& default_generator() {
  if (generator_of_scope) return *generator_of_scope;
  static Generator* const generator = new Generator(0);  // never destroyed: destructors of globals may draw
  return *generator;
}

void manual_seed(std::uint64_t seed) { default_generator().manual_seed(seed); }

}  // namespace xtape
