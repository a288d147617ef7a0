#include "distributed/agree.hpp"

#include <algorithm>
#include <cstring>

#include "autograd/tensor_impl.hpp"
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

void Hash::add_layout(const Tensor& tensor) noexcept {
  add(static_cast<std::uint64_t>(tensor.dtype()));
  add(std::uint64_t{tensor.requires_grad()});
  add(static_cast<std::uint64_t>(tensor.dim()));
  for (const std::int64_t extent : tensor.shape()) add(static_cast<std::uint64_t>(extent));
}

void Hash::add(const Tensor& tensor) noexcept {
  add_layout(tensor);
  add(xtape::detail::bytes_of(tensor));
}

InCommon::InCommon(const char* op, const Communicator& comm) : op_(op), comm_(comm) { add("a call of {}", op); }

void InCommon::add_text(fmt::string_view format, fmt::format_args args) {
  texts_.push_back(fmt::vformat(format, args));
  hashes_.push_back(hash_of(std::string_view(texts_.back())));
}

void InCommon::add_name(std::uint64_t hash, fmt::string_view format, fmt::format_args args) {
  texts_.push_back(fmt::vformat(format, args));
  hashes_.push_back(hash);
}

void InCommon::add_lines(std::string_view text) {
  for (std::size_t at; (at = text.find_first_not_of(" \n")) < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    add("{}", text.substr(at, end - at));
    text.remove_prefix(end);
  }
}

void InCommon::add_layout(std::string_view name, const Tensor& tensor) {
  const char* frozen = is_floating(tensor.dtype()) && !tensor.requires_grad() ? ", which does not require grad" : "";
  add("{}: {} {}{}", name, to_string(tensor.dtype()), tensor.shape().to_string(), frozen);
}

namespace {

/// The first rank whose value differs from rank 0's, or 0.
int first_other(const std::vector<std::uint64_t>& values) {
  const auto other = std::ranges::find_if(values, [&values](std::uint64_t v) { return v != values[0]; });
  return other == values.end() ? 0 : static_cast<int>(other - values.begin());
}

}  // namespace

void InCommon::check(std::string_view before) const {
  if (!is_common(hash_of(std::as_bytes(std::span(hashes_))), comm_)) throw_difference(before);
}

void InCommon::throw_difference(std::string_view before) const {
  // This ends: some rank has another hash, or more of them.
  for (std::size_t item = 0;; ++item) {
    const bool is_there = item < hashes_.size();
    Hash hash;
    hash.add(is_there ? hashes_[item] : 0);
    hash.add(std::uint64_t{is_there});
    const int rank = first_other(comm_.all_gather(hash.value()));
    if (rank == 0) continue;
    const std::string_view mine = is_there ? std::string_view(texts_[item]) : "nothing";
    const std::string first = text_of_rank(0, mine, comm_), second = text_of_rank(rank, mine, comm_);
    if (first == second) fail<ValueError>(op_, "{}ranks 0 and {} differ in {}", before, rank, first);
    fail<ValueError>(op_, "{}ranks 0 and {} differ: {}, but {}", before, rank, first, second);
  }
}

bool is_common(std::uint64_t value, const Communicator& comm) { return first_other(comm.all_gather(value)) == 0; }

std::string text_of_rank(int rank, std::string_view mine, const Communicator& comm) {
  // If another rank is in another call, what it gives is no length, and may be huge.
  constexpr std::uint64_t most = 1 << 16;
  std::string text(mine);
  text.resize(std::min(most, comm.all_gather(mine.size())[static_cast<std::size_t>(rank)]));
  comm.broadcast(std::as_writable_bytes(std::span(text)), rank);
  return text;
}

}  // namespace xtape::distributed
