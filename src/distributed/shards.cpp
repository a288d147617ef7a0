#include "distributed/shards.hpp"

#include <algorithm>
#include <bit>
#include <string>

#include "core/fail.hpp"
#include "core/random.hpp"
#include "distributed/gradients.hpp"
#include "kernels/random.hpp"

namespace xtape::distributed {

namespace {

/// The number of shards; ValueError if the options make no sense for this number of ranks.
std::int64_t shard_count(BackwardOptions options, int ranks) {
  const std::int64_t shards = options.virtual_shards;
  if (shards == 0) return ranks;
  if (shards < 0 || !std::has_single_bit(static_cast<std::uint64_t>(shards))) {
    fail<ValueError>(backward_op,
                     "virtual_shards = {} is no power of two, so that the sums would depend on the number of ranks",
                     shards);
  }
  if (shards % ranks != 0) {
    fail<ValueError>(backward_op, "virtual_shards = {} is not divisible by the number of ranks, {}", shards, ranks);
  }
  return shards;
}

/// What each rank tells the others before a step.
struct Word {
  std::uint64_t options, seed, offset, parameters;
  std::int64_t rows;
};

std::vector<Word> words_of_all(const Word& mine, const Communicator& comm) {
  std::vector<Word> all(static_cast<std::size_t>(comm.size()));
  all[static_cast<std::size_t>(comm.rank())] = mine;
  comm.all_gather(std::as_writable_bytes(std::span(all)));
  return all;
}

void check_rows(const std::vector<Word>& words, std::int64_t batch) {
  const auto ranks = static_cast<std::int64_t>(words.size());
  if (batch == 0) fail<ValueError>(backward_op, "the batch has no rows on any rank");
  for (std::int64_t r = 0; r < ranks; ++r) {
    const std::int64_t begin = first_row(r, batch, ranks), end = first_row(r + 1, batch, ranks);
    const std::int64_t rows = words[static_cast<std::size_t>(r)].rows;
    if (rows == end - begin) continue;
    fail<ValueError>(backward_op,
                     "rank {} has {} rows of a batch of {} on {} ranks, expected {}: rows {} to {} of the batch, from "
                     "floor(r B / N) on",
                     r, rows, batch, ranks, end - begin, begin, end);
  }
}

}  // namespace

Shards::Shards(const std::vector<Tensor>& parameters, std::int64_t rows, BackwardOptions options,
               const Communicator& comm)
    : rank_(comm.rank()), ranks_(comm.size()), total_(0) {
  const Generator::State now = default_generator().state();
  const auto shards = static_cast<std::uint64_t>(options.virtual_shards);
  const auto words = words_of_all({shards, now.seed, now.offset, layout_hash(parameters), rows}, comm);
  for (const Word& w : words) {
    const auto rank = &w - words.data();
    if (w.options != words[0].options) {
      fail<ValueError>(backward_op, "ranks 0 and {} differ in virtual_shards: {}, but {}; or they make different calls",
                       rank, static_cast<std::int64_t>(words[0].options), static_cast<std::int64_t>(w.options));
    }
    if (w.seed != words[0].seed || w.offset != words[0].offset) {
      fail<ValueError>(backward_op,
                       "the default generators of ranks 0 and {} differ: seed {} at block {}, but seed {} at block {}; "
                       "call manual_seed on all ranks, and let none draw more than the others",
                       rank, words[0].seed, words[0].offset, w.seed, w.offset);
    }
    batch_ += w.rows;
  }
  total_ = shard_count(options, comm.size());
  for (const Word& w : words) {
    if (w.parameters != words[0].parameters) throw_layout_difference(backward_op, parameters, comm);
  }
  if (std::ranges::none_of(parameters, &Tensor::requires_grad)) {
    fail<GradError>(backward_op, "none of the {} parameters requires grad", parameters.size());
  }
  check_rows(words, batch_);
  step_ = default_generator().reserve(1);
}

std::int64_t Shards::begin_of(std::int64_t k) const noexcept {
  return first_row(k, batch_, total_) - first_row(first(), batch_, total_);
}

std::int64_t Shards::rows_of(std::int64_t k) const noexcept {
  return first_row(k + 1, batch_, total_) - first_row(k, batch_, total_);
}

std::int64_t Shards::first_with_rows() const noexcept {
  std::int64_t k = 0;
  while (first_row(k + 1, batch_, total_) == 0) ++k;
  return k;
}

std::uint64_t Shards::seed_of(std::int64_t k) const noexcept {
  return kernels::derived_seed(step_.seed, StreamUse::shard, step_.offset, static_cast<std::uint64_t>(k));
}

}  // namespace xtape::distributed
