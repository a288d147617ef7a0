// TensorDataset, ImageDataset, Subset and ConcatDataset. Indices are checked here, once, before rows are copied.
#include "xtape/data/dataset.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "kernels/index.hpp"
#include "kernels/isa.hpp"
#include "kernels/random.hpp"
#include "ops/checks.hpp"
#include "xtape/ops.hpp"

namespace xtape::data {

namespace {

using xtape::detail::elements;
using xtape::detail::make_tensor;

void check_indices(std::string_view name, std::span<const std::int64_t> indices, std::int64_t size) {
  for (std::int64_t i : indices) {
    if (i < 0 || i >= size) fail<IndexError>(name, "sample {} is outside [0, {})", i, size);
  }
}

/// The slices of x at `indices`, in a fresh tensor without history.
Tensor take(const Tensor& x, std::span<const std::int64_t> indices) {
  Shape shape = x.shape();
  const std::int64_t n = shape[0], count = static_cast<std::int64_t>(indices.size());
  shape[0] = 1;
  const std::int64_t slice = shape.numel() * itemsize(x.dtype());
  shape[0] = count;
  Tensor y = make_tensor(shape, x.dtype());
  kernels::select_slices(x.impl()->data, y.impl()->data, indices.data(), 1, n, count, slice);
  return y;
}

using SampleList = std::vector<std::int64_t, xtape::detail::BlockAllocator<std::int64_t>>;

/// What the samples at `indices` of a Subset are in the whole dataset.
SampleList in_whole(const std::vector<std::int64_t>& subset, std::span<const std::int64_t> indices) {
  check_indices("Subset", indices, static_cast<std::int64_t>(subset.size()));
  SampleList whole;
  whole.reserve(indices.size());
  for (std::int64_t i : indices) whole.push_back(subset[static_cast<std::size_t>(i)]);
  return whole;
}

/// What two datasets of a ConcatDataset give must fit into one batch.
void check_alike(std::size_t first, std::size_t second, const Tensor& a, const Tensor& b) {
  Shape of_a = a.shape(), of_b = b.shape();
  if (!of_a.empty() && !of_b.empty()) of_a[0] = of_b[0] = 1;
  if (of_a != of_b) {
    fail<ShapeError>("ConcatDataset", "datasets {} and {} have samples of different shapes: batches {} and {}", first,
                     second, a.shape(), b.shape());
  }
  if (a.dtype() != b.dtype()) {
    fail<DTypeError>("ConcatDataset", "datasets {} and {} have different dtypes: {} and {}", first, second, a.dtype(),
                     b.dtype());
  }
}

}  // namespace

std::uint64_t Draw::seed_of(std::int64_t sample) const noexcept {
  return kernels::derived_seed(seed, StreamUse::augment, static_cast<std::uint64_t>(epoch),
                               static_cast<std::uint64_t>(sample));
}

Draw Draw::inner(std::int64_t i) const noexcept {
  return {kernels::derived_seed(seed, StreamUse::nested, 0, static_cast<std::uint64_t>(i)), epoch};
}

Batch Dataset::batch(std::span<const std::int64_t> indices) const { return checked_batch(indices, nullptr); }

Batch Dataset::batch(std::span<const std::int64_t> indices, const Draw& draw) const {
  return checked_batch(indices, &draw);
}

Batch Dataset::checked_batch(std::span<const std::int64_t> indices, const Draw* draw) const {
  Batch batch = source_->batch(indices, draw);
  const auto count = static_cast<std::int64_t>(indices.size());
  for (const Tensor* t : {&batch.x, &batch.y}) {
    if (t->defined() && t->dim() > 0 && t->size(0) == count) continue;
    fail<ShapeError>("Dataset", "batch() gives {} for {} samples: {}", t == &batch.x ? "inputs x" : "targets y", count,
                     t->defined() ? "shape " + t->shape().to_string() : "an undefined tensor");
  }
  return batch;
}

Batch Dataset::operator[](std::int64_t index) const {
  const Batch one = batch({&index, 1});
  return {one.x[0], one.y[0]};
}

/// The targets that the dataset itself knows; undefined if it knows none.
Tensor Dataset::own_targets() const {
  Tensor y = source_->targets();
  if (y.defined() && (y.dim() == 0 || y.size(0) != size())) {
    fail<ShapeError>("Dataset", "targets() has shape {}, but there are {} samples", y.shape(), size());
  }
  return y;
}

Tensor Dataset::targets() const {
  if (Tensor y = own_targets(); y.defined()) return y;
  std::vector<std::int64_t> all(static_cast<std::size_t>(size()));
  std::iota(all.begin(), all.end(), 0);
  return targets(all);
}

Tensor Dataset::targets(std::span<const std::int64_t> indices) const {
  if (const Tensor y = own_targets(); y.defined()) {
    check_indices("Dataset", indices, size());
    return take(y, indices);
  }
  constexpr std::size_t at_once = 256;
  std::vector<Tensor> parts;
  for (std::size_t first = 0; first == 0 || first < indices.size(); first += at_once) {
    parts.push_back(batch(indices.subspan(first, std::min(at_once, indices.size() - first))).y);
  }
  return cat(parts);
}

TensorDataset::TensorDataset(const Tensor& x, const Tensor& y) : x_(x), y_(y) {
  xtape::detail::check_defined("TensorDataset", x);
  xtape::detail::check_defined("TensorDataset", y);
  if (x.dim() == 0 || y.dim() == 0 || x.size(0) != y.size(0)) {
    fail<ShapeError>("TensorDataset", "dim 0 counts the samples and must be the same, got x {} and y {}", x.shape(),
                     y.shape());
  }
}

Batch TensorDataset::batch(std::span<const std::int64_t> indices) const {
  check_indices("TensorDataset", indices, size());
  return {take(x_, indices), take(y_, indices)};
}

ImageDataset::ImageDataset(const Tensor& images, const Tensor& labels, std::vector<std::string> classes)
    : classes_(std::move(classes)) {
  xtape::detail::check_defined("ImageDataset", images);
  xtape::detail::check_integer("ImageDataset", labels);
  const Shape shape = images.shape();
  if (images.dtype() != DType::uint8) {
    fail<DTypeError>("ImageDataset", "images must be uint8, got {}", images.dtype());
  }
  if (shape.size() != 3 && shape.size() != 4) {
    fail<ShapeError>("ImageDataset", "expected images (N, H, W) or (N, C, H, W), got {}", shape);
  }
  if (labels.shape() != Shape{shape[0]}) {
    fail<ShapeError>("ImageDataset", "expected labels ({}) for images {}, got {}", shape[0], shape, labels.shape());
  }
  images_ = shape.size() == 4 ? images : images.unsqueeze(1);
  labels_ = labels.to(DType::int64);
  const auto count = static_cast<std::int64_t>(classes_.size());
  for (std::int64_t i = 0; i < size(); ++i) {
    const std::int64_t label = elements<std::int64_t>(labels_)[i];
    if (label < 0 || label >= count) {
      fail<IndexError>("ImageDataset", "labels[{}] = {} is outside [0, {})", i, label, count);
    }
  }
}

Batch ImageDataset::batch(std::span<const std::int64_t> indices) const {
  check_indices("ImageDataset", indices, size());
  Shape shape = images_.impl()->shape;
  const std::int64_t image = images_.impl()->numel / std::max<std::int64_t>(shape[0], 1);
  shape[0] = static_cast<std::int64_t>(indices.size());
  Tensor x = make_tensor(shape, DType::float32);
  float* to = elements<float>(x);
  for (const std::int64_t i : indices) {
    kernels::isa().unit_from_bytes(elements<std::uint8_t>(images_) + i * image, to, image);
    to += image;
  }
  return {std::move(x), take(labels_, indices)};
}

std::vector<std::string> ImageDataset::classes() const { return classes_; }

Subset::Subset(Dataset dataset, std::vector<std::int64_t> indices) : dataset_(std::move(dataset)) {
  check_indices("Subset", indices, dataset_.size());
  indices_ = std::make_shared<const std::vector<std::int64_t>>(std::move(indices));
}

std::span<const std::int64_t> Subset::indices() const& { return *indices_; }

std::int64_t Subset::index_in_whole(std::int64_t index) const {
  if (index < 0 || index >= size()) fail<IndexError>("Subset", "sample {} is outside [0, {})", index, size());
  return dataset_.index_in_whole((*indices_)[static_cast<std::size_t>(index)]);
}

Tensor Subset::targets() const { return dataset_.targets(*indices_); }

Batch Subset::batch(std::span<const std::int64_t> indices) const {
  return dataset_.batch(in_whole(*indices_, indices));
}

Batch Subset::batch(std::span<const std::int64_t> indices, const Draw& draw) const {
  return dataset_.batch(in_whole(*indices_, indices), draw);
}

struct ConcatDataset::State {
  std::vector<Dataset> datasets;
  std::vector<std::int64_t> ends;  // of each dataset, among all samples

