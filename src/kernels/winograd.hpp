// Convolutions of 3 x 3 with stride 1 in float32 by Winograd's minimal filtering: 16 multiplications for 2 x 2 results,
// where the definition has 36. Results differ from those by other sums in their last bits.
#pragma once

#include <cstdint>

namespace xtape::kernels {

/// target[i][j] = sum of source[i + t + first_row][j + u + first_column] weight[t][u] over the channels of a group and
/// t, u in [0, 3), and the bias. The source is 0 outside its extents.
struct WinogradPass {
  std::int64_t images, groups, channels, rows;  // of a group: channels of the source, rows of the target
  const float* source;
  std::int64_t source_height, source_width, first_row, first_column;
  const float* weight;
  std::int64_t of_group, of_row, of_channel;  // from one group's (row's, channel's) weights to the next
  std::int64_t tap[9];                        // where weight[t][u] is
  const float* bias;                          // or null
  float* target;
  std::int64_t height, width;
};

/// Whether it takes less time than a product with windows.
bool suits_winograd(const WinogradPass& pass);
/// False if a result is not finite: of an infinite pixel or an overflow it may be NaN, a difference of infinities,
/// where the definition is infinite. The others are right.
bool by_winograd(const WinogradPass& pass);

}  // namespace xtape::kernels
