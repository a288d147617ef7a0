// How a global batch is cut: into ranks, and into shards, of which each rank has as many as the others, one after
// another.
#pragma once

#include <cstdint>
#include <vector>

#include "core/slices.hpp"
#include "xtape/distributed.hpp"
#include "xtape/generator.hpp"

namespace xtape::distributed {

inline constexpr const char* backward_op = "backward";  // as errors name it

using xtape::first_row;

/// This rank's part of a global batch.
class Shards {
 public:
  /// ValueError on all ranks for options that make no sense and where the ranks differ in them, in the state of the
  /// default generator or in the parameters; GradError if none of these requires grad; ValueError if this rank's `rows`
  /// are not its slice of the batch; for a batch without rows.
  Shards(const std::vector<Tensor>& parameters, std::int64_t rows, BackwardOptions options, const Communicator& comm);

  std::int64_t count() const noexcept { return total_; }
  /// The rows of the global batch.
  std::int64_t batch() const noexcept { return batch_; }
  /// This rank's are first() to first() + mine() - 1.
  std::int64_t first() const noexcept { return rank_ * mine(); }
  std::int64_t mine() const noexcept { return total_ / ranks_; }
  /// Shard k's rows, counted from the first of this rank, whose shard k is.
  std::int64_t begin_of(std::int64_t k) const noexcept;
  std::int64_t rows_of(std::int64_t k) const noexcept;
  /// The first shard that has rows, and its rank.
  std::int64_t first_with_rows() const noexcept;
  int rank_of(std::int64_t k) const noexcept { return static_cast<int>(k / mine()); }
  /// Of the default generator while shard k of this batch goes forward.
  std::uint64_t seed_of(std::int64_t k) const noexcept;

 private:
  std::int64_t rank_, ranks_, total_, batch_ = 0;
  Generator::State step_;
};

}  // namespace xtape::distributed
