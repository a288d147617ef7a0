#include "xtape/nn/sequential.hpp"

#include <string>

#include "core/fail.hpp"

namespace xtape::nn {

Sequential::~Sequential() = default;

std::string Sequential::name_of(std::size_t i) { return std::to_string(i); }

std::size_t Sequential::size() const { return child_count(); }

const Module& Sequential::operator[](std::size_t i) const {
  if (i >= size()) fail<IndexError>("Sequential", "layer {} is outside [0, {})", i, size());
  return child(i);
}

Tensor Sequential::forward(const Tensor& x) const {
  Tensor y = x;
  for (std::size_t i = 0; i < size(); ++i) {
    const auto layer = child_holder(i);  // a hook may replace it
    y = layer->get()(y);
  }
  return y;
}

}  // namespace xtape::nn
