#include "core/storage.hpp"

#include <new>

#include "core/fail.hpp"
#include "core/memory.hpp"

namespace xtape::detail {

IntrusivePtr<Storage> Storage::allocate(std::int64_t bytes) {
  static_assert(alignof(Storage) <= block_alignment);
  void* block = take_block(sizeof(Storage) + static_cast<std::size_t>(bytes));
  if (!block) fail<ValueError>("allocate", "no memory for a tensor of {} bytes", bytes);
  return IntrusivePtr<Storage>::adopt(new (block) Storage(bytes, false));
}

IntrusivePtr<Storage> Storage::borrow(std::int64_t bytes) {
  void* block = take_block(sizeof(Storage) + sizeof(Deleter));
  if (!block) fail<ValueError>("allocate", "no memory for a tensor");
  auto* storage = new (block) Storage(bytes, true);
  new (storage + 1) Deleter;
  return IntrusivePtr<Storage>::adopt(storage);
}

void Storage::run_deleter() noexcept {
  if (deleter()->call) deleter()->call(deleter()->data);
  deleter()->~Deleter();
}

void retain(Storage* s) noexcept { s->references_.fetch_add(1, std::memory_order_relaxed); }

void release(Storage* s) noexcept {
  // The only holder cannot race with another; skipping the decrement saves a locked instruction.
  if (!s->is_unique() && s->references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  const std::size_t bytes = s->block_bytes();
  if (s->is_borrowed_) s->run_deleter();
  s->~Storage();
  give_back(s, bytes);
}

}  // namespace xtape::detail
