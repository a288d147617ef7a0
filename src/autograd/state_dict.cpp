// StateDict: entries in order of insertion, and their positions sorted by name, so that loading a large model does not
// search linearly for each name.
#include "xtape/state_dict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <ostream>
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"

namespace xtape {

namespace {
void check_defined(const char* op, const std::string& name, const Tensor& tensor) {
  if (!tensor.defined()) fail<ValueError>(op, "the tensor for \"{}\" is undefined", name);
}
}  // namespace

StateDict::StateDict(std::vector<Entry> entries) : entries_(std::move(entries)), by_name_(entries_.size()) {
  for (const auto& [name, tensor] : entries_) check_defined("StateDict", name, tensor);
  std::iota(by_name_.begin(), by_name_.end(), std::size_t{0});
  std::sort(by_name_.begin(), by_name_.end(),
            [this](std::size_t i, std::size_t j) { return entries_[i].name < entries_[j].name; });
  const auto twice = std::adjacent_find(by_name_.begin(), by_name_.end(), [this](std::size_t i, std::size_t j) {
    return entries_[i].name == entries_[j].name;
  });
  if (twice != by_name_.end()) fail<ValueError>("StateDict", "\"{}\" occurs twice", entries_[*twice].name);
}

std::size_t StateDict::lower_bound(std::string_view name) const noexcept {
  const auto at = std::lower_bound(by_name_.begin(), by_name_.end(), name,
                                   [this](std::size_t i, auto n) { return entries_[i].name < n; });
  return static_cast<std::size_t>(at - by_name_.begin());
}

const StateDict::Entry* StateDict::find(std::string_view name) const noexcept {
  const std::size_t at = lower_bound(name);
  if (at == by_name_.size() || entries_[by_name_[at]].name != name) return nullptr;
  return &entries_[by_name_[at]];
}

StateDict::const_iterator StateDict::begin() const noexcept { return entries_.begin(); }
StateDict::const_iterator StateDict::end() const noexcept { return entries_.end(); }

bool StateDict::contains(std::string_view name) const noexcept { return find(name) != nullptr; }

const Tensor& StateDict::at(std::string_view name) const& {
  const Entry* entry = find(name);
  if (!entry) fail<IndexError>("state_dict", "no entry \"{}\" among {}", name, entries_.size());
  return entry->tensor;
}

void StateDict::set(std::string name, Tensor tensor) {
  check_defined("set", name, tensor);
  if (const Entry* entry = find(name)) {
    entries_[static_cast<std::size_t>(entry - entries_.data())].tensor = std::move(tensor);
  } else {
    append(std::move(name), std::move(tensor));
  }
}

void StateDict::insert(std::string name, Tensor tensor) {
  check_defined("insert", name, tensor);
  if (contains(name)) {
    fail<ValueError>("insert", "there is an entry \"{}\" already; use set to replace it", name);
  }
  append(std::move(name), std::move(tensor));
}

void StateDict::append(std::string name, Tensor tensor) {
  const std::size_t at = lower_bound(name);
  // Reserve first, so that nothing throws between the two insertions.
  if (by_name_.size() == by_name_.capacity()) by_name_.reserve(2 * by_name_.capacity() + 8);
  entries_.push_back({std::move(name), std::move(tensor)});
  by_name_.insert(by_name_.begin() + static_cast<std::ptrdiff_t>(at), entries_.size() - 1);
}

std::string StateDict::to_string() const {
  if (empty()) return "StateDict({})";
  std::string text = "StateDict({\n";
  for (const auto& [name, tensor] : entries_) {
    std::string line = "  '" + name + "': ";
    const std::string indent(line.size(), ' ');
    for (const char c : tensor.to_string()) {
      line += c;
      if (c == '\n') line += indent;
    }
    text += line + ",\n";
  }
  return text + "})";
}

std::ostream& operator<<(std::ostream& out, const StateDict& dict) { return out << dict.to_string(); }

namespace {
/// "['a', 'b']", as Python prints a list.
std::string quoted(const std::vector<std::string>& names) {
  return names.empty() ? "[]" : fmt::format("['{}']", fmt::join(names, "', '"));
}
}  // namespace

std::string IncompatibleKeys::to_string() const {
  if (missing_keys.empty() && unexpected_keys.empty()) return "<All keys matched successfully>";
  return fmt::format("IncompatibleKeys(missing_keys={}, unexpected_keys={})", quoted(missing_keys),
                     quoted(unexpected_keys));
}

std::ostream& operator<<(std::ostream& out, const IncompatibleKeys& keys) { return out << keys.to_string(); }

StateDict clone(const StateDict& dict) {
  StateDict copy;
  for (const auto& [name, tensor] : dict) copy.insert(name, detail::copy_of(tensor));
  return copy;
}

}  // namespace xtape
