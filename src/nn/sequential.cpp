// Sequential, and the other modules whose children are numbered or functions.
#include "xtape/nn/sequential.hpp"

#include "core/fail.hpp"
#include "nn/module_state.hpp"
#include "nn/type_name.hpp"
#include "xtape/nn/module_list.hpp"

namespace xtape::nn {

// ---- functions -------------------------------------------------------------------------------------------------

// The function has an owner before anything else is made.
Lambda::Lambda(detail::ModuleHolder* function) : Lambda(std::shared_ptr<detail::ModuleHolder>(function)) {}
Lambda::Lambda(std::shared_ptr<detail::ModuleHolder> function) : function_(std::move(function)) {
  detail::mark_unregistered(function_->get());  // a part of this module, without a name
}
Lambda::Lambda(const Lambda& other) : Module(other), function_(detail::share_or_clone(other.function_)) {}
Lambda::Lambda(Lambda&& other) noexcept : Module(std::move(other)), function_(other.function_) {}
Lambda& Lambda::operator=(const Lambda& other) = default;
Lambda::~Lambda() = default;
Tensor Lambda::forward(const Tensor& x) const { return function_->get()(x); }

// ---- numbered children -----------------------------------------------------------------------------------------

ModuleSequence::~ModuleSequence() = default;
ModuleList::~ModuleList() = default;

std::size_t ModuleSequence::size() const { return child_count(); }

std::size_t ModuleSequence::position(std::int64_t i) const {
  const auto n = static_cast<std::int64_t>(size());
  if (i < -n || i >= n) fail<IndexError>(type_name(*this), "layer {} is outside [{}, {})", i, -n, n);
  return static_cast<std::size_t>(i < 0 ? i + n : i);
}

void ModuleSequence::add_layer(detail::ModuleHolder* layer) { add_child(std::to_string(size()), layer); }

void ModuleSequence::replace_layer(std::int64_t i, detail::ModuleHolder* layer) {
  std::unique_ptr<detail::ModuleHolder> owner(layer);
  const std::string name = std::to_string(position(i));
  replace_child(name, owner.release());
}

const Module& ModuleSequence::operator[](std::int64_t i) const { return child(position(i)); }

Sequential::~Sequential() = default;

Tensor Sequential::forward(const Tensor& x) const {
  Tensor y = x;
  for (std::size_t i = 0; i < size(); ++i) {
    const auto layer = child_holder(i);  // a hook may replace it
    y = layer->get()(y);
  }
  return y;
}

}  // namespace xtape::nn
