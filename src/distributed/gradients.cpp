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

/// 1 for each gradient that some rank has, else 0. All ranks know the same parameters.
std::vector<std::byte> had_by_some(const std::vector<Tensor>& gradients, const Communicator& comm) {
  const std::size_t n = gradients.size(), ranks = static_cast<std::size_t>(comm.size());
  std::vector<std::byte> all(n * ranks);
  std::byte* const own = all.data() + static_cast<std::size_t>(comm.rank()) * n;
  for (std::size_t i = 0; i < n; ++i) own[i] = std::byte{gradients[i].defined()};
  Hash hash;
  hash.add(std::span<const std::byte>(own, n));
  const std::uint64_t value = hash.value();
  if (all_same({&value, 1}, comm)) return {own, own + n};
  comm.all_gather(all);
  for (std::size_t i = n; i < all.size(); ++i) all[i % n] |= all[i];
  return all;
}

/// Gives g elements that nobody else holds.
void make_own(const Tensor& parameter, Tensor& g) {
  if (!g.defined()) {
    g = zeros(parameter.shape(), parameter.dtype());
  } else if (!xtape::detail::owns_storage_alone(g)) {
    g = xtape::detail::copy_of(g);
  }
}

/// Sums these gradients, of one dtype and `numel` elements in all, which are to be written.
template <class T>
void sum_bucket(const std::vector<Tensor>& gradients, const std::vector<std::size_t>& bucket, std::int64_t numel,
                const Communicator& comm) {
  if (bucket.size() == 1) {
    comm.sum(std::span(xtape::detail::elements<T>(gradients[bucket[0]]), static_cast<std::size_t>(numel)));
  } else {
    const auto all = std::make_unique_for_overwrite<T[]>(static_cast<std::size_t>(numel));
    T* to = all.get();
    for (const std::size_t i : bucket) {
      to = std::copy_n(xtape::detail::elements<T>(gradients[i]), gradients[i].impl()->numel, to);
    }
    comm.sum(std::span(all.get(), to));
    const T* from = all.get();
    for (const std::size_t i : bucket) {
      std::copy_n(from, gradients[i].impl()->numel, xtape::detail::elements<T>(gradients[i]));
      from += gradients[i].impl()->numel;
    }
  }
  for (const std::size_t i : bucket) xtape::detail::mark_written(gradients[i]);
}

}  // namespace

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

void sum_over_ranks(std::span<const Tensor> parameters, std::vector<Tensor>& gradients, const Communicator& comm) {
  if (comm.size() == 1) return;
  const std::vector<std::byte> had = had_by_some(gradients, comm);
  std::vector<std::size_t> bucket;
  std::int64_t numel = 0;
  const auto send = [&bucket, &numel, &gradients, &comm] {
    if (bucket.empty()) return;
    visit_floating(gradients[bucket[0]].dtype(), [&]<class T>() { sum_bucket<T>(gradients, bucket, numel, comm); });
    bucket.clear();
    numel = 0;
  };
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    if (had[i] == std::byte{0}) continue;
    make_own(parameters[i], gradients[i]);
    const Tensor& g = gradients[i];
    const bool fits = bucket.empty() || (gradients[bucket[0]].dtype() == g.dtype() &&
                                         (numel + g.numel()) * itemsize(g.dtype()) <= bucket_bytes);
    if (!fits) send();
    bucket.push_back(i);
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
