#include "xtape/data/split.hpp"

#include <algorithm>
#include <cmath>

#include "core/fail.hpp"
#include "data/classes.hpp"
#include "kernels/random.hpp"
#include "xtape/ops.hpp"

namespace xtape::data::detail {

namespace {

using Indices = std::vector<std::int64_t>;

void check_fractions(const char* name, std::span<const double> fractions) {
  double sum = 0;
  for (double f : fractions) {
    if (!(f >= 0 && f <= 1)) fail<ValueError>(name, "fraction {} is outside [0, 1]", f);
    sum += f;
  }
  if (!(std::abs(sum - 1) <= 1e-9)) fail<ValueError>(name, "the fractions sum to {}, not to 1", sum);
}

/// 0 .. size-1 in the order of `seed`, of which each `number` has its own.
Indices shuffled(std::int64_t size, std::uint64_t seed, std::uint64_t number = 0) {
  Indices order(static_cast<std::size_t>(size));
  kernels::permutation(keyed_stream(seed, StreamUse::split, number), size, order.data());
  return order;
}

/// How many of a class's `n` samples each part gets: its share rounded down or up. What rounding leaves goes to the
/// parts that are furthest behind, `behind[i]` samples so far, so that the parts' sizes are right as well.
std::vector<std::int64_t> share_out(std::int64_t n, std::span<const double> fractions, std::vector<double>& behind) {
  std::vector<std::int64_t> counts;
  std::vector<std::size_t> parts;  // whose share is not a whole number
  std::int64_t left = n;
  for (std::size_t i = 0; i < fractions.size(); ++i) {
    const double share = fractions[i] * static_cast<double>(n), whole = std::floor(share + 1e-9);  // 0.29 * 100 is 29
    counts.push_back(static_cast<std::int64_t>(whole));
    left -= counts.back();
    behind[i] += share - whole;
    if (share - whole > 1e-9) parts.push_back(i);
  }
  for (; left > 0 && !parts.empty(); --left) {
    const auto next = std::max_element(parts.begin(), parts.end(), [&behind](std::size_t a, std::size_t b) {
      return behind[a] + 1e-9 < behind[b];  // of equals the first
    });
    ++counts[*next];
    behind[*next] -= 1;
    parts.erase(next);
  }
  return counts;
}

void check_folds(const char* name, std::int64_t k, std::int64_t size) {
  if (k < 2 || k > size) fail<ValueError>(name, "k is {}, it must be from 2 to the {} samples", k, size);
}

/// Each part is held out once; the others are trained on, one after the other.
std::vector<Fold> folds_of(const Dataset& dataset, const Parts& parts) {
  std::vector<Fold> folds;
  for (const Indices& held_out : parts) {
    Indices train;
    for (const Indices& part : parts) {
      if (&part != &held_out) train.insert(train.end(), part.begin(), part.end());
    }
    folds.push_back({Subset(dataset, std::move(train)), Subset(dataset, held_out)});
  }
  return folds;
}

}  // namespace

Parts split_indices(std::int64_t size, std::span<const double> fractions, std::uint64_t seed) {
  check_fractions("random_split", fractions);
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
  const Indices order = shuffled(size, seed);
  Parts parts;
  auto next = order.begin();
  for (std::int64_t length : lengths) {
    parts.emplace_back(next, next + length);
    next += length;
  }
  return parts;
}

Parts stratified_indices(const char* name, const Tensor& targets, std::span<const double> fractions,
                         std::uint64_t seed) {
  check_fractions(name, fractions);
  const Indices order = shuffled(targets.dim() == 0 ? 0 : targets.size(0), seed);
  const SamplesByClass classes(name, targets, tensor(order, {static_cast<std::int64_t>(order.size())}));
  const std::size_t wanted =
      fractions.size() - static_cast<std::size_t>(std::count(fractions.begin(), fractions.end(), 0.0));
  std::vector<double> behind(fractions.size(), 0.0);
  Parts parts(fractions.size());
  classes.each([&](std::int64_t label, std::span<const std::int64_t> samples) {
    if (samples.size() < wanted) {
      fail<ValueError>(name, "class {} has {} samples, fewer than the {} parts", label, samples.size(), wanted);
    }
    const auto counts = share_out(static_cast<std::int64_t>(samples.size()), fractions, behind);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const auto some = samples.first(static_cast<std::size_t>(counts[i]));
      parts[i].insert(parts[i].end(), some.begin(), some.end());
      samples = samples.subspan(some.size());
    }
  });
  for (std::size_t i = 0; i < parts.size(); ++i) {  // the classes mixed
    Indices part = shuffled(static_cast<std::int64_t>(parts[i].size()), seed, i + 1);
    for (std::int64_t& sample : part) sample = parts[i][static_cast<std::size_t>(sample)];
    parts[i] = std::move(part);
  }
  return parts;
}

}  // namespace xtape::data::detail

namespace xtape::data {

std::vector<Fold> k_fold(const Dataset& dataset, std::int64_t k, std::uint64_t seed) {
  detail::check_folds("k_fold", k, dataset.size());
  std::vector<std::int64_t> lengths(static_cast<std::size_t>(k), dataset.size() / k);
  std::for_each_n(lengths.begin(), dataset.size() % k, [](std::int64_t& length) { ++length; });
  return detail::folds_of(dataset, detail::split_indices(dataset.size(), std::span<const std::int64_t>(lengths), seed));
}

std::vector<Fold> stratified_k_fold(const Dataset& dataset, std::int64_t k, std::uint64_t seed) {
  detail::check_folds("stratified_k_fold", k, dataset.size());
  const std::vector<double> shares(static_cast<std::size_t>(k), 1.0 / static_cast<double>(k));
  return detail::folds_of(dataset, detail::stratified_indices("stratified_k_fold", dataset.targets(), shares, seed));
}

}  // namespace xtape::data
