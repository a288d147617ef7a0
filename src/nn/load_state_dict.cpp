// Module::load_state_dict: all that does not fit is found, and every cast made, before the first write.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "core/fail.hpp"
#include "xtape/autograd.hpp"
#include "xtape/nn/module.hpp"
#include "xtape/ops.hpp"

namespace xtape::nn {

namespace {

struct PendingWrite {
  Tensor to, value;
};

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

/// Throws if a shape differs or, with `strict`, if a name has no counterpart.
void check_fit(const StateDict& ours, const StateDict& theirs, const IncompatibleKeys& keys, bool strict) {
  std::string shapes, names;
  for (const auto& [name, tensor] : ours) {
    if (!theirs.contains(name) || theirs.at(name).shape() == tensor.shape()) continue;
    add_item(shapes,
             fmt::format("\"{}\" is {} in the dict, {} in the module", name, theirs.at(name).shape(), tensor.shape()));
  }
  if (strict && !(keys.missing_keys.empty() && keys.unexpected_keys.empty())) {
    names = fmt::format("the keys do not match: missing [{}], unexpected [{}]", fmt::join(keys.missing_keys, ", "),
                        fmt::join(keys.unexpected_keys, ", "));
  }
  if (!shapes.empty()) {
    if (!names.empty()) add_item(shapes, names);
    fail<ShapeError>("load_state_dict", "{}", shapes);
  }
  if (!names.empty()) fail<ValueError>("load_state_dict", "{}; pass strict = false to load those that match", names);
}

/// Every cast that could fail is made before the first write.
std::vector<PendingWrite> cast_all(const StateDict& ours, const StateDict& theirs) {
  std::vector<PendingWrite> writes;
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

IncompatibleKeys Module::load_state_dict(const StateDict& dict, bool strict) const {
  const StateDict ours = state_dict();
  IncompatibleKeys keys = compare_keys(ours, dict);
  check_fit(ours, dict, keys, strict);
  NoGradGuard no_grad;
  for (const PendingWrite& write : cast_all(ours, dict)) write.to.copy_(write.value);
  return keys;
}

}  // namespace xtape::nn
