// Sums of several rows in one fixed tree: a single row is its sum; of more, the first k and the others are summed by
// themselves and their sums added, where k is the largest power of two below the number of rows.
#pragma once

#include <span>

namespace xtape::kernels {

/// out[i] = the sum of rows[0][i], rows[1][i], ...; `out` may be one of the rows. There is at least one.
template <class T>
void tree_sum(std::span<const T* const> rows, std::size_t count, T* out);

/// The same of one number each.
double tree_sum(std::span<const double> values);

}  // namespace xtape::kernels
