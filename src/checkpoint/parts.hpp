// The parts of a checkpoint: what each is, its state, and loading the states of all parts or none.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "checkpoint/file.hpp"
#include "xtape/data/loader.hpp"
#include "xtape/generator.hpp"
#include "xtape/nn/module.hpp"
#include "xtape/optim/lr_scheduler.hpp"
#include "xtape/optim/optimizer.hpp"

namespace xtape::checkpoint {

using Target = std::variant<const nn::Module*, optim::Optimizer*, optim::lr_scheduler::LRScheduler*, data::DataLoader,
                            Generator*, StateDict*>;

struct Part {
  std::string name;
  Target target;
};

/// With an empty dict.
State without_tensors(const Part& part);
State state_of(const Part& part);
/// `states` are those of the parts, in their order; it may move from them. When it throws, every part has the state
/// that it had before.
void load_all(const std::string& path, std::vector<Part>& parts, std::vector<State>& states);

}  // namespace xtape::checkpoint
