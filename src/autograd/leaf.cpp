// Leaf: where a gradient accumulates. It knows its tensor only by address, since the tensor owns it.
#include <mutex>

#include "autograd/node.hpp"
#include "autograd/tensor_impl.hpp"

namespace xtape::detail {

struct Leaf::PostHooks {
  std::mutex mutex;  // the owner may be destroyed on another thread
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

RemovableHandle Leaf::add_post_hook(TensorImpl& owner, Callback<void(const Tensor&)> hook) {
  if (!post_hooks_) post_hooks_ = std::make_unique<PostHooks>();
  post_hooks_->owner = &owner;
  return post_hooks_->hooks.add("register_post_accumulate_grad_hook", std::move(hook));
}

void Leaf::run_post_hooks() {
  if (!post_hooks_ || post_hooks_->hooks.empty()) return;
  Tensor t;
  {
    const std::lock_guard lock(post_hooks_->mutex);
    if (post_hooks_->owner) t = handle_unless_dying(post_hooks_->owner);
  }
  if (!t.defined()) return;
  post_hooks_->hooks.each([&t](const Callback<void(const Tensor&)>& hook) { hook(t); });
}

void Leaf::forget_owner() noexcept {
  if (!post_hooks_) return;
  const std::lock_guard lock(post_hooks_->mutex);
  post_hooks_->owner = nullptr;
}

}  // namespace xtape::detail
