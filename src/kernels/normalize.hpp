// Normalising groups of elements to mean 0 and variance 1: in an array (outer, groups, inner), a group is all elements
// with the same middle index. Statistics are in double, one for each group; every pass reads memory in order.
#pragma once

#include <algorithm>
#include <cstdint>

namespace xtape::kernels {

struct Groups {
  std::int64_t outer = 1, count = 1, inner = 1;

  /// Elements of one group.
  std::int64_t group_size() const { return outer * inner; }

  /// f(group, first, end) for each run of consecutive elements of one group, in the order of memory.
  template <class F>
  void each(F f) const {
    std::int64_t i = 0;
    for (std::int64_t o = 0; o < outer; ++o) {
      for (std::int64_t g = 0; g < count; ++g, i += inner) f(g, i, i + inner);
    }
  }
  /// totals[group] = sum of f(group, i) over its elements i.
  template <class F>
  void sum(double* totals, F f) const {
    std::fill_n(totals, count, 0.0);
    each([totals, f](std::int64_t g, std::int64_t first, std::int64_t end) {
      double total = 0;
      for (std::int64_t i = first; i < end; ++i) total += f(g, i);
      totals[g] += total;
    });
  }
};

/// Mean and biased variance, in two passes.
template <class T>
void moments(const T* x, const Groups& groups, double* mean, double* variance) {
  const double n = static_cast<double>(groups.group_size());
  groups.sum(mean, [x](std::int64_t, std::int64_t i) { return static_cast<double>(x[i]); });
  for (std::int64_t g = 0; g < groups.count; ++g) mean[g] /= n;
  groups.sum(variance, [x, mean](std::int64_t g, std::int64_t i) {
    const double d = static_cast<double>(x[i]) - mean[g];
    return d * d;
  });
  for (std::int64_t g = 0; g < groups.count; ++g) variance[g] /= n;
}

/// y = (x - mean) scale.
template <class T>
void normalize(const T* x, const Groups& groups, const double* mean, const double* scale, T* y) {
  groups.each([x, mean, scale, y](std::int64_t g, std::int64_t first, std::int64_t end) {
    const double m = mean[g], s = scale[g];
    for (std::int64_t i = first; i < end; ++i) y[i] = static_cast<T>((static_cast<double>(x[i]) - m) * s);
  });
}

/// dx = scale (gy - mean(gy) - y mean(gy y)), the gradient of y = (x - mean) scale where scale = 1 / sqrt(variance +
/// eps). `mean_gy` and `mean_gy_y` are buffers for one number per group.
template <class T>
void normalize_gradient(const T* y, const T* gy, const Groups& groups, const double* scale, double* mean_gy,
                        double* mean_gy_y, T* dx) {
  const double n = static_cast<double>(groups.group_size());
  groups.sum(mean_gy, [gy](std::int64_t, std::int64_t i) { return static_cast<double>(gy[i]); });
  groups.sum(mean_gy_y, [gy, y](std::int64_t, std::int64_t i) { return static_cast<double>(gy[i]) * y[i]; });
  groups.each([=](std::int64_t g, std::int64_t first, std::int64_t end) {
    const double s = scale[g], a = mean_gy[g] / n, b = mean_gy_y[g] / n;
    for (std::int64_t i = first; i < end; ++i) dx[i] = static_cast<T>(s * (gy[i] - a - y[i] * b));
  });
}

}  // namespace xtape::kernels
