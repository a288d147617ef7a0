// Storage: a reference-counted, 64-byte aligned block of bytes with a version that in-place writes increment. The bytes
// follow the header in one allocation, unless they are the program's (from_blob). Knows nothing of shapes,
// dtypes or gradients, but keeps counts for tensors.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "xtape/detail/callback.hpp"
#include "xtape/detail/intrusive_ptr.hpp"

namespace xtape::detail {

class alignas(64) Storage {
 public:
  /// `bytes` of uninitialized memory. ValueError when memory runs out.
  static IntrusivePtr<Storage> allocate(std::int64_t bytes);
  /// For `bytes` of somebody else's memory: it does not know where they are, and never frees them by itself.
  static IntrusivePtr<Storage> borrow(std::int64_t bytes);

  /// Of a borrowed storage: its last user calls call(data).
  void set_deleter(Callback<void(void*)> call, void* data) noexcept { *deleter() = {std::move(call), data}; }

  /// The bytes, unless they are borrowed.
  std::byte* data() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
  std::int64_t bytes() const noexcept { return bytes_; }
  bool is_borrowed() const noexcept { return is_borrowed_; }
  bool is_unique() const noexcept { return references_.load(std::memory_order_acquire) == 1; }

  /// How many tensors in this storage have a handle. The others are kept alive by the tape alone.
  std::int32_t with_handle() const noexcept {
    return references_.load(std::memory_order_acquire) - without_handle_.load(std::memory_order_acquire);
  }
  void count_without_handle(std::int32_t change) noexcept {
    without_handle_.fetch_add(change, std::memory_order_acq_rel);
  }

  std::uint32_t version() const noexcept { return version_.load(std::memory_order_relaxed); }
  void bump_version() noexcept { version_.fetch_add(1, std::memory_order_relaxed); }

  /// Continues the version of a storage that this one replaces, as after one write.
  void continue_version_of(const Storage& replaced) noexcept {
    version_.store(replaced.version() + 1, std::memory_order_relaxed);
  }

  /// Whether a tensor on this storage requires grad: then grad mode forbids in-place writes.
  bool has_history() const noexcept { return requiring_grad_.load(std::memory_order_relaxed) > 0; }
  void count_requiring_grad(std::int32_t change) noexcept {
    if (is_unique()) {  // the calling tensor is the only user
      requiring_grad_.store(requiring_grad_.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
    } else {
      requiring_grad_.fetch_add(change, std::memory_order_relaxed);
    }
  }

  /// The op that made these bytes as a copy where PyTorch has a view, or null. Such a copy is not written in place: the
  /// original would not change.
  const char* copied_by() const noexcept { return copied_by_.load(std::memory_order_relaxed); }
  void set_copied_by(const char* op) noexcept { copied_by_.store(op, std::memory_order_relaxed); }

 private:
  Storage(std::int64_t bytes, bool is_borrowed) noexcept : bytes_(bytes), is_borrowed_(is_borrowed) {}
  std::size_t block_bytes() const noexcept {
    return sizeof(Storage) + (is_borrowed_ ? sizeof(Deleter) : static_cast<std::size_t>(bytes_));
  }
  struct Deleter {
    Callback<void(void*)> call;
    void* data = nullptr;
  };
  /// Stands in the place of the bytes.
  Deleter* deleter() noexcept { return std::launder(reinterpret_cast<Deleter*>(this + 1)); }
  void run_deleter() noexcept;
  friend void retain(Storage*) noexcept;
  friend void release(Storage*) noexcept;

  std::atomic<std::int32_t> references_{1};
  std::atomic<std::uint32_t> version_{0};
  std::atomic<std::int32_t> requiring_grad_{0};
  std::atomic<std::int32_t> without_handle_{0};
  std::atomic<const char*> copied_by_{nullptr};
  std::int64_t bytes_;
  bool is_borrowed_;
};

using StoragePtr = IntrusivePtr<Storage>;

}  // namespace xtape::detail
