// Memory for tensors and nodes: each thread keeps the blocks that are given back in free lists by size, so that a
// repeated training step asks the system for nothing. A thread keeps at most `most_kept` bytes, in blocks of at most
// `largest_kept`, until it ends. A block may be given back on another thread than the one that took it. Under
// sanitizers, which should see every allocation, nothing is kept.
#pragma once

#include <cstddef>

namespace xtape::detail {

inline constexpr std::size_t block_alignment = 64;
inline constexpr std::size_t most_kept = std::size_t{256} << 20, largest_kept = most_kept / 4;

/// At least `bytes`, aligned to block_alignment. Null when memory runs out.
void* take_block(std::size_t bytes) noexcept;
/// The same, but throws std::bad_alloc.
void* take_block_or_throw(std::size_t bytes);
/// `bytes` is what take_block was asked for.
void give_back(void* block, std::size_t bytes) noexcept;

/// For short-lived standard containers.
template <class T>
struct BlockAllocator {
  using value_type = T;
  BlockAllocator() = default;
  template <class U>
  BlockAllocator(const BlockAllocator<U>&) noexcept {}  // NOLINT: implicit, as the standard requires

  T* allocate(std::size_t n) { return static_cast<T*>(take_block_or_throw(n * sizeof(T))); }
  void deallocate(T* p, std::size_t n) noexcept { give_back(p, n * sizeof(T)); }
  friend bool operator==(BlockAllocator, BlockAllocator) noexcept { return true; }
};

}  // namespace xtape::detail
