// What ranks do with a whole model: start from the same values, and see that they still have the same.
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "distributed/agree.hpp"

namespace xtape::distributed {

namespace {

std::vector<NamedTensor> parameters_and_buffers(const nn::Module& model) {
  std::vector<NamedTensor> all = model.named_parameters();
  for (NamedTensor& buffer : model.named_buffers()) all.push_back(std::move(buffer));
  return all;
}

}  // namespace

void broadcast(const nn::Module& model, const Communicator& comm) {
  const std::vector<NamedTensor> tensors = parameters_and_buffers(model);
  InCommon common("broadcast", comm);
  for (const auto& [name, tensor] : tensors) common.add_layout(name, tensor);
  common.check("the models of ");
  if (comm.size() == 1) return;
  for (const auto& [name, tensor] : tensors) {
    comm.broadcast(xtape::detail::bytes_of(tensor));
    if (comm.rank() != 0) xtape::detail::mark_written(tensor);
  }
}

void check_same(const nn::Module& model, const Communicator& comm, std::int64_t step) {
  if (comm.size() == 1) return;
  InCommon common("check_same", comm);
  for (const auto& [name, tensor] : model.named_parameters()) {
    common.add_hash(hash_of(tensor), "the values of the parameter {}", name);
  }
  common.check(fmt::format("after step {} ", step));
}

}  // namespace xtape::distributed
