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

std::vector<Tensor> views_of(const std::vector<Tensor>& tensors) {
  std::vector<Tensor> views;
  for (const Tensor& t : tensors) views.push_back(xtape::detail::make_view(t, t.shape()));
  return views;
}

}  // namespace

ShardBuffers::ShardBuffers(const nn::Module& model) : buffers_(model.buffers()), originals_(views_of(buffers_)) {
  for (const Tensor& b : buffers_) {
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
    if (std::memcmp(buffers_[i].impl()->data, before_[i].impl()->data, byte_count(before_[i])) == 0) continue;
    write(before_[i], buffers_[i]);
  }
}

void ShardBuffers::use(const std::vector<Tensor>& elements) noexcept {
  for (std::size_t i = 0; i < buffers_.size(); ++i) {
    buffers_[i].impl()->set_storage(elements[i].impl()->storage, elements[i].impl()->data);
  }
}

void ShardBuffers::end_shard(bool is_first_with_rows) {
  if (is_first_with_rows) {
    for (const Tensor& b : buffers_) kept_.push_back(xtape::detail::copy_of(b));
  }
  left_by_.push_back(views_of(buffers_));
  // The tape may have saved what the shard has left, so the next shard writes elsewhere.
  for (std::size_t i = 0; i < buffers_.size(); ++i) {
    xtape::detail::TensorImpl& buffer = *buffers_[i].impl();
    if (buffer.storage->version() == versions_[i]) continue;
    const Tensor fresh = xtape::detail::copy_of(before_[i]);
    buffer.set_storage(fresh.impl()->storage, fresh.impl()->data);
    versions_[i] = buffer.storage->version();
  }
}

void ShardBuffers::show(std::size_t i) noexcept { use(left_by_[i]); }

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
  bring_back();
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
