#include "xtape/data/sampler.hpp"

#include "core/fail.hpp"
#include "data/classes.hpp"
#include "kernels/random.hpp"
#include "ops/checks.hpp"
#include "xtape/ops.hpp"
#include "xtape/random.hpp"

namespace xtape::data {

namespace {

/// 1 / (samples of its class) for each sample.
Tensor weights_by_class(const Tensor& targets) {
  const std::int64_t n = targets.dim() == 0 ? 0 : targets.size(0);
  if (targets.numel() == 0) fail<ValueError>("ClassBalancedSampler", "the dataset has no samples");
  Tensor weights = zeros({n}, {.dtype = DType::float64});
  const auto weight = weights.span<double>();
  SamplesByClass("ClassBalancedSampler", targets, arange(n)).each([weight](std::int64_t, auto samples) {
    for (std::int64_t i : samples) weight[static_cast<std::size_t>(i)] = 1 / static_cast<double>(samples.size());
  });
  return weights;
}

}  // namespace

WeightedRandomSampler::WeightedRandomSampler(const std::vector<double>& weights, std::int64_t num_samples,
                                             bool replacement)
    : WeightedRandomSampler(tensor(weights, {static_cast<std::int64_t>(weights.size())}), num_samples, replacement) {}

WeightedRandomSampler::WeightedRandomSampler(const Tensor& weights, std::int64_t num_samples, bool replacement)
    : num_samples_(num_samples), replacement_(replacement) {
  xtape::detail::check_defined("WeightedRandomSampler", weights);
  if (weights.dim() != 1) {
    fail<ShapeError>("WeightedRandomSampler", "expected weights of shape (N), got {}", weights.shape());
  }
  weights_ = weights.detach().to(DType::float64).clone();
  indices(0, 0);  // multinomial checks the weights
}

std::vector<std::int64_t> WeightedRandomSampler::indices(std::uint64_t seed, std::uint64_t epoch) const {
  std::int64_t seed_of_epoch = 0;
  kernels::randint(keyed_stream(seed, StreamUse::sampler, epoch), 0, 1, 0, std::uint64_t{1} << 63, &seed_of_epoch);
  Generator generator(static_cast<std::uint64_t>(seed_of_epoch));
  return multinomial(weights_, num_samples_, replacement_, {.generator = &generator}).to_vector<std::int64_t>();
}

ClassBalancedSampler::ClassBalancedSampler(const Dataset& dataset) : ClassBalancedSampler(dataset, dataset.size()) {}

ClassBalancedSampler::ClassBalancedSampler(const Dataset& dataset, std::int64_t num_samples)
    : WeightedRandomSampler(weights_by_class(dataset.targets()), num_samples) {}

}  // namespace xtape::data
