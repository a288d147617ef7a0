#include "data/classes.hpp"

#include "core/fail.hpp"
#include "xtape/ops.hpp"

namespace xtape::data {

SamplesByClass::SamplesByClass(const char* name, const Tensor& targets, const Tensor& order) {
  if (is_floating(targets.dtype())) {
    fail<DTypeError>(name, "the targets are {}; classes are of an integer dtype", targets.dtype());
  }
  if (targets.dim() != 1) fail<ShapeError>(name, "the targets have shape {}; classes have (N)", targets.shape());
  const Tensor labels = targets.to(DType::int64).index_select(0, order), by_class = argsort(labels);
  labels_ = labels.index_select(0, by_class);
  samples_ = order.index_select(0, by_class);
}

}  // namespace xtape::data
