// Splits a dataset at random into disjoint parts that together are the whole.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <utility>

#include "xtape/data/dataset.hpp"

namespace xtape::data {

namespace detail {
using Parts = std::vector<std::vector<std::int64_t>>;

/// The indices 0 .. size-1 in the order of `seed`, cut into parts. ValueError as random_split says.
XTAPE_API Parts split_indices(std::int64_t size, std::span<const double> fractions, std::uint64_t seed);
XTAPE_API Parts split_indices(std::int64_t size, std::span<const std::int64_t> lengths, std::uint64_t seed);

template <class Wide, class T, std::size_t n, std::size_t... i>
std::array<Subset, n> split(const Dataset& dataset, const std::array<T, n>& shares, std::uint64_t seed,
                            std::index_sequence<i...>) {
  const std::array<Wide, n> wide{static_cast<Wide>(shares[i])...};
  Parts parts = split_indices(dataset.size(), std::span<const Wide>(wide), seed);
  return {Subset(dataset, std::move(parts[i]))...};
}
}  // namespace detail

/// Parts of floor(fraction size) samples each; the remainder is distributed one sample to each part, from the first on
/// (PyTorch's rule, except that a part of fraction 0 stays empty). Only the seed decides which sample goes where; the
/// default generator is not used. ValueError unless every fraction lies in [0, 1] and they sum to 1 within 1e-9.
template <std::size_t n>
std::array<Subset, n> random_split(const Dataset& dataset, const std::array<double, n>& fractions,
                                   std::uint64_t seed = 0) {
  return detail::split<double>(dataset, fractions, seed, std::make_index_sequence<n>());
}

/// The same with the parts' lengths. ValueError unless none is negative and they sum to the dataset's size.
template <std::integral T, std::size_t n>
std::array<Subset, n> random_split(const Dataset& dataset, const std::array<T, n>& lengths, std::uint64_t seed = 0) {
  return detail::split<std::int64_t>(dataset, lengths, seed, std::make_index_sequence<n>());
}

}  // namespace xtape::data
