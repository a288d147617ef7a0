// What holds for every optimizer: its parameters are defined floating leaves, no two of which share elements.
#include "xtape/optim/optimizer.hpp"

#include <algorithm>
#include <numeric>
#include <ostream>
#include <tuple>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "optim/group_optimizer.hpp"

namespace xtape::optim {

namespace {

void check_parameter(const char* optimizer, std::size_t i, const Tensor& p) {
  if (!p.defined()) fail<ValueError>(optimizer, "parameter {} is undefined", i);
  if (!p.is_leaf()) {
    fail<GradError>(optimizer,
                    "parameter {} of shape {} is the result of {}, not a leaf; pass the tensor "
                    "it was made from, or detach() it",
                    i, p.shape(), p.impl()->node->op());
  }
  if (const char* copied_by = p.impl()->storage->copied_by()) {
    fail<ValueError>(optimizer,
                     "parameter {} of shape {} is the result of {}, a copy where PyTorch has a view: the original "
                     "would not move; pass its clone()",
                     i, p.shape(), copied_by);
  }
  if (!is_floating(p.dtype())) {
    fail<DTypeError>(optimizer, "parameter {} of shape {} is {}; only floating tensors have gradients", i, p.shape(),
                     p.dtype());
  }
}

/// A tensor without elements shares none, wherever it begins.
const std::byte* begin_of(const Tensor& p) { return p.impl()->numel > 0 ? p.impl()->data : nullptr; }
const std::byte* end_of(const Tensor& p) { return begin_of(p) + p.impl()->numel * itemsize(p.impl()->dtype); }

[[noreturn]] void fail_shared(const char* optimizer, const std::vector<Tensor>& p, std::size_t i, std::size_t j) {
  const auto [a, b] = std::minmax(i, j);
  if (p[a].impl() == p[b].impl()) {
    fail<ValueError>(optimizer, "parameter {} of shape {} is the same tensor as parameter {}", b, p[b].shape(), a);
  }
  fail<ValueError>(optimizer, "parameter {} of shape {} shares elements with parameter {} of shape {}", b, p[b].shape(),
                   a, p[a].shape());
}

/// If any two parameters share elements, so do two neighbours in the order of addresses.
void check_disjoint(const char* optimizer, const std::vector<Tensor>& p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&p](std::size_t i, std::size_t j) {
    return std::tuple(begin_of(p[i]), end_of(p[i]), p[i].impl(), i) <
           std::tuple(begin_of(p[j]), end_of(p[j]), p[j].impl(), j);
  });
  for (std::size_t k = 1; k < order.size(); ++k) {
    const std::size_t i = order[k - 1], j = order[k];
    if (p[i].impl() == p[j].impl() || end_of(p[i]) > begin_of(p[j])) fail_shared(optimizer, p, i, j);
  }
}

}  // namespace

Optimizer::Optimizer(const char* name, std::vector<Tensor> parameters) : name_(name) {
  check_parameters(parameters);
  parameters_.swap(parameters);
}

Optimizer::~Optimizer() = default;

std::vector<Tensor> Optimizer::parameters() const { return parameters_; }

void Optimizer::check_parameters(const std::vector<Tensor>& parameters) const {
  if (parameters.empty()) {
    fail<ValueError>(name_, "the list of parameters is empty; did the model register its layers?");
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) check_parameter(name_, i, parameters[i]);
  check_disjoint(name_, parameters);
}

std::vector<Scheduled> Optimizer::scheduled() {
  fail<ValueError>(name_, "offers no learning rate to schedulers; override scheduled()");
}

void Optimizer::zero_grad(bool set_to_none) {
  for (const Tensor& p : parameters_) detail::clear_grad(p, set_to_none);
}

// ---- printing -------------------------------------------------------------------------------------------------------

void OptionLines::add(const std::string& name, double value) {
  lines_.push_back(fmt::format("    {}: {}\n", name, value));
}
void OptionLines::add(const std::string& name, bool value) {
  lines_.push_back(fmt::format("    {}: {}\n", name, value ? "True" : "False"));
}
void OptionLines::add(const std::string& name, const std::array<double, 2>& value) {
  lines_.push_back(fmt::format("    {}: ({}, {})\n", name, value[0], value[1]));
}

std::string OptionLines::sorted() {
  std::sort(lines_.begin(), lines_.end());
  std::string text;
  for (const std::string& line : lines_) text += line;
  return text;
}

std::string Optimizer::to_string() const { return name_; }

std::ostream& operator<<(std::ostream& out, const Optimizer& optimizer) { return out << optimizer.to_string(); }

}  // namespace xtape::optim
