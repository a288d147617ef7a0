#include "core/storage.hpp"

#include <cstdlib>
#include <new>

#include "core/fail.hpp"

namespace xtape::detail {

IntrusivePtr<Storage> Storage::allocate(std::int64_t bytes) {
  const std::size_t rounded = (static_cast<std::size_t>(bytes) + 63) & ~std::size_t{63};
  void* block = std::aligned_alloc(alignof(Storage), sizeof(Storage) + rounded);
  if (!block) fail<ValueError>("allocate", "no memory for a tensor of {} bytes", bytes);
  return IntrusivePtr<Storage>::adopt(new (block) Storage(bytes));
}

void retain(Storage* s) noexcept { s->references_.fetch_add(1, std::memory_order_relaxed); }

void release(Storage* s) noexcept {
  if (s->references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  s->~Storage();
  std::free(s);
}

}  // namespace xtape::detail
