// The buffers of a model while the shards of a batch go through it: each shard sees them as they were before the first,
// and those that the first shard with rows leaves are what remains, on every rank.
#pragma once

#include <cstdint>
#include <vector>

#include "xtape/distributed.hpp"

namespace xtape::distributed {

class ShardBuffers {
 public:
  explicit ShardBuffers(const nn::Module& model);
  /// Brings back what was there before, unless finish() has run.
  ~ShardBuffers();
  ShardBuffers(const ShardBuffers&) = delete;
  ShardBuffers& operator=(const ShardBuffers&) = delete;

  /// After a shard's forward.
  void end_shard(bool is_first_with_rows);
  /// After all shards: the buffers are those of the first shard with rows, which rank `root` had.
  void finish(int root, const Communicator& comm);

 private:
  void bring_back() noexcept;

  std::vector<Tensor> buffers_;
  std::vector<Tensor> before_, kept_;  // copies
  std::vector<std::uint64_t> versions_;
  bool is_finished_ = false;
};

}  // namespace xtape::distributed
