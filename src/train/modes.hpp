// Guards of what measuring must not change. ModeGuard: the training flags of a module and of everything below it.
// GeneratorGuard: the default generator. The destructors bring them back.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "nn/module_state.hpp"
#include "xtape/generator.hpp"

namespace xtape::train {

class ModeGuard {
 public:
  explicit ModeGuard(const nn::Module& module) {
    for (const nn::NamedModule& m : module.named_modules()) {
      const auto& state = nn::detail::ModuleState::of(*m.module);
      modes_.emplace_back(state, state->is_training());
    }
  }
  ~ModeGuard() {
    for (const auto& [state, training] : modes_) state->set_training(training);
  }
  ModeGuard(const ModeGuard&) = delete;
  ModeGuard& operator=(const ModeGuard&) = delete;

 private:
  std::vector<std::pair<std::shared_ptr<nn::detail::ModuleState>, bool>> modes_;
};

class GeneratorGuard {
 public:
  GeneratorGuard() : before_(default_generator().state()) {}
  ~GeneratorGuard() { default_generator().set_state(before_); }
  GeneratorGuard(const GeneratorGuard&) = delete;
  GeneratorGuard& operator=(const GeneratorGuard&) = delete;

 private:
  const Generator::State before_;
};

}  // namespace xtape::train
