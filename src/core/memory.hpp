// Memory for tensors and nodes: blocks that are given back wait on this thread for the next of their size, so that a
// training step that repeats itself asks the system for nothing. A thread keeps at most `most_kept` bytes and returns
// them when it ends; a block may be given back on another thread than the one that took it. Sanitizers see every block
// come and go: under them nothing is kept.
#pragma once

#include <cstddef>
#include <new>

namespace xtape::detail {

inline constexpr std::size_t block_alignment = 64;
inline constexpr std::size_t most_kept = std::size_t{64} << 20;

/// At least `bytes`, aligned to block_alignment. Null when the system has no room.
void* take_block(std::size_t bytes) noexcept;
/// `bytes` as they were asked for.
void give_back(void* block, std::size_t bytes) noexcept;

/// For standard containers that live as briefly as a backward pass.
template <class T>
struct BlockAllocator {
  using value_type = T;
  BlockAllocator() = default;
  template <class U>
  BlockAllocator(const BlockAllocator<U>&) noexcept {}  // NOLINT: implicit, as containers want it

  T* allocate(std::size_t n) {
    void* block = take_block(n * sizeof(T));
    if (!block) throw std::bad_alloc();
    return static_cast<T*>(block);
  }
  void deallocate(T* p, std::size_t n) noexcept { give_back(p, n * sizeof(T)); }
  friend bool operator==(BlockAllocator, BlockAllocator) noexcept { return true; }
};

}  // namespace xtape::detail
