// Room<T>: a kernel's working memory, which begins a line of the cache.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/memory.hpp"

namespace xtape::kernels {

template <class T>
class Room {
 public:
  explicit Room(std::int64_t elements)
      : bytes_(sizeof(T) * static_cast<std::size_t>(elements)),
        at_(static_cast<T*>(detail::take_block_or_throw(bytes_))) {}
  ~Room() { detail::give_back(at_, bytes_); }
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;
  operator T*() const { return at_; }

 private:
  std::size_t bytes_;
  T* at_;
};

}  // namespace xtape::kernels
