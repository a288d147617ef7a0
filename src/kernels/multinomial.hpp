// Drawing positions with given weights, from uniform numbers in [0, 1): by plain arithmetic, so that every CPU draws
// the same.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/plain_math.hpp"
#include "kernels/sort.hpp"

namespace xtape::kernels {

/// out[j] = i with a probability proportional to p[i], independently for each u[j]. The p are finite and not negative,
/// `largest` > 0 is the largest of them; `room` holds n elements.
template <class T>
void draw_with_replacement(const T* p, std::int64_t n, T largest, const double* u, std::int64_t samples, double* room,
                           std::int64_t* out) {
  double total = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    total += static_cast<double>(p[i]) / static_cast<double>(largest);  // cannot overflow
    room[i] = total;
  }
  for (std::int64_t j = 0; j < samples; ++j) out[j] = std::upper_bound(room, room + n, u[j] * total) - room;
}

/// The same without replacement, for `samples` at most the number of positive p, from one u[i] for each p[i]. Element i
/// arrives after an exponential waiting time with rate p[i]; the order of arrival is that of draws one after another.
template <class T>
void draw_without_replacement(const T* p, std::int64_t n, T largest, const double* u, std::int64_t samples, Keyed* room,
                              std::int64_t* out) {
  std::int64_t count = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    if (!(p[i] > 0)) continue;
    const double rate = static_cast<double>(p[i]) / static_cast<double>(largest);
    room[count++] = {sort_key(-plain_log(1 - u[i]) / rate), i};
  }
  sort_front(room, count, samples);
  for (std::int64_t j = 0; j < samples; ++j) out[j] = room[j].position;
}

}  // namespace xtape::kernels
