// Sums over ranks: each rank gets everyone's values of the elements that it owns and adds them in the tree, then all
// get all sums. What a kind of communicator does is to move bytes.
#include <algorithm>
#include <memory>

#include "core/fail.hpp"
#include "kernels/tree_sum.hpp"
#include "xtape/distributed.hpp"

namespace xtape::distributed {

namespace {

constexpr std::size_t most_bytes = std::size_t{1} << 30;   // of one rank in one call
constexpr std::size_t piece_bytes = std::size_t{1} << 21;  // of a sum, so that it stays in the cache
constexpr std::size_t block_bytes = std::size_t{1} << 16;  // of a rank, but not less: messages cost time
constexpr std::size_t small_bytes = 4096;                  // up to which every rank adds everything: one exchange

}  // namespace

Communicator::Communicator(int rank, int size) : rank_(rank), size_(size) {
  if (rank < 0 || rank >= size) fail<ValueError>("Communicator", "rank {} of {} ranks", rank, size);
}
Communicator::~Communicator() = default;

void Communicator::all_gather(std::span<std::byte> all) const {
  const std::size_t ranks = static_cast<std::size_t>(size_), bytes = all.size() / ranks;
  if (bytes * ranks != all.size() || bytes > most_bytes) {
    fail<ValueError>("all_gather", "{} bytes are no block of at most {} for each of {} ranks", all.size(), most_bytes,
                     size_);
  }
  if (size_ > 1 && bytes > 0) gather_blocks(all.data(), bytes);
}

std::vector<std::uint64_t> Communicator::all_gather(std::uint64_t value) const {
  std::vector<std::uint64_t> all(static_cast<std::size_t>(size_));
  all[static_cast<std::size_t>(rank_)] = value;
  all_gather(std::as_writable_bytes(std::span(all)));
  return all;
}

void Communicator::broadcast(std::span<std::byte> bytes, int root) const {
  if (root < 0 || root >= size_) fail<IndexError>("broadcast", "root {} is outside [0, {})", root, size_);
  for (std::size_t done = 0; size_ > 1 && done < bytes.size();) {
    const std::size_t count = std::min(most_bytes, bytes.size() - done);
    send_from(root, bytes.data() + done, count);
    done += count;
  }
}

template <class T>
void Communicator::sum_elements(std::span<T> values) const {
  if (size_ == 1) return;
  const std::size_t ranks = static_cast<std::size_t>(size_), own = static_cast<std::size_t>(rank_);
  const std::size_t most_block = std::max(piece_bytes / ranks, block_bytes) / sizeof(T);
  const std::size_t small = std::max<std::size_t>(ranks, small_bytes / sizeof(T));
  const auto rows = std::make_unique_for_overwrite<T[]>(ranks * std::min(std::max(most_block, small), values.size()));
  std::vector<const T*> begins(ranks);
  while (values.size() > small) {
    const std::size_t block = std::min(most_block, values.size() / ranks);
    T* const piece = values.data();
    exchange_blocks(reinterpret_cast<const std::byte*>(piece), reinterpret_cast<std::byte*>(rows.get()),
                    block * sizeof(T));
    for (std::size_t r = 0; r < ranks; ++r) begins[r] = rows.get() + r * block;
    begins[own] = piece + own * block;
    kernels::tree_sum<T>(begins, block, piece + own * block);
    gather_blocks(reinterpret_cast<std::byte*>(piece), block * sizeof(T));
    values = values.subspan(block * ranks);
  }
  if (values.empty()) return;
  std::copy(values.begin(), values.end(), rows.get() + own * values.size());
  gather_blocks(reinterpret_cast<std::byte*>(rows.get()), values.size() * sizeof(T));
  for (std::size_t r = 0; r < ranks; ++r) begins[r] = rows.get() + r * values.size();
  kernels::tree_sum<T>(begins, values.size(), values.data());
}

void Communicator::sum(std::span<float> values) const { sum_elements(values); }
void Communicator::sum(std::span<double> values) const { sum_elements(values); }
double Communicator::sum(double value) const {
  sum_elements(std::span(&value, 1));
  return value;
}

}  // namespace xtape::distributed
