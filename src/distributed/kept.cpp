#include "distributed/kept.hpp"

#include <atomic>
#include <new>

#include "autograd/tensor_impl.hpp"

namespace xtape::distributed {

Tensor make_memory(std::size_t bytes) {
  return xtape::detail::make_tensor({static_cast<std::int64_t>(bytes)}, DType::uint8);
}

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
