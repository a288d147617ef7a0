// Transforms of samples: what torchvision.transforms.v2 does to tensors, and datasets whose samples pass through them.
// A random transform draws other numbers for each image of a batch.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "xtape/data/dataset.hpp"
#include "xtape/generator.hpp"
#include "xtape/tensor.hpp"

namespace xtape::data {

/// What a type needs to serve as a transform: a call with a batch x of which dim 0 counts the samples, and, if the
/// transform is random, with the generator that it draws from. Each sample must be treated by itself. The calls must be
/// safe from several threads.
template <class F>
concept RandomTransform = requires(const F& f, const Tensor& x, Generator& generator) {
  { f(x, generator) } -> std::same_as<Tensor>;
};
template <class F>
concept DeterministicTransform = requires(const F& f, const Tensor& x) {
  { f(x) } -> std::same_as<Tensor>;
};

namespace detail {
struct XTAPE_API AnyTransform {
  virtual ~AnyTransform();
  virtual bool is_random() const = 0;
  /// Without a generator, random transforms are left out. Unless `is_batch`, x may also be one image (C, H, W).
  virtual Tensor apply(const Tensor& x, Generator* generator, bool is_batch) const = 0;
};
}  // namespace detail

/// Any transform, as a handle: copies share it. Those of this header are Transforms themselves.
class XTAPE_API Transform {
 public:
  template <class F>
    requires(!std::derived_from<std::remove_cvref_t<F>, Transform> && (RandomTransform<F> || DeterministicTransform<F>))
  Transform(F f) : transform_(std::make_shared<Model<F>>(std::move(f))) {}  // NOLINT: implicit

  /// x transformed, by a transform of this header in new storage.
  Tensor operator()(const Tensor& x, Generator& generator = default_generator()) const;
  /// The batch with its inputs transformed: a transform serves as trainer.transform(data::RandomShift(2)).
  Batch operator()(Batch batch, Generator& generator = default_generator()) const;
  /// x, or a batch, as in evaluation: random transforms are left out.
  Tensor deterministic(const Tensor& x) const;
  Batch deterministic(Batch batch) const;
  /// Whether it draws numbers; that of a Compose, whether one of its transforms does.
  bool is_random() const { return transform_->is_random(); }

 protected:
  /// Takes ownership.
  explicit Transform(detail::AnyTransform* transform);

 private:
  template <class F>
  struct Model final : detail::AnyTransform {
    explicit Model(F g) : f(std::move(g)) {}
    bool is_random() const override { return RandomTransform<F>; }
    Tensor apply(const Tensor& x, Generator* generator, bool) const override {
      if constexpr (RandomTransform<F>) {
        return generator ? f(x, *generator) : x;
      } else {
        return f(x);
      }
    }
    F f;
  };
  friend class Compose;
  std::shared_ptr<const detail::AnyTransform> transform_;
};

/// Transforms, one after the other: `Compose{RandomShift(2), Normalize(0.13, 0.31)}`.
class XTAPE_API Compose : public Transform {
 public:
  Compose(std::initializer_list<Transform> transforms);
  explicit Compose(std::vector<Transform> transforms);

 private:
  struct Sequence;
};

/// One number, or one for each channel.
class XTAPE_API PerChannel {
 public:
  PerChannel(double value);                          // NOLINT: implicit
  PerChannel(std::initializer_list<double> values);  // NOLINT: implicit
  PerChannel(std::vector<double> values);            // NOLINT: implicit
  std::span<const double> values() const&;
  void values() && = delete;