  /// The number of the dataset that holds sample `i`.
  std::size_t which(std::int64_t i) const {
    return static_cast<std::size_t>(std::upper_bound(ends.begin(), ends.end(), i) - ends.begin());
  }
  std::int64_t begin(std::size_t d) const { return d == 0 ? 0 : ends[d - 1]; }

  Batch batch(std::span<const std::int64_t> indices, const Draw* draw) const;
};

ConcatDataset::ConcatDataset(std::vector<Dataset> datasets) {
  if (datasets.empty()) fail<ValueError>("ConcatDataset", "the list of datasets is empty");
  State state{std::move(datasets), {}};
  for (const Dataset& d : state.datasets) {
    state.ends.push_back((state.ends.empty() ? 0 : state.ends.back()) + d.size());
  }
  state_ = std::make_shared<const State>(std::move(state));
}

std::int64_t ConcatDataset::size() const { return state_->ends.back(); }

Batch ConcatDataset::batch(std::span<const std::int64_t> indices) const { return state_->batch(indices, nullptr); }

Batch ConcatDataset::batch(std::span<const std::int64_t> indices, const Draw& draw) const {
  return state_->batch(indices, &draw);
}

Batch ConcatDataset::State::batch(std::span<const std::int64_t> indices, const Draw* draw) const {
  check_indices("ConcatDataset", indices, ends.back());
  // Dataset by dataset, then back into the order of `indices`.
  const std::size_t count = datasets.size();
  std::vector<std::vector<std::int64_t>> wanted(count);
  for (std::int64_t i : indices) {
    const std::size_t d = which(i);
    wanted[d].push_back(i - begin(d));
  }
  std::vector<Tensor> x, y;
  std::vector<std::size_t> from;
  for (std::size_t d = 0; d < count; ++d) {
    if (wanted[d].empty() && !(indices.empty() && d == 0)) continue;
    const Dataset& dataset = datasets[d];
    Batch part = draw ? dataset.batch(wanted[d], draw->inner(static_cast<std::int64_t>(d))) : dataset.batch(wanted[d]);
    if (!x.empty()) {
      check_alike(from.front(), d, x.front(), part.x);
      check_alike(from.front(), d, y.front(), part.y);
    }
    x.push_back(std::move(part.x));
    y.push_back(std::move(part.y));
    from.push_back(d);
  }
  if (x.size() == 1) return {std::move(x.front()), std::move(y.front())};
  std::vector<std::int64_t> next(count, 0), order;
  std::int64_t placed = 0;
  for (std::size_t d = 0; d < count; ++d) {
    next[d] = placed;
    placed += static_cast<std::int64_t>(wanted[d].size());
  }
  for (std::int64_t i : indices) order.push_back(next[which(i)]++);
  return {take(cat(x), order), take(cat(y), order)};
}

Tensor ConcatDataset::targets() const {
  std::vector<Tensor> parts;
  for (const Dataset& d : state_->datasets) {
    parts.push_back(d.targets());
    check_alike(0, parts.size() - 1, parts.front(), parts.back());
  }
  return cat(parts);
}

}  // namespace xtape::data
