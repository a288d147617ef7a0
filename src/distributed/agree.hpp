// What all ranks must have in common, compared by hashes: where they are equal, one message of 8 bytes a rank.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "xtape/distributed.hpp"

namespace xtape::distributed {

/// Of bytes; what differs in one bit has another hash, except once in 2^64.
class Hash {
 public:
  void add(std::uint64_t word) noexcept;
  void add(std::span<const std::byte> bytes) noexcept;
  void add(std::string_view text) noexcept { add(std::as_bytes(std::span(text))); }
  std::uint64_t value() const noexcept { return state_; }

 private:
  std::uint64_t state_ = 0;
};

struct Difference {
  std::size_t item = 0;       // the first that some rank has otherwise than rank 0
  int rank = 0;               // the first rank that does
  std::string first, second;  // its text on rank 0 and on that rank; "nothing" past the end
};

/// Whether all ranks give the same hashes. The same on all ranks.
bool all_same(std::span<const std::uint64_t> hashes, const Communicator& comm);
/// The first difference of hashes that are not all the same; `texts` say what each stands for. The same on all ranks.
Difference first_difference(std::span<const std::uint64_t> hashes, std::span<const std::string> texts,
                            const Communicator& comm);

/// The text of one rank, on all ranks.
std::string text_of_rank(int rank, std::string text, const Communicator& comm);

/// Of a parameter's or buffer's name, dtype, shape and whether it requires grad.
std::uint64_t layout_hash(std::string_view name, const Tensor& tensor);
std::string layout_text(std::string_view name, const Tensor& tensor);

}  // namespace xtape::distributed
