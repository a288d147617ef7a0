// Memory for tensors and nodes: blocks that are given back wait on this thread for the next of their size, so that a
// training step that repeats itself asks the system for nothing. A thread keeps at most `most_kept` bytes, in blocks of
// at most `largest_kept`, until it ends. A block may end its life on another thread than that which took it. Under
// sanitizers, which should see every block come and go, nothing is kept.
#pragma once

#include <cstddef>

namespace xtape::detail {

inline constexpr std::size_t block_alignment = 64;
inline constexpr std::size_t most_kept = std::size_t{64} << 20, largest_kept = most_kept / 4;

/// At least `bytes`, aligned to block_alignment. Null when the system has no room.
void* take_block(std::size_t bytes) noexcept;
/// The same, but throws std::bad_alloc.
void* take_block_or_throw(std::size_t bytes);
/// `bytes` as they were asked for.
void give_back(void* block, std::size_t bytes) noexcept;

/// For standard containers that live as briefly as a backward pass.
template <class T>
struct BlockAllocator {
  using value_type = T;
  BlockAllocator() = default;
  template <class U>
  BlockAllocator(const BlockAllocator<U>&) noexcept {}  // NOLINT: implicit, as containers want it

  T* allocate(std::size_t n) { return static_cast<T*>(take_block_or_throw(n * sizeof(T))); }
  void deallocate(T* p, std::size_t n) noexcept { give_back(p, n * sizeof(T)); }
  friend bool operator==(BlockAllocator, BlockAllocator) noexcept { return true; }
};

}  // namespace xtape::detail
