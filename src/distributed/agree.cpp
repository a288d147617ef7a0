#include "distributed/agree.hpp"

#include <algorithm>
#include <cstring>

#include "core/fail.hpp"

namespace xtape::distributed {

void Hash::add(std::uint64_t word) noexcept {  // the finalizer of splitmix64
  std::uint64_t z = (state_ ^ word) + 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  state_ = z ^ (z >> 31);
}

void Hash::add(std::span<const std::byte> bytes) noexcept {
  add(bytes.size());
  for (; !bytes.empty(); bytes = bytes.subspan(std::min<std::size_t>(8, bytes.size()))) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), std::min<std::size_t>(8, bytes.size()));
    add(word);
  }
}

namespace {

/// The first rank whose value differs from rank 0's, or 0.
int first_other(const std::vector<std::uint64_t>& values) {
  const auto other = std::find_if(values.begin(), values.end(), [&values](auto v) { return v != values[0]; });
  return other == values.end() ? 0 : static_cast<int>(other - values.begin());
}

}  // namespace

std::string text_of_rank(int rank, std::string text, const Communicator& comm) {
  text.resize(comm.all_gather(text.size())[static_cast<std::size_t>(rank)]);
  comm.broadcast(std::as_writable_bytes(std::span(text)), rank);
  return text;
}

bool all_same(std::span<const std::uint64_t> hashes, const Communicator& comm) {
  Hash all;
  all.add(std::as_bytes(hashes));
  return first_other(comm.all_gather(all.value())) == 0;
}

Difference first_difference(std::span<const std::uint64_t> hashes, std::span<const std::string> texts,
                            const Communicator& comm) {
  Difference d;
  for (;; ++d.item) {  // ends, for some rank has another hash, or more
    const bool is_there = d.item < hashes.size();
    Hash hash;
    hash.add(is_there ? hashes[d.item] : 0);
    hash.add(is_there);
    d.rank = first_other(comm.all_gather(hash.value()));
    if (d.rank == 0) continue;
    const std::string mine = is_there ? texts[d.item] : "nothing";
    d.first = text_of_rank(0, mine, comm);
    d.second = text_of_rank(d.rank, mine, comm);
    return d;
  }
}

std::uint64_t layout_hash(std::string_view name, const Tensor& tensor) {
  Hash hash;
  hash.add(name);
  hash.add(static_cast<std::uint64_t>(tensor.dtype()));
  hash.add(tensor.requires_grad());
  for (const std::int64_t extent : tensor.shape()) hash.add(static_cast<std::uint64_t>(extent));
  return hash.value();
}

std::string layout_text(std::string_view name, const Tensor& tensor) {
  const char* frozen = is_floating(tensor.dtype()) && !tensor.requires_grad() ? ", which does not require grad" : "";
  return fmt::format("{}{}{} {}{}", name, name.empty() ? "" : ": ", to_string(tensor.dtype()),
                     tensor.shape().to_string(), frozen);
}

}  // namespace xtape::distributed
