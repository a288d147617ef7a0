// Shared by index_add and scatter_add, which are the gradients of embedding, index_select and gather, too.
#pragma once

#include "xtape/tensor.hpp"

namespace xtape::detail {

/// y[o][p] = sum of x[o][k] over the k with place[k] = p, as exact as sum(). x is (outer, rows, n), y (outer, places,
/// n), both of one floating dtype; `place` holds `rows` int64 values in [0, places).
void add_at_places(const Tensor& x, const Tensor& place, std::int64_t outer, std::int64_t places, std::int64_t n,
                   const Tensor& y);

}  // namespace xtape::detail
