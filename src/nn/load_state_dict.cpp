// Module::load_state_dict: all that does not fit is found, and every cast made, before the first write.
#include "nn/load_state_dict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape::nn {

namespace {

void add_item(std::string& list, const std::string& item) { list += (list.empty() ? "" : "; ") + item; }

IncompatibleKeys compare_keys(const StateDict& ours, const StateDict& theirs) {
  IncompatibleKeys keys;
  for (const auto& [name, tensor] : ours) {
    if (!theirs.contains(name)) keys.missing_keys.push_back(name);
  }
  for (const auto& [name, tensor] : theirs) {
    if (!ours.contains(name)) keys.unexpected_keys.push_back(name);
  }
  return keys;
}

/// The first names, and how many more there are.
std::string first_of(const std::vector<std::string>& names) {
  constexpr std::size_t most = 5;
  const auto end = names.begin() + static_cast<std::ptrdiff_t>(std::min(most, names.size()));
  const std::string list = fmt::format("{}", fmt::join(names.begin(), end, ", "));
  return names.size() > most ? fmt::format("{} and {} more", list, names.size() - most) : list;
}

/// What to do about names without a counterpart. A checkpoint may have them after a prefix.
std::string hint_for_names(const StateDict& ours, const StateDict& theirs, const IncompatibleKeys& keys) {
  if (keys.missing_keys.size() < ours.size()) return "; pass strict = false to load those that match";
  for (const auto& [name, tensor] : theirs) {
    for (const std::string& missing : keys.missing_keys) {
      if (!name.ends_with("." + missing)) continue;
      return fmt::format("; none matches, but the dict has \"{}\": leave \"{}\" out of its names?", name,
                         name.substr(0, name.size() - missing.size()));
    }
  }
  return "; none matches";
}

/// Throws if a shape differs or, with `strict`, if a name has no counterpart.
void check_fit(const StateDict& ours, const StateDict& theirs, const IncompatibleKeys& keys, bool strict) {
  std::string shapes, names;
  for (const auto& [name, tensor] : ours) {
    if (!theirs.contains(name) || theirs.at(name).shape() == tensor.shape()) continue;
    add_item(shapes,
             fmt::format("\"{}\" is {} in the dict, {} in the module", name, theirs.at(name).shape(), tensor.shape()));
  }
  if (strict && !(keys.missing_keys.empty() && keys.unexpected_keys.empty())) {
    names = fmt::format("the keys do not match: missing [{}], unexpected [{}]", first_of(keys.missing_keys),
                        first_of(keys.unexpected_keys));
  }
  if (!shapes.empty()) {
    if (!names.empty()) add_item(shapes, names);
    fail<ShapeError>("load_state_dict", "{}", shapes);
  }
  if (!names.empty()) fail<ValueError>("load_state_dict", "{}{}", names, hint_for_names(ours, theirs, keys));
}

/// Every cast that could fail is made before the first write.
std::vector<detail::PendingWrite> cast_all(const StateDict& ours, const StateDict& theirs) {
  NoGradGuard no_grad;
  std::vector<detail::PendingWrite> writes;
  std::string failed;
  for (const auto& [name, tensor] : ours) {
    if (!theirs.contains(name)) continue;
    try {
      writes.push_back({tensor, theirs.at(name).to(tensor.dtype())});
    } catch (const ValueError& error) {
      add_item(failed, fmt::format("\"{}\" ({})", name, error.what()));
    }
  }
  if (!failed.empty()) fail<ValueError>("load_state_dict", "values that the module's dtype cannot hold: {}", failed);
  return writes;
}

}  // namespace

detail::PendingLoad::PendingLoad(const Module& module, const StateDict& dict, bool strict) {
  const StateDict ours = module.state_dict();
  keys = compare_keys(ours, dict);
  check_fit(ours, dict, keys, strict);
  writes = cast_all(ours, dict);
}

void detail::write_all(const std::vector<PendingWrite>& writes) noexcept {
  for (const auto& [to, value] : writes) {
    // The dict may be the module's own: then both are one tensor.
    const std::int64_t bytes = to.impl()->numel * itemsize(to.impl()->dtype);
    if (bytes > 0) std::memmove(to.impl()->data, value.impl()->data, static_cast<std::size_t>(bytes));
    xtape::detail::mark_written(to);
  }
}

IncompatibleKeys Module::load_state_dict(const StateDict& dict, bool strict) const {
  detail::PendingLoad load(*this, dict, strict);
  detail::write_all(load.writes);
  return std::move(load.keys);
}

}  // namespace xtape::nn
