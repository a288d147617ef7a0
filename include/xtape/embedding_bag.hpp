// embedding_bag: rows of a table, combined bag by bag. Its own header, since ops.hpp is long.
#pragma once

#include <concepts>
#include <cstdint>

#include "xtape/export.hpp"
#include "xtape/ops.hpp"
#include "xtape/tensor.hpp"

namespace xtape {

/// How a bag combines its rows.
enum class BagMode : std::uint8_t { sum, mean, max };

struct EmbeddingBagOptions {
  Tensor offsets = {};  ///< for indices (L): int64 or int32 (N), where each bag begins
  BagMode mode = BagMode::mean;
  Tensor per_sample_weights = {};             ///< a factor for each index, in its place; for BagMode::sum only
  bool include_last_offset = false;           ///< the offsets end with L: N + 1 of them for N bags
  std::int64_t padding_idx = no_padding_idx;  ///< an index that belongs to no bag; negative: from the end
};

/// Rows of the weight (n, d) combined by bags: of indices (N, L), each row is a bag; indices (L) need offsets. The
/// result is (N, d), of the weight's dtype. An index that is padding does not count: not in the mean, and its row gets
/// no gradient. A bag of no index, or of padding alone, gives 0. Of equal maxima the first gets the gradient; a NaN is
/// the maximum if it comes first and is passed over otherwise, as in PyTorch.
///
/// DTypeError unless indices and offsets are of an integer dtype, the weight is floating and per_sample_weights have
/// its dtype; ShapeError for other ranks, for offsets missing or too many and for per_sample_weights of another shape
/// than the indices; IndexError names the first index outside [0, n), or a padding_idx outside [-n, n); ValueError for
/// offsets that do not begin with 0, that fall or that exceed L, and for per_sample_weights with another mode than sum.
XTAPE_API Tensor embedding_bag(const Tensor& indices, const Tensor& weight, const EmbeddingBagOptions& options = {});
/// The same with offsets in PyTorch's place: `embedding_bag(indices, weight, offsets, {.mode = BagMode::sum})`. (A
/// template, so that `embedding_bag(indices, weight, {})` is not ambiguous.)
template <std::derived_from<Tensor> T>
Tensor embedding_bag(const Tensor& indices, const Tensor& weight, const T& offsets, EmbeddingBagOptions options = {}) {
  options.offsets = offsets;
  return embedding_bag(indices, weight, options);
}

}  // namespace xtape
