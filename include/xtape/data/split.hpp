// Splits a dataset at random into disjoint parts that together are the whole: once, or k times for cross-validation.
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
/// The same for each class of `targets`. `name` is a literal, for errors.
XTAPE_API Parts stratified_indices(const char* name, const Tensor& targets, std::span<const double> fractions,
                                   std::uint64_t seed);

template <std::size_t n, std::size_t... i>
std::array<Subset, n> subsets(const Dataset& dataset, Parts parts, std::index_sequence<i...>) {
  return {Subset(dataset, std::move(parts[i]))...};
}
}  // namespace detail

/// Parts of floor(fraction size) samples each; the remainder is distributed one sample to each part, from the first on
/// (PyTorch's rule, except that a part of fraction 0 stays empty). Only the seed decides which sample goes where; the
/// default generator is not used. ValueError unless every fraction lies in [0, 1] and they sum to 1 within 1e-9.
template <std::size_t n>
std::array<Subset, n> random_split(const Dataset& dataset, const std::array<double, n>& fractions,
                                   std::uint64_t seed = 0) {
  return detail::subsets<n>(dataset, detail::split_indices(dataset.size(), fractions, seed),
                            std::make_index_sequence<n>());
}

/// The same with the parts' lengths. ValueError unless none is negative and they sum to the dataset's size.
template <std::integral T, std::size_t n>
std::array<Subset, n> random_split(const Dataset& dataset, const std::array<T, n>& lengths, std::uint64_t seed = 0) {
  std::array<std::int64_t, n> wide{};
  for (std::size_t i = 0; i < n; ++i) wide[i] = static_cast<std::int64_t>(lengths[i]);
  return detail::subsets<n>(dataset, detail::split_indices(dataset.size(), wide, seed), std::make_index_sequence<n>());
}

/// The same two of a list: `random_split(dataset, {0.8, 0.2})`, `random_split(dataset, {1600, 400})`.
template <std::size_t n>
std::array<Subset, n> random_split(const Dataset& dataset, const double (&fractions)[n], std::uint64_t seed = 0) {
  return random_split(dataset, std::to_array(fractions), seed);
}
template <std::integral T, std::size_t n>
std::array<Subset, n> random_split(const Dataset& dataset, const T (&lengths)[n], std::uint64_t seed = 0) {
  return random_split(dataset, std::to_array(lengths), seed);
}

/// Parts in which every class has its fraction of samples, rounded down or up; what rounding leaves goes to the parts
/// that are furthest behind. The classes are dataset.targets(): integers of shape (N), else DTypeError or ShapeError.
/// Within a part the classes are mixed. ValueError as in random_split, and for a class with fewer samples than there
/// are parts.
template <std::size_t n>
std::array<Subset, n> stratified_split(const Dataset& dataset, const std::array<double, n>& fractions,
                                       std::uint64_t seed = 0) {
  return detail::subsets<n>(dataset, detail::stratified_indices("stratified_split", dataset.targets(), fractions, seed),
                            std::make_index_sequence<n>());
}

/// The same of a list: `stratified_split(dataset, {0.8, 0.2})`.
template <std::size_t n>
std::array<Subset, n> stratified_split(const Dataset& dataset, const double (&fractions)[n], std::uint64_t seed = 0) {
  return stratified_split(dataset, std::to_array(fractions), seed);
}

/// One round of cross-validation.
struct Fold {
  Subset train, held_out;
};

/// `for (auto& [train, held_out] : k_fold(dataset, 5))`: each sample is held out in one fold. The parts are those of a
/// random_split into k; the first size % k have one sample more. ValueError unless k is from 2 to the dataset's size.
XTAPE_API std::vector<Fold> k_fold(const Dataset& dataset, std::int64_t k, std::uint64_t seed = 0);
/// The same with parts as stratified_split makes them.
XTAPE_API std::vector<Fold> stratified_k_fold(const Dataset& dataset, std::int64_t k, std::uint64_t seed = 0);

}  // namespace xtape::data