 private:
  std::vector<double> values_;
};

// Images are float32 or float64 (DTypeError) of shape (B, C, H, W), or one image (C, H, W) as in torchvision; in a
// Batch also (B, H, W) (ShapeError). The result has the same shape and dtype. Transforms are not recorded: GradError in
// grad mode for images that require grad.

/// (x - mean) / std, each given once or for each channel. ValueError unless all numbers are finite and std is above 0.
class XTAPE_API Normalize : public Transform {
 public:
  Normalize(const PerChannel& mean, const PerChannel& std);
};

/// Shifts by -pixels to +pixels in each direction, all equally likely; what comes in is 0. (torchvision's RandomCrop to
/// the old size, with padding.) ValueError for a negative number.
class XTAPE_API RandomShift : public Transform {
 public:
  explicit RandomShift(std::int64_t pixels);
};

/// Left becomes right with probability p. ValueError unless p lies in [0, 1].
class XTAPE_API RandomHorizontalFlip : public Transform {
 public:
  explicit RandomHorizontalFlip(double p = 0.5);
};

/// How a value between pixels is found: that of the nearest one, or a weighted mean of the four around it.
enum class Interpolation : std::uint8_t { nearest, bilinear };

struct XTAPE_API RandomRotationOptions {
  Interpolation interpolation = Interpolation::nearest;
  PerChannel fill = 0.0;  ///< what comes in, once or for each channel
};

/// Rotates about the center by an angle uniform in [-degrees, degrees] or in [range[0], range[1]], counter-clockwise if
/// it is positive. ValueError for a negative number, a range in descending order, or numbers that are not finite.
class XTAPE_API RandomRotation : public Transform {
 public:
  explicit RandomRotation(double degrees, const RandomRotationOptions& options = {});
  explicit RandomRotation(std::array<double, 2> range, const RandomRotationOptions& options = {});
};

struct XTAPE_API RandomErasingOptions {
  std::array<double, 2> scale = {0.02, 0.33};  ///< smallest and largest part of the image that is erased
  std::array<double, 2> ratio = {0.3, 3.3};    ///< smallest and largest height / width
  PerChannel value = 0.0;                      ///< what it is erased with, once or for each channel
  bool random = false;                         ///< erase with standard normal noise instead
};

/// Erases a rectangle with probability p (Zhong et al. 2017). Its area and the logarithm of height / width are uniform
/// within the options' ranges, and its place among those inside the image. If ten rectangles in a row are too large,
/// nothing is erased. ValueError unless p and scale lie in [0, 1], ratio is above 0, both ascend, and all numbers are
/// finite.
class XTAPE_API RandomErasing : public Transform {
 public:
  explicit RandomErasing(double p = 0.5, const RandomErasingOptions& options = {});
};

/// Mixes each sample of a batch with another one (Zhang et al. 2018): with one lambda from Beta(alpha, alpha) for the
/// batch, x = lambda x + (1 - lambda) x[permutation], and the targets alike. For batches only:
/// `trainer.transform(data::MixUp(10, 0.2))`.
class XTAPE_API MixUp {
 public:
  /// ValueError unless classes is above 0, and alpha above 0 and finite.
  explicit MixUp(std::int64_t classes, double alpha = 1.0);
  /// x float32 or float64 of any shape (B, ...); y classes of an integer dtype (B), or probabilities of x's dtype (B,
  /// classes). The new y are probabilities of x's dtype. DTypeError, ShapeError; IndexError for a class outside.
  Batch operator()(Batch batch, Generator& generator = default_generator()) const;

 private:
  std::int64_t classes_;
  double alpha_;
};

/// A dataset whose inputs pass through a transform, sample by sample. The random numbers of a sample depend on (seed,
/// epoch, sample) alone, not on its batch; one that a sampler repeats within an epoch looks the same each time. A
/// DataLoader gives its seed and its loop's epoch. batch(indices), as evaluation and looking at a sample use it, leaves
/// random transforms out.
class XTAPE_API TransformedDataset {
 public:
  TransformedDataset(Dataset dataset, Transform transform);
  std::int64_t size() const { return dataset_.size(); }
  /// ShapeError or DTypeError if the samples do not come out of the transform alike.
  Batch batch(std::span<const std::int64_t> indices) const;
  Batch batch(std::span<const std::int64_t> indices, const Draw& draw) const;
  /// Those of the dataset; no input is made or transformed for them.
  Tensor targets() const { return dataset_.targets(); }
  std::int64_t index_in_whole(std::int64_t index) const { return dataset_.index_in_whole(index); }

 private:
  Dataset dataset_;
  Transform transform_;
};

/// The dataset as evaluation sees it: a DataLoader, too, gets batches without random transforms.
XTAPE_API Dataset without_random_transforms(const Dataset& dataset);

}  // namespace xtape::data
