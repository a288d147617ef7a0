#include "autograd/anomaly.hpp"

#include <cmath>
#include <optional>
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

/// The position of the first NaN.
std::optional<std::int64_t> first_nan(const Tensor& x) {
  if (!x.defined() || !is_floating(x.dtype())) return std::nullopt;
  return visit_floating(x.dtype(), [&x]<class T>() -> std::optional<std::int64_t> {
    const T* p = detail::elements<T>(x);
    for (std::int64_t i = 0; i < x.impl()->numel; ++i) {
      if (std::isnan(p[i])) return i;
    }
    return std::nullopt;
  });
}

/// " at element [1, 0]", or nothing in a 0-dim tensor.
std::string place(const Tensor& x, std::int64_t position) {
  return x.dim() == 0 ? "" : " at element " + subscript(x.shape(), position);
}
}  // namespace

namespace autograd {
DetectAnomalyGuard::DetectAnomalyGuard() noexcept : previous_(std::exchange(detecting, true)) {}
DetectAnomalyGuard::~DetectAnomalyGuard() { detecting = previous_; }
}  // namespace autograd

namespace detail {

bool detects_anomaly() noexcept { return detecting; }

void check_forward(Node& node, const TensorRef* inputs, std::size_t count, const Tensor& y) {
  if (const CallScope* module = CallScope::innermost()) NodeAccess::make_extras(node).module_path = module->path();
  const auto at = running_node() ? std::nullopt : first_nan(y);
  if (!at) return;
  for (std::size_t i = 0; i < count; ++i) {
    if (const auto from = first_nan(*inputs[i].tensor)) {
      fail<GradError>(node.op(), "anomaly: the value is NaN{}; input {} is NaN already{}", place(y, *at), i,
                      place(*inputs[i].tensor, *from));
    }
  }
  fail<GradError>(node.op(), "anomaly: the value is NaN{}, and no input is", place(y, *at));
}

void check_backward(const Node& node, const Tensor& gy, Gradients& gradients, Wants wants) {
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    const auto at = wants[i] ? first_nan(gradients[i]) : std::nullopt;
    if (!at) continue;
    const char* from = first_nan(gy) ? "as is the gradient that arrived" : "the gradient that arrived is not";
    GradError error(node.op(), fmt::format("anomaly in backward: the gradient for input {} is NaN{}, {}", i,
                                           place(gradients[i], *at), from));
    if (const NodeExtras* extras = NodeAccess::extras(node)) error.set_module_path(extras->module_path);
    throw error;
  }
}

}  // namespace detail
}  // namespace xtape
