#include "distributed/buffers.hpp"

#include <algorithm>
#include <cstring>

#include "autograd/tensor_impl.hpp"

namespace xtape::distributed {

namespace {

std::size_t byte_count(const Tensor& x) {
  return static_cast<std::size_t>(x.impl()->numel * itemsize(x.impl()->dtype));
}

void write(const Tensor& from, const Tensor& to) noexcept {
  std::memcpy(to.impl()->data, from.impl()->data, byte_count(to));
  xtape::detail::mark_written(to);
}

}  // namespace

ShardBuffers::ShardBuffers(const nn::Module& model) : buffers_(model.buffers()) {
  for (const Tensor& b : buffers_) {
    before_.push_back(xtape::detail::copy_of(b));
    versions_.push_back(b.impl()->storage->version());
  }
}

ShardBuffers::~ShardBuffers() {
  if (!is_finished_) bring_back();
}

/// A buffer that no forward has written is left alone: the tape may have saved it.
void ShardBuffers::bring_back() noexcept {
  for (std::size_t i = 0; i < buffers_.size(); ++i) {
    if (buffers_[i].impl()->storage->version() == versions_[i]) continue;
    write(before_[i], buffers_[i]);
    versions_[i] = buffers_[i].impl()->storage->version();
  }
}

void ShardBuffers::end_shard(bool is_first_with_rows) {
  if (is_first_with_rows) {
    for (const Tensor& b : buffers_) kept_.push_back(xtape::detail::copy_of(b));
  }
  bring_back();
}

void ShardBuffers::finish(int root, const Communicator& comm) {
  // Rank `root` tells which buffers have changed, then sends those.
  std::vector<std::byte> changed(buffers_.size());
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    const std::size_t bytes = byte_count(kept_[i]);
    changed[i] = static_cast<std::byte>(std::memcmp(kept_[i].impl()->data, before_[i].impl()->data, bytes) != 0);
  }
  comm.broadcast(changed, root);
  std::vector<std::byte> all;
  for (std::size_t i = 0; i < buffers_.size(); ++i) {
    if (changed[i] == std::byte{0}) continue;
    const std::byte* from = (kept_.empty() ? before_ : kept_)[i].impl()->data;
    all.insert(all.end(), from, from + byte_count(buffers_[i]));
  }
  comm.broadcast(all, root);
  const std::byte* from = all.data();
  for (std::size_t i = 0; i < buffers_.size(); ++i) {
    if (changed[i] == std::byte{0}) continue;
    std::memcpy(buffers_[i].impl()->data, from, byte_count(buffers_[i]));
    xtape::detail::mark_written(buffers_[i]);
    from += byte_count(buffers_[i]);
  }
  is_finished_ = true;
}

}  // namespace xtape::distributed
