#include "distributed/kept.hpp"

#include <atomic>

namespace xtape::distributed {

void keep_for_ever(const Tensor& memory) {
  struct Kept {
    Tensor memory;
    Kept* next;
  };
  static std::atomic<Kept*> newest = nullptr;  // so that a leak checker finds them
  Kept* const kept = new Kept{memory, nullptr};
  kept->next = newest.exchange(kept);
}

}  // namespace xtape::distributed
