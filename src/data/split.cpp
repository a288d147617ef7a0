#include "xtape/data/split.hpp"

#include <algorithm>
#include <cmath>

#include "core/fail.hpp"
#include "kernels/random.hpp"

namespace xtape::data::detail {

Parts split_indices(std::int64_t size, std::span<const double> fractions, std::uint64_t seed) {
  double sum = 0;
  for (double f : fractions) {
    if (!(f >= 0 && f <= 1)) fail<ValueError>("random_split", "fraction {} is outside [0, 1]", f);
    sum += f;
  }
  if (!(std::abs(sum - 1) <= 1e-9)) {
    fail<ValueError>("random_split", "the fractions sum to {}, not to 1", sum);
  }
  std::vector<std::int64_t> lengths;
  std::int64_t left = size;
  for (double f : fractions) {
    const auto floor = static_cast<std::int64_t>(f * static_cast<double>(size));
    lengths.push_back(std::min(floor, left));
    left -= lengths.back();
  }
  for (std::size_t i = 0; left > 0; i = (i + 1) % lengths.size()) {
    if (fractions[i] == 0) continue;  // a part of fraction 0 stays empty
    ++lengths[i];
    --left;
  }
  return split_indices(size, std::span<const std::int64_t>(lengths), seed);
}

Parts split_indices(std::int64_t size, std::span<const std::int64_t> lengths, std::uint64_t seed) {
  std::int64_t left = size;
  for (std::int64_t length : lengths) {
    if (length < 0) fail<ValueError>("random_split", "length {} is negative", length);
    if (length > left) {
      fail<ValueError>("random_split", "the lengths sum to more than the {} samples that there are", size);
    }
    left -= length;
  }
  if (left) {
    fail<ValueError>("random_split", "the lengths sum to {}, but there are {} samples", size - left, size);
  }
  std::vector<std::int64_t> order(static_cast<std::size_t>(size));
  kernels::permutation(keyed_stream(seed, StreamUse::split), size, order.data());
  Parts parts;
  auto next = order.begin();
  for (std::int64_t length : lengths) {
    parts.emplace_back(next, next + length);
    next += length;
  }
  return parts;
}

}  // namespace xtape::data::detail
