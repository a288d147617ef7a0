// Gradients that are there already, summed over the ranks.
#include "distributed/gradients.hpp"

#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "distributed/agree.hpp"
#include "distributed/exchange.hpp"

namespace xtape::distributed {

std::uint64_t layout_hash(const std::vector<Tensor>& parameters) noexcept {
  Hash hash;
  for (const Tensor& p : parameters) hash.add_layout(p);
  return hash.value();
}

void throw_layout_difference(const char* op, const std::vector<Tensor>& parameters, const Communicator& comm) {
  InCommon common(op, comm);
  for (const Tensor& p : parameters) common.add_layout(fmt::format("parameter {}", &p - parameters.data()), p);
  common.throw_difference();
}

namespace {

/// Takes the gradients that there are from their leaves, and gives them back at the end of its scope. Meanwhile nobody
/// else holds them, so that they may be written in place.
struct BorrowedGradients {
  explicit BorrowedGradients(const std::vector<Tensor>& of) : parameters(of), gradients(of.size()), had(of.size()) {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      gradients[i] = parameters[i].grad();
      had[i] = std::byte{gradients[i].defined()};
      if (gradients[i].defined()) parameters[i].set_grad({});
    }
  }
  ~BorrowedGradients() {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      if (had[i] == std::byte{0}) continue;
      static_cast<xtape::detail::Leaf*>(parameters[i].impl()->node.get())->set_grad(std::move(gradients[i]));
    }
  }
  BorrowedGradients(const BorrowedGradients&) = delete;
  BorrowedGradients& operator=(const BorrowedGradients&) = delete;

  const std::vector<Tensor>& parameters;
  std::vector<Tensor> gradients;
  std::vector<std::byte> had;  // 1 where there was a gradient
};

}  // namespace

void sum_gradients(const std::vector<Tensor>& parameters, const Communicator& comm) {
  constexpr const char* op = "sum_gradients";
  for (const Tensor& p : parameters) {
    if (!p.defined()) fail<ValueError>(op, "a parameter is undefined");
  }
  if (!is_common(layout_hash(parameters), comm)) throw_layout_difference(op, parameters, comm);
  if (comm.size() == 1) return;
  BorrowedGradients borrowed(parameters);
  Exchange exchange(parameters, borrowed.gradients, comm);
  for (std::size_t i = 0; i < parameters.size(); ++i) exchange.complete(i, std::move(borrowed.gradients[i]));
  exchange.finish();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const bool has_come = borrowed.had[i] == std::byte{0} && borrowed.gradients[i].defined();
    if (has_come) parameters[i].set_grad(borrowed.gradients[i]);
  }
}

}  // namespace xtape::distributed
