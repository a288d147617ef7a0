// StateDict: named tensors in the order in which they were added, as state_dict() gives and load_state_dict()
// takes them. Invariant: names are unique and every tensor is defined.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "xtape/export.hpp"
#include "xtape/tensor.hpp"

namespace xtape {

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

/// `for (const auto& [name, tensor] : dict)`, `dict["fc1.weight"]`. Copying the dict copies handles: both refer to the
/// same tensors. A snapshot is `clone(dict)`.
class XTAPE_API StateDict {
 public:
  using Entry = NamedTensor;
  using const_iterator = std::vector<Entry>::const_iterator;

  StateDict() = default;
  /// ValueError when a name occurs twice or a tensor is undefined.
  explicit StateDict(std::vector<Entry> entries);

  const_iterator begin() const noexcept;
  const_iterator end() const noexcept;
  std::size_t size() const noexcept { return entries_.size(); }
  bool empty() const noexcept { return size() == 0; }

  bool contains(std::string_view name) const noexcept;
  /// IndexError when there is no such entry; set() makes or replaces one.
  const Tensor& at(std::string_view name) const&;
  Tensor at(std::string_view name) && { return at(name); }
  const Tensor& operator[](std::string_view name) const& { return at(name); }
  Tensor operator[](std::string_view name) && { return at(name); }

  /// Replaces the entry in its place, or adds one at the end. ValueError when `tensor` is undefined.
  void set(std::string name, Tensor tensor);
  /// Adds an entry at the end. ValueError when the name is taken.
  void insert(std::string name, Tensor tensor);

  /// A line for each entry, with the name in quotes and the tensor as it prints.
  std::string to_string() const;
  /// Prints dict.to_string().
  friend XTAPE_API std::ostream& operator<<(std::ostream& out, const StateDict& dict);

 private:
  std::size_t lower_bound(std::string_view name) const noexcept;
  const Entry* find(std::string_view name) const noexcept;
  void append(std::string name, Tensor tensor);

  std::vector<Entry> entries_;
  std::vector<std::size_t> by_name_;  // positions in entries_, sorted by name
};

/// What load_state_dict found where names did not agree; empty lists where all did.
struct XTAPE_API IncompatibleKeys {
  std::vector<std::string> missing_keys;     ///< what the dict lacks: the module kept its own
  std::vector<std::string> unexpected_keys;  ///< what only the dict has
  /// "IncompatibleKeys(missing_keys=['head.bias'], unexpected_keys=[])", or "<All keys matched successfully>".
  std::string to_string() const;
  /// Prints keys.to_string().
  friend XTAPE_API std::ostream& operator<<(std::ostream& out, const IncompatibleKeys& keys);
};

/// The same names and copies of the elements, without history: later changes to `dict` do not affect it.
XTAPE_API StateDict clone(const StateDict& dict);

}  // namespace xtape
