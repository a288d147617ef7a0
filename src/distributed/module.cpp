// What ranks do with a whole model: start from the same values, and see that they still have the same.
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "distributed/agree.hpp"

namespace xtape::distributed {

namespace {

std::span<std::byte> bytes_of(const Tensor& x) {
  return {x.impl()->data, static_cast<std::size_t>(x.impl()->numel * itemsize(x.impl()->dtype))};
}

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
  const auto text = [&tensors](std::size_t i) { return layout_text(tensors[i].name, tensors[i].tensor); };
  if (const auto d = first_difference(hashes, text, comm)) {
    fail<ValueError>("broadcast", "the models of ranks 0 and {} differ: {}, but {}", d->rank, d->first, d->second);
  }
  if (comm.size() == 1) return;
  for (const auto& [name, tensor] : tensors) {
    comm.broadcast(bytes_of(tensor));
    if (comm.rank() != 0) xtape::detail::mark_written(tensor);
  }
}

void check_same(const nn::Module& model, const Communicator& comm, std::int64_t step) {
  if (comm.size() == 1) return;
  const std::vector<NamedTensor> parameters = model.named_parameters();
  std::vector<std::uint64_t> hashes;
  for (const auto& [name, tensor] : parameters) {
    Hash hash;
    hash.add(layout_hash(name, tensor));
    hash.add(bytes_of(tensor));
    hashes.push_back(hash.value());
  }
  const auto text = [&parameters](std::size_t i) { return parameters[i].name; };
  if (const auto d = first_difference(hashes, text, comm)) {
    fail<ValueError>("check_same", "after step {} ranks 0 and {} hold different values of the parameter {}", step,
                     d->rank, d->first);
  }
}

}  // namespace xtape::distributed
