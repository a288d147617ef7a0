// The training flags of a module and of everything below it, which the destructor brings back.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "nn/module_state.hpp"

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

}  // namespace xtape::train
