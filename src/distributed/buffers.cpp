#include "distributed/buffers.hpp"

#include <algorithm>
#include <span>

#include "autograd/tensor_impl.hpp"

namespace xtape::distributed {

namespace {

using xtape::detail::bytes_of;

bool have_same_bytes(const Tensor& a, const Tensor& b) noexcept { return std::ranges::equal(bytes_of(a), bytes_of(b)); }

void write(std::span<const std::byte> from, const Tensor& to) noexcept {
  std::ranges::copy(from, bytes_of(to).begin());
  xtape::detail::mark_written(to);
}

}  // namespace

ShardBuffers::ShardBuffers(const nn::Module& model) : buffers_(model.buffers()) {
  for (const Tensor& b : buffers_) {
    originals_.push_back(xtape::detail::make_view(b, b.shape()));
    before_.push_back(xtape::detail::copy_of(b));
    versions_.push_back(b.impl()->storage->version());
  }
}

ShardBuffers::~ShardBuffers() {
  if (!is_finished_) bring_back();
}

void ShardBuffers::bring_back() noexcept {
  use(originals_);
  for (std::size_t i = 0; i < buffers_.size(); ++i) {
    if (!have_same_bytes(before_[i], buffers_[i])) write(bytes_of(before_[i]), buffers_[i]);
  }
}

void ShardBuffers::use(std::span<const Tensor> elements) noexcept {
  for (std::size_t i = 0; i < buffers_.size(); ++i) {
    buffers_[i].impl()->set_storage(elements[i].impl()->storage, elements[i].impl()->data);
  }
}

void ShardBuffers::end_shard(bool is_first_with_rows) {
  if (is_first_with_rows) {
    for (const Tensor& b : buffers_) kept_.push_back(xtape::detail::copy_of(b));
  }
  for (const Tensor& b : buffers_) left_.push_back(xtape::detail::make_view(b, b.shape()));
  // The tape may have saved what the shard has left, so the next shard writes elsewhere.
  for (std::size_t i = 0; i < buffers_.size(); ++i) {
    xtape::detail::TensorImpl& buffer = *buffers_[i].impl();
    if (buffer.storage->version() == versions_[i]) continue;
    const Tensor fresh = xtape::detail::copy_of(before_[i]);
    buffer.set_storage(fresh.impl()->storage, fresh.impl()->data);
    versions_[i] = buffer.storage->version();
  }
}

void ShardBuffers::show(std::size_t i) noexcept { use(std::span(left_).subspan(i * buffers_.size(), buffers_.size())); }

void ShardBuffers::finish(int root, const Communicator& comm) {
  // Rank `root` tells which buffers have changed, then sends those.
  std::vector<std::byte> changed(buffers_.size());
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    changed[i] = std::byte{!have_same_bytes(kept_[i], before_[i])};
  }
  comm.broadcast(changed, root);
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < buffers_.size(); ++i) {
    if (changed[i] != std::byte{0}) bytes += bytes_of(buffers_[i]).size();
  }
  std::vector<std::byte> all(bytes);
  std::byte* to = all.data();
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    if (changed[i] != std::byte{0}) to = std::ranges::copy(bytes_of(kept_[i]), to).out;
  }
  comm.broadcast(all, root);
  bring_back();
  const std::byte* from = all.data();
  for (std::size_t i = 0; i < buffers_.size(); ++i) {
    if (changed[i] == std::byte{0}) continue;
    write({from, bytes_of(buffers_[i]).size()}, buffers_[i]);
    from += bytes_of(buffers_[i]).size();
  }
  is_finished_ = true;
}

}  // namespace xtape::distributed
