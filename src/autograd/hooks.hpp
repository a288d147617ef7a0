// A list of hooks, called in the order in which they were added. A handle removes one, even while the list runs.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/fail.hpp"
#include "xtape/hooks.hpp"

namespace xtape::detail {

template <class Signature>
class HookList {
 public:
  /// ValueError from `op` when the hook is empty.
  RemovableHandle add(const char* op, Callback<Signature> hook) {
    if (!hook) fail<ValueError>(op, "the hook is empty");
    entries_->push_back({next_++, std::move(hook)});
    return RemovableHandle([list = std::weak_ptr(entries_), id = entries_->back().id] {
      if (const auto entries = list.lock()) std::erase_if(*entries, [id](const Entry& e) { return e.id == id; });
    });
  }

  bool empty() const noexcept { return entries_->empty(); }

  /// f(hook) for each hook in the list at the start.
  template <class F>
  void each(F f) const {
    const std::vector<Entry> now = *entries_;  // a hook may add or remove hooks
    for (const Entry& entry : now) f(entry.hook);
  }

 private:
  struct Entry {
    std::int64_t id;
    Callback<Signature> hook;
  };
  std::shared_ptr<std::vector<Entry>> entries_ = std::make_shared<std::vector<Entry>>();
  std::int64_t next_ = 0;
};

}  // namespace xtape::detail
