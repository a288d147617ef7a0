// Loading all parts or none. Of modules, generators and named tensors everything can be checked before the first change
// (they are prepared, and at the end written, which cannot fail). The others check and change in one call that may be
// the user's own code: they are loaded one after another, and if one fails, those before it get their old states back.
#include "checkpoint/parts.hpp"

#include <array>
#include <utility>

#include "core/fail.hpp"
#include "io/numbers.hpp"
#include "nn/load_state_dict.hpp"

namespace xtape::checkpoint {

namespace {

using optim::Optimizer;
using optim::lr_scheduler::LRScheduler;

constexpr const char* kinds[] = {  // in the order of Target
    "module", "optimizer", "scheduler", "loader", "generator", "state_dict"};

constexpr std::array generator_names = {"seed", "offset"};

StateDict state_dict_of(const nn::Module* module) { return module->state_dict(); }
StateDict state_dict_of(const Optimizer* optimizer) { return optimizer->state_dict(); }
StateDict state_dict_of(const LRScheduler* scheduler) { return scheduler->state_dict(); }
StateDict state_dict_of(const data::DataLoader& loader) { return loader.state_dict(); }
StateDict state_dict_of(const StateDict* dict) { return *dict; }
StateDict state_dict_of(const Generator* generator) {
  const auto [seed, offset] = generator->state();
  const std::array numbers = {static_cast<std::int64_t>(seed), static_cast<std::int64_t>(offset)};
  return io::numbers_dict(generator_names, numbers);
}

Generator::State generator_state(const StateDict& dict) {
  std::array<std::int64_t, 2> numbers{};
  io::read_numbers("Generator", dict, generator_names, numbers);
  return {static_cast<std::uint64_t>(numbers[0]), static_cast<std::uint64_t>(numbers[1])};
}

/// Calls f(). An xtape::Error becomes a FileError that names the part; what a user's optimizer throws stays as it is.
template <class F>
void naming(const std::string& path, const Part& part, F f) {
  try {
    f();
  } catch (const Error& error) {
    fail<FileError>(op, "\"{}\": the state of \"{}\" does not fit: {}", path, part.name, error.what());
  }
}

// ---- parts that are prepared, then written -----------------------------------------------------------------------

class Prepared {
 public:
  void add(const std::string& path, const Part& part, StateDict& dict) {
    if (const auto* module = std::get_if<const nn::Module*>(&part.target)) {
      add_module(**module, part.name, dict);
    } else if (const auto* generator = std::get_if<Generator*>(&part.target)) {
      naming(path, part, [&] { generators_.emplace_back(*generator, generator_state(dict)); });
    } else if (const auto* tensors = std::get_if<StateDict*>(&part.target)) {
      dicts_.emplace_back(*tensors, std::move(dict));
    }
  }
  void write() noexcept {
    for (const nn::detail::PendingLoad& load : modules_) load.write();
    for (const auto& [generator, state] : generators_) generator->set_state(state);
    for (auto& [to, dict] : dicts_) *to = std::move(dict);
  }

 private:
  void add_module(const nn::Module& module, const std::string& name, const StateDict& dict) {
    try {
      modules_.emplace_back(module, dict);
    } catch (Error& error) {
      if (name != "model") error.set_module_path(name);
      throw;
    }
  }

  std::vector<nn::detail::PendingLoad> modules_;
  std::vector<std::pair<Generator*, Generator::State>> generators_;
  std::vector<std::pair<StateDict*, StateDict>> dicts_;
};

// ---- parts that check and change in one call ---------------------------------------------------------------------

/// False if `part` is one that is prepared.
bool is_loaded(const Part& part, bool is_optimizer) {
  if (std::holds_alternative<Optimizer*>(part.target)) return is_optimizer;
  return !is_optimizer &&
         (std::holds_alternative<LRScheduler*>(part.target) || std::holds_alternative<data::DataLoader>(part.target));
}

void load_state_dict(Part& part, const StateDict& dict) {
  if (const auto* optimizer = std::get_if<Optimizer*>(&part.target)) {
    (*optimizer)->load_state_dict(dict);
  } else if (const auto* scheduler = std::get_if<LRScheduler*>(&part.target)) {
    (*scheduler)->load_state_dict(dict);
  } else if (auto* loader = std::get_if<data::DataLoader>(&part.target)) {
    loader->load_state_dict(dict);
  }
}

/// The states that parts had before they were loaded. They get them back, unless forget() is called.
class Before {
 public:
  Before() = default;
  ~Before() {
    for (const auto& [part, dict] : states_) {
      try {
        load_state_dict(*part, dict);
      } catch (...) {  // no memory, or an optimizer that refuses its own state: the others still get theirs back
      }
    }
  }
  Before(const Before&) = delete;
  Before& operator=(const Before&) = delete;

  void remember(Part& part) { states_.emplace_back(&part, state_of(part).dict); }
  void forget() noexcept { states_.clear(); }

 private:
  std::vector<std::pair<Part*, StateDict>> states_;
};

/// Loads all parts of this sort or none. The last needs no copy of its state, since load_state_dict itself changes
/// nothing when it throws: one optimizer, the largest of these parts, comes last.
void load_in_turn(const std::string& path, std::vector<Part>& parts, const std::vector<State>& states) {
  std::vector<std::size_t> order;
  for (const bool is_optimizer : {false, true}) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (is_loaded(parts[i], is_optimizer)) order.push_back(i);
    }
  }
  Before before;
  for (const std::size_t i : order) {
    if (i != order.back()) before.remember(parts[i]);
    naming(path, parts[i], [&] { load_state_dict(parts[i], states[i].dict); });
  }
  before.forget();
}

}  // namespace

State without_tensors(const Part& part) { return {part.name, kinds[part.target.index()], {}}; }

State state_of(const Part& part) {
  State state = without_tensors(part);
  state.dict = std::visit([](const auto& target) { return state_dict_of(target); }, part.target);
  return state;
}

void load_all(const std::string& path, std::vector<Part>& parts, std::vector<State> states) {
  Prepared prepared;
  for (std::size_t i = 0; i < parts.size(); ++i) prepared.add(path, parts[i], states[i].dict);
  load_in_turn(path, parts, states);
  prepared.write();
}

}  // namespace xtape::checkpoint
