// Datasets: anything that has a size and gives batches of samples by their indices. A batch is always made of
// fresh tensors without history, so it may be kept and changed.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "xtape/detail/unqualified_data.hpp"
#include "xtape/tensor.hpp"

namespace xtape::data {

/// Which part of a data set that comes in two.
enum class Split : std::uint8_t { train, test };

/// Samples, stacked along dim 0. `auto [x, y] = dataset.batch(indices);`
struct Batch {
  Tensor x;  ///< inputs
  Tensor y;  ///< targets
};

/// What a type needs to serve as a dataset. `batch` must be safe to call from several threads.
template <class D>
concept BatchSource = requires(const D& d, std::span<const std::int64_t> indices) {
  { d.size() } -> std::convertible_to<std::int64_t>;
  { d.batch(indices) } -> std::same_as<Batch>;
};

/// Which random numbers the batches of an epoch get. A dataset that draws numbers takes them from a generator of its
/// own for each sample, seeded with seed_of(sample): then a sample is the same in every batch, in any order, on any
/// thread.
struct XTAPE_API Draw {
  std::uint64_t seed = 0;
  std::int64_t epoch = 0;

  /// Another seed for each (seed, epoch, sample).
  std::uint64_t seed_of(std::int64_t sample) const noexcept;
  /// What a dataset passes on to its inner dataset number `i`, whose numbers are then others than its own.
  Draw inner(std::int64_t i = 0) const noexcept;
};

/// A dataset whose samples in training depend on random numbers.
template <class D>
concept DrawsBatches = requires(const D& d, std::span<const std::int64_t> indices, const Draw& draw) {
  { d.batch(indices, draw) } -> std::same_as<Batch>;
};

/// A dataset that gives its targets without making the inputs, which may have to be decoded.
template <class D>
concept HasTargets = requires(const D& d) {
  { d.targets() } -> std::convertible_to<Tensor>;
};

/// A dataset of samples of another one: index_in_whole(i) is where sample i stands there.
template <class D>
concept HasWhole = requires(const D& d) {
  { d.index_in_whole(std::int64_t{}) } -> std::same_as<std::int64_t>;
};

/// Any dataset, as a handle: copies share it.
class XTAPE_API Dataset {
 public:
  template <class D>
    requires(!std::same_as<std::remove_cvref_t<D>, Dataset> && BatchSource<D>)
  Dataset(D dataset) : source_(std::make_shared<Model<D>>(std::move(dataset))) {}  // NOLINT: implicit

  /// The number of samples.
  std::int64_t size() const { return source_->size(); }
  /// The samples at `indices`, in that order; repeats are allowed. ShapeError if the dataset gives more or fewer inputs
  /// or targets.
  Batch batch(std::span<const std::int64_t> indices) const;
  /// The same for training: with the random numbers of `draw` if the dataset has random transforms.
  Batch batch(std::span<const std::int64_t> indices, const Draw& draw) const;
  /// One sample, without dim 0.
  Batch operator[](std::int64_t index) const;
  /// The targets of all samples, stacked along dim 0. Where the dataset has no targets() of its own, all its batches
  /// are made for them. ShapeError if its own are not as many as its samples.
  Tensor targets() const;
  /// The targets of the samples at `indices`.
  Tensor targets(std::span<const std::int64_t> indices) const;
  /// Where sample `index` stands in the dataset that it was taken from, through any number of Subsets and transforms;
  /// for any other dataset `index` itself. IndexError for a sample that a Subset does not have.
  std::int64_t index_in_whole(std::int64_t index) const { return source_->index_in_whole(index); }

 private:
  struct Concept {
    virtual ~Concept() = default;
    virtual std::int64_t size() const = 0;
    virtual Batch batch(std::span<const std::int64_t> indices, const Draw* draw) const = 0;
    virtual Tensor targets() const = 0;  // undefined: it has none of its own
    virtual std::int64_t index_in_whole(std::int64_t index) const = 0;
  };
  template <class D>
  struct Model final : Concept {
    explicit Model(D dataset) : d(std::move(dataset)) {}
    std::int64_t size() const override { return d.size(); }
    Batch batch(std::span<const std::int64_t> indices, const Draw* draw) const override {
      if constexpr (DrawsBatches<D>) {
        if (draw) return d.batch(indices, *draw);
      }
      return d.batch(indices);
    }
    Tensor targets() const override {
      if constexpr (HasTargets<D>) {
        return d.targets();
      } else {
        return Tensor();
      }
    }
    std::int64_t index_in_whole(std::int64_t index) const override {
      if constexpr (HasWhole<D>) {
        return d.index_in_whole(index);
      } else {
        return index;
      }
    }
    D d;
  };
  Batch checked_batch(std::span<const std::int64_t> indices, const Draw* draw) const;
  Tensor own_targets() const;
  std::shared_ptr<const Concept> source_;
};

/// Sample i is (x[i], y[i]), of any dtypes. Shares the tensors' storage.
class XTAPE_API TensorDataset {
 public:
  /// ShapeError unless x and y have the same number of samples.
  TensorDataset(const Tensor& x, const Tensor& y);
  std::int64_t size() const { return x_.size(0); }
  Batch batch(std::span<const std::int64_t> indices) const;
  Tensor targets() const { return y_; }

 private:
  Tensor x_, y_;
};

/// Images that are kept as bytes and become float32 in [0, 1] (byte / 255) batch by batch, each with a class.
class XTAPE_API ImageDataset {
 public:
  /// images uint8 (N, H, W) or (N, C, H, W); labels (N), of an integer dtype, index `classes`, which are
  /// names. IndexError names the first label outside.
  ImageDataset(const Tensor& images, const Tensor& labels, std::vector<std::string> classes);
  std::int64_t size() const { return images_.size(0); }
  /// x float32 (B, C, H, W), y int64 (B).
  Batch batch(std::span<const std::int64_t> indices) const;
  /// labels().
  Tensor targets() const { return labels_; }

  /// uint8 (N, C, H, W).
  Tensor images() const { return images_; }
  /// int64 (N).
  Tensor labels() const { return labels_; }
  /// The names of the classes; label k is classes()[k].
  std::vector<std::string> classes() const;

 private:
  Tensor images_, labels_;
  std::vector<std::string> classes_;
};

/// The samples of a dataset at chosen indices. Copies share the list.
class XTAPE_API Subset {
 public:
  /// IndexError names the first index outside the dataset.
  Subset(Dataset dataset, std::vector<std::int64_t> indices);
  std::int64_t size() const { return static_cast<std::int64_t>(indices_->size()); }
  Batch batch(std::span<const std::int64_t> indices) const;
  Batch batch(std::span<const std::int64_t> indices, const Draw& draw) const;
  Tensor targets() const;
  std::int64_t index_in_whole(std::int64_t index) const;
  /// The samples' indices in the whole dataset.
  std::span<const std::int64_t> indices() const&;
  void indices() && = delete;

 private:
  Dataset dataset_;
  std::shared_ptr<const std::vector<std::int64_t>> indices_;
};

/// Several datasets, one after the other: `ConcatDataset({a, b})`. Copies share the list.
class XTAPE_API ConcatDataset {
 public:
  /// ValueError for an empty list.
  explicit ConcatDataset(std::vector<Dataset> datasets);
  std::int64_t size() const;
  /// Samples of different datasets may stand in one batch. Then their shapes and dtypes must be the same: ShapeError or
  /// DTypeError names the two datasets otherwise.
  Batch batch(std::span<const std::int64_t> indices) const;
  Batch batch(std::span<const std::int64_t> indices, const Draw& draw) const;
  Tensor targets() const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace xtape::data
