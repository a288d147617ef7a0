// The exchange of gradients. Small ones travel together, copied into a bucket; one that fills a bucket alone is summed
// where it is. The sum of an element does not depend on where in a message it stands, so buckets change no bits.
#include "distributed/gradients.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "distributed/agree.hpp"
#include "xtape/ops.hpp"

namespace xtape::distributed {

namespace {

constexpr std::int64_t bucket_bytes = std::int64_t{4} << 20;

/// Which gradients some rank has. All ranks know the same parameters.
std::vector<bool> had_by_some(const std::vector<Tensor>& gradients, const Communicator& comm) {
  const std::size_t n = gradients.size(), ranks = static_cast<std::size_t>(comm.size());
  Hash hash;
  for (const Tensor& g : gradients) hash.add(g.defined());
  const std::vector<std::uint64_t> hashes = comm.all_gather(hash.value());
  std::vector<bool> had;
  for (const Tensor& g : gradients) had.push_back(g.defined());
  if (std::all_of(hashes.begin(), hashes.end(), [&hashes](auto h) { return h == hashes[0]; })) return had;

  std::vector<std::byte> all(n * ranks);
  for (std::size_t i = 0; i < n; ++i) all[static_cast<std::size_t>(comm.rank()) * n + i] = std::byte(had[i] ? 1 : 0);
  comm.all_gather(all);
  for (std::size_t i = 0; i < all.size(); ++i) had[i % n] = had[i % n] || all[i] != std::byte{0};
  return had;
}

/// Gives g elements that nobody else holds.
void make_own(const Tensor& parameter, Tensor& g) {
  if (!g.defined()) {
    g = zeros(parameter.shape(), parameter.dtype());
  } else if (!xtape::detail::owns_storage_alone(g)) {
    g = xtape::detail::copy_of(g);
  }
}

/// Sums these gradients of one dtype, which are to be written.
template <class T>
void sum_bucket(std::span<const Tensor* const> bucket, std::int64_t numel, const Communicator& comm) {
  const auto elements_of = [](const Tensor& g) {
    return std::span(xtape::detail::elements<T>(g), static_cast<std::size_t>(g.impl()->numel));
  };
  if (bucket.size() == 1) {
    comm.sum(elements_of(*bucket[0]));
  } else {
    const auto all = std::make_unique_for_overwrite<T[]>(static_cast<std::size_t>(numel));
    T* to = all.get();
    for (const Tensor* g : bucket) to = std::copy_n(xtape::detail::elements<T>(*g), g->impl()->numel, to);
    comm.sum(std::span(all.get(), to));
    const T* from = all.get();
    for (const Tensor* g : bucket) {
      std::copy_n(from, g->impl()->numel, xtape::detail::elements<T>(*g));
      from += g->impl()->numel;
    }
  }
  for (const Tensor* g : bucket) xtape::detail::mark_written(*g);
}

}  // namespace

void check_parameters(const char* op, const std::vector<Tensor>& parameters, const Communicator& comm) {
  std::vector<std::uint64_t> hashes;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (!parameters[i].defined()) fail<ValueError>(op, "parameter {} is undefined", i);
    hashes.push_back(layout_hash("", parameters[i]));
  }
  const auto text = [&parameters](std::size_t i) { return layout_text("", parameters[i]); };
  if (const auto d = first_difference(hashes, text, comm)) {
    fail<ValueError>(op, "ranks 0 and {} differ in parameter {}: {}, but {}", d->rank, d->item, d->first, d->second);
  }
}

void sum_over_ranks(std::span<const Tensor> parameters, std::vector<Tensor>& gradients, const Communicator& comm) {
  if (comm.size() == 1) return;
  const std::vector<bool> had = had_by_some(gradients, comm);
  std::vector<const Tensor*> bucket;
  std::int64_t numel = 0;
  const auto send = [&bucket, &numel, &comm] {
    if (bucket.empty()) return;
    visit_floating(bucket[0]->dtype(), [&]<class T>() { sum_bucket<T>(bucket, numel, comm); });
    bucket.clear();
    numel = 0;
  };
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    if (!had[i]) continue;
    make_own(parameters[i], gradients[i]);
    const Tensor& g = gradients[i];
    const std::int64_t size = itemsize(g.dtype());
    if (!bucket.empty() && (bucket[0]->dtype() != g.dtype() || (numel + g.numel()) * size > bucket_bytes)) send();
    bucket.push_back(&g);
    numel += g.numel();
  }
  send();
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
    sum_over_ranks(parameters, gradients, comm);
  } catch (...) {
    give_back();
    throw;
  }
  give_back();
}

}  // namespace xtape::distributed
