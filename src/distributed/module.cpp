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
  std::vector<std::uint64_t> hashes;
  for (const auto& [name, tensor] : tensors) hashes.push_back(layout_hash(name, tensor));
  if (!all_same(hashes, comm)) {
    std::vector<std::string> texts;
    for (const auto& [name, tensor] : tensors) texts.push_back(layout_text(name, tensor));
    const Difference d = first_difference(hashes, texts, comm);
    fail<ValueError>("broadcast", "the models of ranks 0 and {} differ: {}, but {}", d.rank, d.first, d.second);
  }
  if (comm.size() == 1) return;
  for (const auto& [name, tensor] : tensors) {
    comm.broadcast(xtape::detail::bytes_of(tensor));
    if (comm.rank() != 0) xtape::detail::mark_written(tensor);
  }
}

void check_same(const nn::Module& model, const Communicator& comm, std::int64_t step) {
  if (comm.size() == 1) return;
  std::vector<std::uint64_t> hashes;
  std::vector<std::string> names;
  for (const auto& [name, tensor] : model.named_parameters()) {
    Hash hash;
    hash.add(layout_hash(name, tensor));
    hash.add(xtape::detail::bytes_of(tensor));
    hashes.push_back(hash.value());
    names.push_back(name);
  }
  if (all_same(hashes, comm)) return;
  const Difference d = first_difference(hashes, names, comm);
  fail<ValueError>("check_same", "after step {} ranks 0 and {} hold different values of the parameter {}", step, d.rank,
                   d.first);
}

}  // namespace xtape::distributed
