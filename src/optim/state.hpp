// The state_dict of an optimizer or a scheduler, written and read. An optimizer's entries have PyTorch's names: options
// "param_groups.0.lr", the numbers of a group's parameters "param_groups.0.params", a parameter's state
// "state.0.exp_avg". Reading checks and copies everything.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "xtape/state_dict.hpp"

namespace xtape::optim {

class StateWriter {
 public:
  void write(const std::string& name, double value);
  void write(const std::string& name, bool value);
  void write(const std::string& name, std::int64_t value);
  void write(const std::string& name, std::span<const double> value);
  void write(const std::string& name, std::span<const std::int64_t> value);
  /// first, first + 1, ..., `count` of them.
  void write_range(const std::string& name, std::size_t first, std::size_t count);
  /// Copies the elements.
  void write(const std::string& name, const Tensor& value);
  StateDict take() { return std::move(dict_); }

 private:
  StateDict dict_;
};

class StateReader {
 public:
  /// `owner` names the optimizer or scheduler, for errors. Reads only entries whose names begin with `prefix`; the
  /// calls below leave it out.
  StateReader(const char* owner, const StateDict& dict, std::string prefix = {})
      : owner_(owner), dict_(dict), prefix_(std::move(prefix)) {}

  const std::string& prefix() const noexcept { return prefix_; }
  bool has(const std::string& name) const { return dict_.contains(prefix_ + name); }
  /// The number of its elements.
  std::size_t count(const std::string& name) const { return static_cast<std::size_t>(found(name).numel()); }
  bool is_scalar(const std::string& name) const { return has(name) && found(name).dim() == 0; }
  void read(const std::string& name, double& value);
  void read(const std::string& name, bool& value);
  void read(const std::string& name, std::int64_t& value);
  void read(const std::string& name, std::array<double, 2>& value);
  /// Of any length.
  void read(const std::string& name, std::vector<double>& value);
  void read(const std::string& name, std::vector<std::int64_t>& value);
  /// ValueError unless it is at least `least`.
  void read_count(const std::string& name, std::int64_t& value, std::int64_t least);
  /// ValueError unless the entry is what write_range writes.
  void expect_range(const std::string& name, std::size_t first, std::size_t count);
  /// A copy in `like`'s dtype. ShapeError unless the shapes agree.
  Tensor read_like(const std::string& name, const Tensor& like);
  /// A reader of the entries whose names begin with `prefix`; this one takes them for read.
  StateReader part(const char* owner, const std::string& prefix);
  /// ValueError when the dict holds an entry that was not read.
  void expect_all_read() const;

 private:
  const Tensor& found(const std::string& name) const { return dict_.at(prefix_ + name); }
  const Tensor& entry(const std::string& name, const Shape& shape);

  const char* owner_;
  const StateDict& dict_;
  std::string prefix_;
  std::set<std::string> read_;
};

}  // namespace xtape::optim
