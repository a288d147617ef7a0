#include "io/numbers.hpp"

#include <string>

#include "core/fail.hpp"
#include "xtape/creation.hpp"

namespace xtape::io {

StateDict numbers_dict(std::span<const char* const> names, std::span<const std::int64_t> numbers) {
  StateDict dict;
  for (std::size_t i = 0; i < names.size(); ++i) dict.insert(names[i], full({}, numbers[i]));
  return dict;
}

void read_numbers(const char* op, const StateDict& dict, std::span<const char* const> names,
                  std::span<std::int64_t> numbers) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!dict.contains(names[i])) fail<ValueError>(op, "the state has no entry \"{}\"", names[i]);
    const Tensor& tensor = dict[names[i]];
    if (tensor.dtype() != int64 || tensor.dim() != 0) {
      fail<ValueError>(op, "\"{}\" is {} of shape {}, expected an int64 number", names[i], tensor.dtype(),
                       tensor.shape());
    }
    numbers[i] = tensor.item<std::int64_t>();
  }
  if (dict.size() == names.size()) return;
  std::string all;
  for (const char* name : names) all += (all.empty() ? "" : ", ") + std::string(name);
  fail<ValueError>(op, "the state has {} entries, expected {}: {}", dict.size(), names.size(), all);
}

}  // namespace xtape::io
