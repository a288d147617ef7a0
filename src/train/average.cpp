#include "train/average.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/parallel.hpp"
#include "kernels/lerp.hpp"
#include "xtape/ops.hpp"

namespace xtape::train {

namespace {

template <class T>
void move_towards(const Tensor& average, const Tensor& parameter, double weight) {
  T* const y = xtape::detail::elements<T>(average);
  const T* const x = xtape::detail::elements<T>(parameter);
  parallel_chunks(average.numel(), 0.2, [=](std::int64_t i, std::int64_t count) {
    kernels::lerp(y + i, x + i, static_cast<T>(weight), count);
  });
}

void swap_bytes(std::byte* a, std::byte* b, std::size_t n) noexcept {
  std::byte room[4096];
  for (std::size_t done = 0; done < n;) {
    const std::size_t count = std::min(n - done, sizeof(room));
    std::memcpy(room, a + done, count);
    std::memcpy(a + done, b + done, count);
    std::memcpy(b + done, room, count);
    done += count;
  }
}

}  // namespace

WeightAverage::WeightAverage(const nn::Module& model, double decay) : decay_(decay), parameters_(model.parameters()) {
  averages_ = model.named_parameters();
  for (NamedTensor& average : averages_) average.tensor = xtape::detail::copy_of(average.tensor);
}

void WeightAverage::match_dtypes() {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    averages_[i].tensor = to(averages_[i].tensor, parameters_[i].dtype());  // the same tensor if nothing has changed
  }
}

void WeightAverage::update(std::int64_t step) {
  match_dtypes();
  const double t = static_cast<double>(step), weight = 1 - std::min(decay_, (1 + t) / (10 + t));
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Tensor& average = averages_[i].tensor;
    visit_floating(average.dtype(), [&]<class T>() { move_towards<T>(average, parameters_[i], weight); });
    xtape::detail::mark_written(average);
  }
}

void WeightAverage::exchange() {
  match_dtypes();
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const auto &parameter = *parameters_[i].impl(), &average = *averages_[i].tensor.impl();
    swap_bytes(parameter.data, average.data, static_cast<std::size_t>(parameter.numel * itemsize(parameter.dtype)));
    xtape::detail::mark_written(parameters_[i]);
    xtape::detail::mark_written(averages_[i].tensor);
  }
}

}  // namespace xtape::train
