// The samples of each class of a dataset.
#pragma once

#include <cstdint>
#include <span>

#include "xtape/tensor.hpp"

namespace xtape::data {

/// Samples sorted by class: those of class k are a part of `samples`.
class SamplesByClass {
 public:
  /// Within a class the samples have the order of `order` (all samples). DTypeError unless `targets` are of an integer
  /// dtype; ShapeError unless they have shape (N). `name` is a literal, for errors.
  SamplesByClass(const char* name, const Tensor& targets, const Tensor& order);

  /// Calls f(class, its samples) for each class, from the smallest number on.
  template <class F>
  void each(F f) const {
    const auto labels = labels_.span<std::int64_t>(), samples = samples_.span<std::int64_t>();
    for (std::size_t first = 0, last = 0; first < labels.size(); first = last) {
      while (last < labels.size() && labels[last] == labels[first]) ++last;
      f(labels[first], samples.subspan(first, last - first));
    }
  }

 private:
  Tensor samples_, labels_;  // int64 (N)
};

}  // namespace xtape::data
