// Scalars are written as 0-dim tensors, so that any format for tensors can store a dict.
#include "optim/state.hpp"

#include <vector>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "xtape/creation.hpp"
#include "xtape/ops.hpp"

namespace xtape::optim {

namespace {
constexpr const char* op = "load_state_dict";

Tensor range(std::size_t first, std::size_t count) { return arange(first, first + count, {.dtype = int64}); }
}  // namespace

void StateWriter::write(const std::string& name, double value) {
  dict_.insert(name, full({}, value, {.dtype = float64}));
}
void StateWriter::write(const std::string& name, bool value) { dict_.insert(name, full({}, value)); }
void StateWriter::write(const std::string& name, std::int64_t value) { dict_.insert(name, full({}, value)); }
void StateWriter::write(const std::string& name, std::span<const double> value) {
  dict_.insert(name, tensor(value, {static_cast<std::int64_t>(value.size())}));
}
void StateWriter::write(const std::string& name, std::span<const std::int64_t> value) {
  dict_.insert(name, tensor(value, {static_cast<std::int64_t>(value.size())}));
}
void StateWriter::write_range(const std::string& name, std::size_t first, std::size_t count) {
  dict_.insert(name, range(first, count));
}
void StateWriter::write(const std::string& name, const Tensor& value) {
  dict_.insert(name, xtape::detail::copy_of(value));
}

const Tensor& StateReader::entry(const std::string& name, const Shape& shape) {
  const std::string full_name = prefix_ + name;
  if (!dict_.contains(full_name)) {
    fail<ValueError>(op, "no entry \"{}\"; is this the state of something other than {}?", full_name, owner_);
  }
  const Tensor& value = dict_.at(full_name);
  if (value.shape() != shape) {
    fail<ShapeError>(op, "\"{}\" has shape {}, expected {}", full_name, value.shape(), shape);
  }
  read_.insert(full_name);
  return value;
}

void StateReader::read(const std::string& name, double& value) { value = entry(name, {}).item<double>(); }
void StateReader::read(const std::string& name, bool& value) { value = entry(name, {}).item<bool>(); }
void StateReader::read(const std::string& name, std::int64_t& value) { value = entry(name, {}).item<std::int64_t>(); }
void StateReader::read(const std::string& name, std::array<double, 2>& value) {
  const std::vector<double> both = to(entry(name, {2}), float64).detach().to_vector<double>();
  value = {both[0], both[1]};
}
void StateReader::read(const std::string& name, std::vector<double>& value) {
  const std::int64_t n = has(name) ? found(name).numel() : 0;
  value = to(entry(name, {n}), float64).detach().to_vector<double>();
}
void StateReader::read(const std::string& name, std::vector<std::int64_t>& value) {
  const std::int64_t n = has(name) ? found(name).numel() : 0;
  value = to(entry(name, {n}), int64).detach().to_vector<std::int64_t>();
}
void StateReader::read_count(const std::string& name, std::int64_t& value, std::int64_t least) {
  read(name, value);
  if (value < least) fail<ValueError>(op, "\"{}\" = {}; expected at least {}", name, value, least);
}

void StateReader::expect_range(const std::string& name, std::size_t first, std::size_t count) {
  const Tensor& numbers = entry(name, {static_cast<std::int64_t>(count)});
  if (!equal(to(numbers, int64), range(first, count))) {
    fail<ValueError>(op, "\"{}\" does not hold {} consecutive numbers from {} on", name, count, first);
  }
}

Tensor StateReader::read_like(const std::string& name, const Tensor& like) {
  const Tensor& value = entry(name, like.shape());
  if (!is_floating(value.dtype())) {
    fail<DTypeError>(op, "\"{}\" is {}, expected {}", name, value.dtype(), like.dtype());
  }
  return xtape::detail::copy_of(to(value.detach(), like.dtype()));
}

StateReader StateReader::part(const char* owner, const std::string& prefix) {
  for (const auto& [name, tensor] : dict_) {
    if (name.starts_with(prefix_ + prefix)) read_.insert(name);
  }
  return StateReader(owner, dict_, prefix_ + prefix);
}

void StateReader::expect_all_read() const {
  for (const auto& [name, tensor] : dict_) {
    if (name.starts_with(prefix_) && !read_.contains(name)) {
      fail<ValueError>(op, "entry \"{}\" does not belong to the state of {}", name, owner_);
    }
  }
}

}  // namespace xtape::optim
