// Gradients that are there already, summed over the ranks.
#include "distributed/gradients.hpp"

#include <utility>

#include "core/fail.hpp"
#include "distributed/agree.hpp"
#include "distributed/exchange.hpp"

namespace xtape::distributed {

void check_parameters(const char* op, const std::vector<Tensor>& parameters, const Communicator& comm) {
  std::vector<std::uint64_t> hashes;
  for (const Tensor& p : parameters) {
    if (!p.defined()) fail<ValueError>(op, "a parameter is undefined");
    hashes.push_back(layout_hash("", p));
  }
  if (all_same(hashes, comm)) return;
  std::vector<std::string> texts;
  for (const Tensor& p : parameters) texts.push_back(layout_text("", p));
  const Difference d = first_difference(hashes, texts, comm);
  fail<ValueError>(op, "ranks 0 and {} differ in parameter {}: {}, but {}", d.rank, d.item, d.first, d.second);
}

void sum_gradients(const std::vector<Tensor>& parameters, const Communicator& comm) {
  check_parameters("sum_gradients", parameters, comm);
  std::vector<Tensor> gradients;
  for (const Tensor& p : parameters) {
    gradients.push_back(p.grad());
    if (comm.size() > 1 && gradients.back().defined()) p.set_grad({});  // so that it may be written in place
  }
  const auto give_back = [&parameters, &gradients] {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      if (gradients[i].defined()) parameters[i].set_grad(gradients[i]);
    }
  };
  try {
    Exchange exchange(parameters, gradients, comm);
    for (std::size_t i = 0; i < gradients.size(); ++i) exchange.complete(i, std::move(gradients[i]));
    exchange.finish();
  } catch (...) {
    give_back();
    throw;
  }
  give_back();
}

}  // namespace xtape::distributed
