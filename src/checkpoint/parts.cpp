// Loading all parts or none. Of modules, loaders, generators and named tensors everything is checked before the first
// change: they are prepared, and at the end written, which cannot fail. Optimizers and schedulers check and change in
// one call, which may be the user's own code: they are loaded one after another, and if one fails, those before it get
// their old states back.
#include "checkpoint/parts.hpp"

#include <array>
#include <optional>
#include <utility>

#include "core/fail.hpp"
#include "data/loader_place.hpp"
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

bool is_optimizer(const Part& part) { return std::holds_alternative<Optimizer*>(part.target); }
/// Whether the part checks and changes in one call.
bool loads_at_once(const Part& part) { return is_optimizer(part) || std::holds_alternative<LRScheduler*>(part.target); }

/// Of one part: what will be written, or what it had before.
struct Change {
  std::vector<nn::detail::PendingWrite> writes;
  Generator::State generator;
  std::optional<data::LoaderPlace> place;
  StateDict dict;         // the new state of named tensors, the old one of other parts
  bool restores = false;  // that old state, if something fails
};

/// All that can fail, for a part that does not load at once.
Change prepare(const Part& part, StateDict& dict) {
  Change change;
  if (const auto* module = std::get_if<const nn::Module*>(&part.target)) {
    change.writes = nn::detail::PendingLoad(**module, dict).writes;
  } else if (std::holds_alternative<Generator*>(part.target)) {
    change.generator = generator_state(dict);
  } else if (const auto* loader = std::get_if<data::DataLoader>(&part.target)) {
    change.place.emplace(*loader, dict);
  } else if (std::holds_alternative<StateDict*>(part.target)) {
    change.dict = std::move(dict);
  }
  return change;
}

void write(Part& part, Change& change) noexcept {
  nn::detail::write_all(change.writes);
  if (const auto* generator = std::get_if<Generator*>(&part.target)) (*generator)->set_state(change.generator);
  if (const auto* loader = std::get_if<data::DataLoader>(&part.target)) change.place->give_to(*loader);
  if (const auto* tensors = std::get_if<StateDict*>(&part.target)) **tensors = std::move(change.dict);
}

void load(Part& part, const StateDict& dict) {
  if (const auto* optimizer = std::get_if<Optimizer*>(&part.target)) {
    (*optimizer)->load_state_dict(dict);
  } else if (const auto* scheduler = std::get_if<LRScheduler*>(&part.target)) {
    (*scheduler)->load_state_dict(dict);
  }
}

/// Throws the current exception on. For all but modules, an xtape::Error becomes a FileError that names the part; what
/// a user's optimizer throws stays as it is.
[[noreturn]] void rethrow(const std::string& path, const Part& part) {
  try {
    throw;
  } catch (Error& error) {
    if (!std::holds_alternative<const nn::Module*>(part.target)) {
      fail<FileError>(op, "\"{}\": the state of \"{}\" does not fit: {}", path, part.name, std::string(error.what()));
    }
    if (part.name != "model") error.set_module_path(part.name);
    throw;
  }
}

/// Of the parts that load at once, the last needs no copy of its old state, since load_state_dict changes nothing when
/// it throws: it is an optimizer, the largest of them.
class Loading {
 public:
  Loading(const std::string& path, std::vector<Part>& parts, std::vector<State>& states)
      : path_(path), parts_(parts), states_(states), changes_(parts.size()) {}
  ~Loading() {
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      try {
        if (changes_[i].restores) load(parts_[i], changes_[i].dict);
      } catch (...) {  // no memory, or an optimizer that refuses its own state: the others still get theirs back
      }
    }
  }
  Loading(const Loading&) = delete;
  Loading& operator=(const Loading&) = delete;

  void run() {
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      try {
        changes_[i] = prepare(parts_[i], states_[i].dict);
      } catch (...) {
        rethrow(path_, parts_[i]);
      }
    }
    std::size_t left = 0;
    for (const Part& part : parts_) left += loads_at_once(part);
    for (const bool optimizers : {false, true}) {
      for (std::size_t i = 0; i < parts_.size(); ++i) {
        if (loads_at_once(parts_[i]) && is_optimizer(parts_[i]) == optimizers) load_part(i, --left == 0);
      }
    }
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      changes_[i].restores = false;
      write(parts_[i], changes_[i]);
    }
  }

 private:
  void load_part(std::size_t i, bool is_last) {
    if (!is_last) changes_[i].dict = state_of(parts_[i]).dict;
    try {
      load(parts_[i], states_[i].dict);
    } catch (...) {
      rethrow(path_, parts_[i]);
    }
    changes_[i].restores = !is_last;
  }

  const std::string& path_;
  std::vector<Part>& parts_;
  std::vector<State>& states_;
  std::vector<Change> changes_;  // one for each part
};

}  // namespace

State without_tensors(const Part& part) { return {part.name, kinds[part.target.index()], {}}; }

State state_of(const Part& part) {
  State state = without_tensors(part);
  state.dict = std::visit([](const auto& target) { return state_dict_of(target); }, part.target);
  return state;
}

void load_all(const std::string& path, std::vector<Part>& parts, std::vector<State>& states) {
  Loading(path, parts, states).run();
}

}  // namespace xtape::checkpoint
