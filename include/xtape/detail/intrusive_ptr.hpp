// A shared pointer of one word. The count is in the object; `retain(T*)` and `release(T*)`, found by argument-dependent
// lookup, change it, so T may be incomplete in public headers.
#pragma once

#include <utility>

#include "xtape/export.hpp"

namespace xtape::detail {

template <class T>
class IntrusivePtr {
 public:
  IntrusivePtr() = default;
  /// Takes over the caller's reference (a new object starts with one).
  static IntrusivePtr adopt(T* p) noexcept {
    IntrusivePtr r;
    r.p_ = p;
    return r;
  }
  static IntrusivePtr share(T* p) noexcept {
    if (p) retain(p);
    return adopt(p);
  }

  IntrusivePtr(const IntrusivePtr& o) noexcept : p_(o.p_) {
    if (p_) retain(p_);
  }
  IntrusivePtr(IntrusivePtr&& o) noexcept : p_(std::exchange(o.p_, nullptr)) {}
  IntrusivePtr& operator=(IntrusivePtr o) noexcept {
    std::swap(p_, o.p_);
    return *this;
  }
  ~IntrusivePtr() {
    if (p_) release(p_);
  }

  T* get() const noexcept { return p_; }
  T* operator->() const noexcept { return p_; }
  T& operator*() const noexcept { return *p_; }
  explicit operator bool() const noexcept { return p_ != nullptr; }
  friend bool operator==(const IntrusivePtr& a, const IntrusivePtr& b) noexcept { return a.p_ == b.p_; }

 private:
  T* p_ = nullptr;
};

}  // namespace xtape::detail
