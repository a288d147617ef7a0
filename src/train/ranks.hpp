// What the ranks of a fit() tell each other.
#pragma once

#include <cstdint>
#include <optional>

#include "xtape/data/dataset.hpp"
#include "xtape/generator.hpp"

namespace xtape::train {

/// A rank's words about a batch and about itself; of all ranks their sum, or the largest.
struct RankNews {
  std::int64_t correct = 0, counted = 0, classes = 0, without_classes = 0;  // of its rows
  std::int64_t is_asked_to_stop = 0, signal = 0, is_save_due = 0;
};

/// The first shard of a rank whose loss is not finite.
struct BrokenShard {
  double loss = 0;
  data::Batch rows;
  Generator::State start;  // of the default generator, for these rows
};

/// What this rank's shards of a batch have given so far.
struct ShardNotes {
  RankNews news;
  std::optional<BrokenShard> broken = {};
  std::int64_t shard = 0;  // the next one's number
  data::Batch rows = {};   // of the shard that is computed, transformed
  Generator::State start = {};
};

}  // namespace xtape::train
