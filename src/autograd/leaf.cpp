// Leaf: where a gradient accumulates, from several threads if their graphs share the leaf. It knows its tensor only by
// address, since the tensor owns it.
#include <atomic>
#include <cstring>
#include <mutex>

#include "autograd/backward_ops.hpp"
#include "autograd/node.hpp"
#include "autograd/tensor_impl.hpp"

namespace xtape::detail {

struct Leaf::PostHooks {
  TensorImpl* owner = nullptr;
  HookList<void(const Tensor&)> hooks;
};

namespace {
std::atomic<std::uint64_t> leaves{0};
}

Leaf::Leaf(const Shape& shape, DType dtype) : Node("leaf", 0), number(leaves.fetch_add(1, std::memory_order_relaxed)) {
  NodeAccess::set_value_type(*this, shape, dtype);
}
Leaf::~Leaf() = default;

Gradients Leaf::gradient(const Tensor&, Wants) { return Gradients(); }

void Leaf::set_grad(Tensor g) {
  const std::lock_guard lock(lock_);
  std::swap(grad_, g);  // what was there goes after the lock
}

void Leaf::add_to_grad(Tensor g) {
  const std::lock_guard lock(lock_);
  if (grad_.defined()) {
    accumulate(grad_, g);
  } else {
    grad_ = owns_storage_alone(g) ? std::move(g) : copy_of(g);
  }
}

void Leaf::zero_grad() {
  const std::lock_guard lock(lock_);
  if (!grad_.defined()) return;
  std::memset(grad_.impl()->data, 0, static_cast<std::size_t>(grad_.impl()->numel * itemsize(grad_.impl()->dtype)));
  mark_written(grad_);
}

RemovableHandle Leaf::add_post_hook(TensorImpl& owner, Callback<void(const Tensor&)> hook) {
  if (!post_hooks_) post_hooks_ = std::make_unique<PostHooks>();
  post_hooks_->owner = &owner;
  return post_hooks_->hooks.add("register_post_accumulate_grad_hook", std::move(hook));
}

void Leaf::run_post_hooks() {
  if (!post_hooks_ || post_hooks_->hooks.empty()) return;
  Tensor t;
  {
    const std::lock_guard lock(lock_);
    if (post_hooks_->owner) t = handle_unless_dying(post_hooks_->owner);
  }
  if (!t.defined()) return;
  post_hooks_->hooks.each([&t](const Callback<void(const Tensor&)>& hook) { hook(t); });
}

void Leaf::forget_owner() noexcept {
  if (!post_hooks_) return;
  const std::lock_guard lock(lock_);
  post_hooks_->owner = nullptr;
}

}  // namespace xtape::detail
