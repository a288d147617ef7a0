// Transforms of any kind, and datasets whose samples pass through one.
#include "xtape/data/transforms.hpp"

#include <algorithm>
#include <cstring>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "xtape/autograd/grad_mode.hpp"

namespace xtape::data {

namespace detail {
AnyTransform::~AnyTransform() = default;
}  // namespace detail

Transform::Transform(detail::AnyTransform* transform) : transform_(transform) {}

Tensor Transform::operator()(const Tensor& x, Generator& generator) const {
  return transform_->apply(x, &generator, false);
}

Batch Transform::operator()(Batch batch, Generator& generator) const {
  batch.x = transform_->apply(batch.x, &generator, true);
  return batch;
}

Tensor Transform::deterministic(const Tensor& x) const { return transform_->apply(x, nullptr, false); }

Batch Transform::deterministic(Batch batch) const {
  batch.x = transform_->apply(batch.x, nullptr, true);
  return batch;
}

struct Compose::Sequence final : detail::AnyTransform {
  explicit Sequence(std::vector<Transform> all) : transforms(std::move(all)) {}
  bool is_random() const override {
    return std::any_of(transforms.begin(), transforms.end(), [](const Transform& t) { return t.is_random(); });
  }
  Tensor apply(const Tensor& x, Generator* generator, bool is_batch) const override {
    Tensor y = x;
    for (const Transform& t : transforms) y = t.transform_->apply(y, generator, is_batch);
    return y;
  }
  std::vector<Transform> transforms;
};

Compose::Compose(std::initializer_list<Transform> transforms) : Compose(std::vector<Transform>(transforms)) {}
Compose::Compose(std::vector<Transform> transforms) : Transform(new Sequence(std::move(transforms))) {}

PerChannel::PerChannel(double value) : values_{value} {}
PerChannel::PerChannel(std::initializer_list<double> values) : PerChannel(std::vector<double>(values)) {}
PerChannel::PerChannel(std::vector<double> values) : values_(std::move(values)) {
  if (values_.empty()) fail<ValueError>("PerChannel", "there must be one number, or one for each channel; got none");
}

std::span<const double> PerChannel::values() const& { return values_; }

// ---- TransformedDataset --------------------------------------------------------------------------------------------

namespace {

/// Tensors of one sample each, stacked along dim 0. All must have the same shape and dtype.
class Stack {
 public:
  explicit Stack(std::int64_t samples) : samples_(samples) {}

  void add(const Tensor& one) {
    if (!one.defined() || one.dim() == 0 || one.size(0) != 1) {
      fail<ShapeError>("TransformedDataset", "the transform makes of one sample {}",
                       one.defined() ? "shape " + one.shape().to_string() : "an undefined tensor");
    }
    if (!all_.defined()) {
      shape_ = one.shape();
      Shape shape = shape_;
      shape[0] = samples_;
      all_ = xtape::detail::make_tensor(shape, one.dtype());
    } else if (one.shape() != shape_) {
      fail<ShapeError>("TransformedDataset", "the transform makes samples of different shapes: {} and {}", shape_,
                       one.shape());
    } else if (one.dtype() != all_.dtype()) {
      fail<DTypeError>("TransformedDataset", "the transform makes samples of different dtypes: {} and {}", all_.dtype(),
                       one.dtype());
    }
    const std::int64_t bytes = one.numel() * itemsize(one.dtype());
    if (bytes == 0) return;
    std::memcpy(all_.impl()->data + next_, one.impl()->data, static_cast<std::size_t>(bytes));
    next_ += bytes;
  }
  Tensor all() && { return std::move(all_); }

 private:
  std::int64_t samples_;
  Shape shape_;  // of one
  Tensor all_;
  std::int64_t next_ = 0;
};

}  // namespace

TransformedDataset::TransformedDataset(Dataset dataset, Transform transform)
    : dataset_(std::move(dataset)), transform_(std::move(transform)) {}

Batch TransformedDataset::batch(std::span<const std::int64_t> indices) const {
  NoGradGuard no_grad;
  return transform_.deterministic(dataset_.batch(indices));
}

Batch TransformedDataset::batch(std::span<const std::int64_t> indices, const Draw& draw) const {
  NoGradGuard no_grad;
  Batch batch = dataset_.batch(indices, draw.inner());
  if (!transform_.is_random() || indices.empty()) return transform_.deterministic(std::move(batch));
  Shape one = batch.x.shape();
  one[0] = 1;
  const std::int64_t elements = one.numel();
  Stack x(static_cast<std::int64_t>(indices.size()));
  Generator generator;
  for (std::size_t i = 0; i < indices.size(); ++i) {
    generator.manual_seed(draw.seed_of(indices[i]));
    const Tensor sample = xtape::detail::make_view(batch.x, one, static_cast<std::int64_t>(i) * elements);
    x.add(transform_(Batch{sample, {}}, generator).x);
  }
  return {std::move(x).all(), std::move(batch.y)};
}

Dataset without_random_transforms(const Dataset& dataset) {
  struct Deterministic {
    std::int64_t size() const { return dataset.size(); }
    Batch batch(std::span<const std::int64_t> indices) const { return dataset.batch(indices); }
    Tensor targets() const { return dataset.targets(); }
    std::int64_t index_in_whole(std::int64_t index) const { return dataset.index_in_whole(index); }
    Dataset dataset;
  };
  return Deterministic{dataset};
}

}  // namespace xtape::data
