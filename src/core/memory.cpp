#include "core/memory.hpp"

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <new>

#if defined(__has_feature)
#define XTAPE_HAS_FEATURE(x) __has_feature(x)
#else
#define XTAPE_HAS_FEATURE(x) 0
#endif

namespace xtape::detail {

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || XTAPE_HAS_FEATURE(address_sanitizer) || \
    XTAPE_HAS_FEATURE(thread_sanitizer) || XTAPE_HAS_FEATURE(memory_sanitizer)
constexpr bool keeps_blocks = false;
#else
constexpr bool keeps_blocks = true;
#endif

// Size classes: the multiples of 64 up to 256, then four for each doubling, up to largest_kept.
constexpr std::size_t step = 64, linear = 4;

constexpr std::size_t class_of(std::size_t bytes) noexcept {
  const std::size_t steps = bytes <= step ? 1 : (bytes + step - 1) / step;
  if (steps <= linear) return steps - 1;
  const auto doubling = static_cast<std::size_t>(std::bit_width(steps - 1)) - 3;  // 4 < steps <= 8: 0
  return linear * (doubling + 1) + ((steps - 1) >> doubling) - linear;
}

constexpr std::size_t size_of(std::size_t size_class) noexcept {
  if (size_class < linear) return step * (size_class + 1);
  return (step * (linear + size_class % linear + 1)) << (size_class / linear - 1);
}

constexpr std::size_t classes = class_of(largest_kept) + 1;
static_assert(size_of(class_of(1)) == 64 && size_of(class_of(257)) == 320 && size_of(class_of(513)) == 640);
static_assert(size_of(classes - 1) == largest_kept);

struct Block {
  Block* next;
};

// Trivially destructible: it must outlive every destructor of this thread that may still release a tensor.
struct FreeLists {
  enum State : std::uint8_t { fresh, open, closed };
  State state = fresh;
  std::size_t bytes = 0;
  Block* lists[classes] = {};

  void push(void* block, std::size_t size_class) noexcept {
    lists[size_class] = new (block) Block{lists[size_class]};
    bytes += size_of(size_class);
  }
  void release_all() noexcept {
    for (Block*& list : lists) {
      while (Block* block = list) {
        list = block->next;
        std::free(block);
      }
    }
    bytes = 0;
  }
};
constinit thread_local FreeLists free_lists;

/// Empties the lists when the thread ends. Blocks that are given back later go straight to the system.
struct Cleanup {
  Cleanup() noexcept { free_lists.state = FreeLists::open; }
  ~Cleanup() {
    free_lists.state = FreeLists::closed;
    free_lists.release_all();
  }
};

void open() noexcept { thread_local const Cleanup cleanup; }

/// The rare cases: the thread's first block, a block that is not kept (too large, or the thread is ending), full
/// lists.
[[gnu::noinline]] void give_back_slow(void* block, std::size_t size_class) noexcept {
  if (keeps_blocks && free_lists.state == FreeLists::fresh) open();
  if (!keeps_blocks || free_lists.state == FreeLists::closed || size_class >= classes) return std::free(block);
  if (free_lists.bytes + size_of(size_class) > most_kept) free_lists.release_all();
  free_lists.push(block, size_class);
}

/// From the system. When memory runs out, frees what this thread keeps and tries once more.
void* fresh_block(std::size_t bytes) noexcept {
  if (void* block = std::aligned_alloc(block_alignment, bytes)) return block;
  free_lists.release_all();
  return std::aligned_alloc(block_alignment, bytes);
}

[[gnu::always_inline]] inline void* take(std::size_t bytes) noexcept {
  const std::size_t size_class = class_of(bytes);
  if (size_class >= classes) return fresh_block((bytes + step - 1) / step * step);
  Block* block = free_lists.lists[size_class];
  if (!block) return fresh_block(size_of(size_class));
  free_lists.lists[size_class] = block->next;
  free_lists.bytes -= size_of(size_class);
  return block;
}

}  // namespace

void* take_block(std::size_t bytes) noexcept { return take(bytes); }

void give_back(void* block, std::size_t bytes) noexcept {
  const std::size_t size_class = class_of(bytes);
  if (free_lists.state != FreeLists::open || size_class >= classes ||
      free_lists.bytes + size_of(size_class) > most_kept) {
    return give_back_slow(block, size_class);
  }
  free_lists.push(block, size_class);
}

void* take_block_or_throw(std::size_t bytes) {
  if (void* block = take(bytes)) return block;
  throw std::bad_alloc();
}

}  // namespace xtape::detail
