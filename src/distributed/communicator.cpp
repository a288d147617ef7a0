// Sums over ranks: each rank gets everyone's values of the elements that it owns and adds them in the tree, then all
// get all sums. What a kind of communicator does is to move bytes.
#include <algorithm>
#include <cstring>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "distributed/kept.hpp"
#include "kernels/tree_sum.hpp"
#include "xtape/distributed.hpp"

namespace xtape::distributed {

namespace {

constexpr std::size_t most_bytes = std::size_t{1} << 30;   // of one rank in one call
constexpr std::size_t piece_bytes = std::size_t{1} << 23;  // of a sum, which takes as much memory again
constexpr std::size_t block_bytes = std::size_t{1} << 16;  // of a rank, but not less: messages cost time
constexpr std::size_t small_bytes = 4096;                  // up to which every rank adds everything: one exchange

}  // namespace

/// Values of all ranks, a row each, one after another but for this rank's.
struct Communicator::Rows {
  const std::byte* first;
  std::size_t count, elements;
  const std::byte* own_row;
  std::size_t own;

  template <class T>
  static void add(const Rows& rows, std::byte* out) {
    const auto of_type = [](const std::byte* bytes) { return reinterpret_cast<const T*>(bytes); };
    kernels::tree_sum<T>({of_type(rows.first), rows.count, rows.elements, of_type(rows.own_row), rows.own},
                         rows.elements, reinterpret_cast<T*>(out));
  }
};

Communicator::Communicator(int rank, int size) : rank_(rank), size_(size) {
  if (rank < 0 || rank >= size) fail<ValueError>("Communicator", "rank {} of {} ranks", rank, size);
}
Communicator::~Communicator() = default;
bool Communicator::overlaps() const noexcept { return false; }
void Communicator::give_up() const noexcept {}

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

/// Of elements of `size` bytes, whose rows `add` adds.
void Communicator::sum_elements(std::span<std::byte> values, std::size_t size,
                                void (*add)(const Rows&, std::byte*)) const {
  if (size_ == 1) return;
  const std::size_t ranks = static_cast<std::size_t>(size_), own = static_cast<std::size_t>(rank_);
  const std::size_t most_block = std::max(piece_bytes / ranks, block_bytes) / size * size;
  const std::size_t small = std::max(ranks * size, small_bytes);
  const std::size_t room = ranks * std::min(std::max(most_block, small), values.size());
  const Tensor memory = make_memory(room);
  std::byte* const rows = xtape::detail::bytes_of(memory).data();
  try {
    while (values.size() > small) {
      const std::size_t block = std::min(most_block, values.size() / size / ranks * size);
      std::byte* const mine = values.data() + own * block;
      exchange_blocks(values.data(), rows, block);
      add({rows, ranks, block / size, mine, own}, mine);
      gather_blocks(values.data(), block);
      values = values.subspan(block * ranks);
    }
    if (values.empty()) return;
    std::memcpy(rows + own * values.size(), values.data(), values.size());
    gather_blocks(rows, values.size());
    add({rows, ranks, values.size() / size, values.data(), own}, values.data());
  } catch (...) {
    keep_for_ever(memory);
    throw;
  }
}

void Communicator::sum(std::span<float> values) const {
  sum_elements(std::as_writable_bytes(values), sizeof(float), Rows::add<float>);
}
void Communicator::sum(std::span<double> values) const {
  sum_elements(std::as_writable_bytes(values), sizeof(double), Rows::add<double>);
}
double Communicator::sum(double value) const {
  sum(std::span(&value, 1));
  return value;
}

}  // namespace xtape::distributed
