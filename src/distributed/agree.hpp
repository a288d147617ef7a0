// What all ranks must have in common, compared by hashes: where they are equal, one message of 8 bytes a rank.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "xtape/distributed.hpp"

namespace xtape::distributed {

/// A hash of what is added, in that order. Other data have another hash, except once in 2^64.
class Hash {
 public:
  void add(std::uint64_t word) noexcept;
  void add(std::span<const std::byte> bytes) noexcept;
  void add(std::string_view text) noexcept { add(std::as_bytes(std::span(text))); }
  /// Its dtype, its shape and whether it requires grad.
  void add_layout(const Tensor& tensor) noexcept;
  /// Its layout and its elements.
  void add(const Tensor& tensor) noexcept;
  std::uint64_t value() const noexcept { return state_; }

 private:
  std::uint64_t state_ = 0;
};

template <class T>
std::uint64_t hash_of(const T& value) noexcept {
  Hash hash;
  hash.add(value);
  return hash.value();
}

/// A list of what this rank must have in common with the others. Each item has a text that names it.
class InCommon {
 public:
  /// Errors are those of the function `op`. Its name is the first item, so that other functions are told apart. It
  /// keeps the references.
  InCommon(const char* op, const Communicator& comm);
  /// Compared by its text.
  template <class... Args>
  void add(fmt::format_string<Args...> format, const Args&... args) {
    add_text(format, fmt::make_format_args(args...));
  }
  /// Each line is an item, compared by its text without the spaces at its beginning.
  void add_lines(std::string_view text);
  /// Compared by its hash alone; the text names it.
  template <class... Args>
  void add_hash(std::uint64_t hash, fmt::format_string<Args...> format, const Args&... args) {
    add_name(hash, format, fmt::make_format_args(args...));
  }
  /// "weight: float32 (2, 3)", and whether it requires grad.
  void add_layout(std::string_view name, const Tensor& tensor);
  /// ValueError on all ranks, with the first difference, unless all have the same list: "op: ranks 0 and 2 differ in
  /// a name", or "op: ranks 0 and 2 differ: a text, but another". `before` goes before "ranks": "after step 3 ".
  void check(std::string_view before = "") const;
  /// The same where it is known that the lists differ.
  [[noreturn]] void throw_difference(std::string_view before = "") const;

 private:
  void add_text(fmt::string_view format, fmt::format_args args);
  void add_name(std::uint64_t hash, fmt::string_view format, fmt::format_args args);

  const char* op_;
  const Communicator& comm_;
  std::vector<std::string> texts_;
  std::vector<std::uint64_t> hashes_;
};

/// Whether all ranks give the same. The same on all ranks.
bool is_common(std::uint64_t value, const Communicator& comm);
/// Gives all ranks the text of one of them; of a text of more than 64 KiB the beginning.
std::string text_of_rank(int rank, std::string_view text, const Communicator& comm);

}  // namespace xtape::distributed
