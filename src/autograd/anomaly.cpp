#include "autograd/anomaly.hpp"

#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "autograd/call_scope.hpp"
#include "autograd/node.hpp"
#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "core/subscript.hpp"

namespace xtape {

namespace {
thread_local bool detecting = false;
thread_local detail::DetectInfinityGuard* infinity_guard = nullptr;

/// An element that is NaN, or infinite where that is looked for.
struct Found {
  double value;
  std::string place;  // " at element [1, 0]", or nothing in a 0-dim tensor
  const char* name() const { return std::isnan(value) ? "NaN" : value > 0 ? "inf" : "-inf"; }
};

/// The first of them.
std::optional<Found> find(const Tensor& x, bool infinity = false) {
  if (!x.defined() || !is_floating(x.dtype())) return std::nullopt;
  return visit_floating(x.dtype(), [&x, infinity]<class T>() -> std::optional<Found> {
    const T* p = detail::elements<T>(x);
    for (std::int64_t i = 0; i < x.impl()->numel; ++i) {
      if (std::isnan(p[i]) || (infinity && std::isinf(p[i]))) {
        return Found{static_cast<double>(p[i]), x.dim() == 0 ? "" : " at element " + subscript(x.shape(), i)};
      }
    }
    return std::nullopt;
  });
}
}  // namespace

namespace autograd {
DetectAnomalyGuard::DetectAnomalyGuard() noexcept : previous_(std::exchange(detecting, true)) {}
DetectAnomalyGuard::~DetectAnomalyGuard() { detecting = previous_; }
}  // namespace autograd

namespace detail {

DetectInfinityGuard::DetectInfinityGuard() noexcept : previous_(std::exchange(infinity_guard, this)) {}
DetectInfinityGuard::~DetectInfinityGuard() { infinity_guard = previous_; }

bool detects_anomaly() noexcept { return detecting; }

void check_forward(Node& node, const TensorRef* inputs, std::size_t count, const Tensor& y) {
  const CallScope* const module = CallScope::innermost();
  if (module) NodeAccess::make_extras(node).module_path = module->path();
  DetectInfinityGuard* const infinity = infinity_guard;
  const auto found = running_node() ? std::nullopt : find(y, infinity != nullptr);
  if (!found) return;
  std::string text = fmt::format("anomaly: the value is {}{}, and no input is", found->name(), found->place);
  const Tensor* culprit = nullptr;
  for (std::size_t i = 0; i < count && !culprit; ++i) {
    const auto before = find(*inputs[i].tensor, infinity != nullptr);
    if (!before) continue;
    culprit = inputs[i].tensor;
    text = fmt::format("anomaly: the value is {}{}; input {} is {} already{}", found->name(), found->place, i,
                       before->name(), before->place);
  }
  GradError error(node.op(), text);
  if (!infinity) throw error;
  if (module) error.set_module_path(module->path());
  const std::string_view op = node.op();
  if (op == "masked_fill" || op == "where") return;
  if (!culprit) {
    infinity->made_ = error.what();
  } else if (infinity->given_.empty() && !culprit->requires_grad()) {
    infinity->given_ = error.what();
  }
}

void check_backward(const Node& node, const Tensor& gy, Gradients& gradients, Wants wants) {
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    const auto found = wants[i] ? find(gradients[i]) : std::nullopt;
    if (!found) continue;
    const char* from = find(gy) ? "as is the gradient that arrived" : "the gradient that arrived is not";
    GradError error(node.op(),
                    fmt::format("anomaly in backward: the gradient for input {} is NaN{}, {}", i, found->place, from));
    if (const NodeExtras* extras = NodeAccess::extras(node)) error.set_module_path(extras->module_path);
    throw error;
  }
}

}  // namespace detail
}  // namespace xtape
