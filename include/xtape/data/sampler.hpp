// Samplers: which samples an epoch has, and in which order.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "xtape/data/dataset.hpp"

namespace xtape::data {

/// What a type needs to serve as a sampler: the number of samples in an epoch, and their indices in the dataset.
/// `indices` must depend on its arguments alone, so that a resumed run meets the same samples.
template <class S>
concept IndexSource = requires(const S& s, std::uint64_t seed, std::uint64_t epoch) {
  { s.size() } -> std::convertible_to<std::int64_t>;
  { s.indices(seed, epoch) } -> std::same_as<std::vector<std::int64_t>>;
};

/// A sampler that knows how many samples the dataset must have.
template <class S>
concept KnowsDatasetSize = requires(const S& s) {
  { s.dataset_size() } -> std::convertible_to<std::int64_t>;
};

/// Any sampler, as a handle: copies share it.
class XTAPE_API Sampler {
 public:
  /// No sampler.
  Sampler() = default;
  template <class S>
    requires(!std::same_as<std::remove_cvref_t<S>, Sampler> && IndexSource<S>)
  Sampler(S sampler) : source_(std::make_shared<Model<S>>(std::move(sampler))) {}  // NOLINT: implicit

  /// Whether there is one: only then may the other members be called.
  bool defined() const noexcept { return source_ != nullptr; }
  std::int64_t size() const { return source_->size(); }
  std::vector<std::int64_t> indices(std::uint64_t seed, std::uint64_t epoch) const {
    return source_->indices(seed, epoch);
  }
  /// Of the dataset that it is made for; -1 if it fits any.
  std::int64_t dataset_size() const { return source_->dataset_size(); }

 private:
  struct Concept {
    virtual ~Concept() = default;
    virtual std::int64_t size() const = 0;
    virtual std::vector<std::int64_t> indices(std::uint64_t seed, std::uint64_t epoch) const = 0;
    virtual std::int64_t dataset_size() const = 0;
  };
  template <class S>
  struct Model final : Concept {
    explicit Model(S sampler) : s(std::move(sampler)) {}
    std::int64_t size() const override { return s.size(); }
    std::vector<std::int64_t> indices(std::uint64_t seed, std::uint64_t epoch) const override {
      return s.indices(seed, epoch);
    }
    std::int64_t dataset_size() const override {
      if constexpr (KnowsDatasetSize<S>) {
        return s.dataset_size();
      } else {
        return -1;
      }
    }
    S s;
  };
  std::shared_ptr<const Concept> source_;
};

/// Draws sample i with a probability proportional to weights[i], by multinomial().
class XTAPE_API WeightedRandomSampler {
 public:
  /// One weight for each sample of the dataset; `num_samples` make an epoch. Without replacement no sample occurs twice
  /// in an epoch. ValueError unless the weights are finite, none is negative, one is above 0, and num_samples is above
  /// 0 and without replacement at most the number of weights above 0.
  WeightedRandomSampler(const std::vector<double>& weights, std::int64_t num_samples, bool replacement = true);
  /// `weights` of shape (N), of any dtype.
  WeightedRandomSampler(const Tensor& weights, std::int64_t num_samples, bool replacement = true);

  std::int64_t size() const { return num_samples_; }
  std::vector<std::int64_t> indices(std::uint64_t seed, std::uint64_t epoch) const;
  std::int64_t dataset_size() const { return weights_.numel(); }

 private:
  Tensor weights_;
  std::int64_t num_samples_;
  bool replacement_;
};

/// Draws every class equally often, and every sample of a class: with replacement, with weights 1 / (size of the
/// class).
class XTAPE_API ClassBalancedSampler : public WeightedRandomSampler {
 public:
  /// The classes are dataset.targets(): integers of shape (N), else DTypeError or ShapeError. An epoch has as many
  /// samples as the dataset.
  explicit ClassBalancedSampler(const Dataset& dataset);
  /// An epoch has `num_samples` samples.
  ClassBalancedSampler(const Dataset& dataset, std::int64_t num_samples);
};

}  // namespace xtape::data
