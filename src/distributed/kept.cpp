#include "distributed/kept.hpp"

#include <atomic>
#include <new>

namespace xtape::distributed {

void keep_for_ever(const Tensor& memory) noexcept {
  struct Kept {
    Tensor memory;
    Kept* next;
  };
  static std::atomic<Kept*> newest = nullptr;  // so that a leak checker finds them
  Kept* const kept = new (std::nothrow) Kept{memory, nullptr};
  if (kept) kept->next = newest.exchange(kept);
}

}  // namespace xtape::distributed
