// The buffers of a model while the shards of a batch go through it: each shard sees them as they were before the first,
// and those that the first shard with rows leaves are what remains, on every rank.
#pragma once

#include <cstdint>
#include <span>
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

  /// After the forward of this rank's next shard, also of one without rows.
  void end_shard(bool is_first_with_rows);
  /// Before the backward of this rank's shard number `i`: the buffers are those that its forward left, in the memory
  /// that the tape has saved.
  void show(std::size_t i) noexcept;
  /// After all shards: the buffers are those of the first shard with rows, which rank `root` had.
  void finish(int root, const Communicator& comm);

 private:
  void bring_back() noexcept;
  void use(std::span<const Tensor> elements) noexcept;

  std::vector<Tensor> buffers_;
  std::vector<Tensor> originals_;        // their elements: views
  std::vector<Tensor> before_, kept_;    // copies
  std::vector<std::uint64_t> versions_;  // when the running shard began
  std::vector<Tensor> left_;             // by each shard: the elements that it has left, views
  bool is_finished_ = false;
};

}  // namespace xtape::distributed
