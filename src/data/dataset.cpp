// TensorDataset, ImageDataset and Subset. Indices are checked here, once, before rows are copied.
#include "xtape/data/dataset.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "kernels/index.hpp"
#include "kernels/isa.hpp"
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

}  // namespace

Batch Dataset::operator[](std::int64_t index) const {
  const Batch one = batch({&index, 1});
  return {one.x[0], one.y[0]};
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

Batch Subset::batch(std::span<const std::int64_t> indices) const {
  check_indices("Subset", indices, size());
  std::vector<std::int64_t, xtape::detail::BlockAllocator<std::int64_t>> inner;
  inner.reserve(indices.size());
  for (std::int64_t i : indices) inner.push_back((*indices_)[static_cast<std::size_t>(i)]);
  return dataset_.batch(inner);
}

}  // namespace xtape::data
