// Where random numbers come from: streams of blocks of four words, made by Philox (kernels/isa/random.hpp) from a
// counter. There is no state to carry, so any block of any stream can be computed at any time, on any thread.
#pragma once

#include <cstdint>

namespace xtape {

/// A place in the random numbers. The key is `seed`; the counter is (position, stream). A Generator has stream 0; what
/// must not disturb it (shuffling, splitting, generated data) has its own stream, made by keyed_stream.
struct RandomStream {
  std::uint64_t seed = 0;
  std::uint64_t position = 0;  ///< in blocks of four words
  std::uint64_t stream = 0;
};

enum class StreamUse : std::uint64_t {
  shuffle = 1,
  split = 2,
  digits = 3,
  gradcheck = 4,
  sampler = 5,
  transform = 6,        // a batch, by the trainer's transforms
  augment = 7,          // a sample, by a dataset's transform
  nested = 8,           // a dataset within a dataset
  training_sample = 9,  // what a trainer measures the training set on
  shard = 10,           // a part of a global batch, by distributed::backward
};

/// The stream of `seed` for one use and one number (an epoch, an image): different from all others and from stream 0.
constexpr RandomStream keyed_stream(std::uint64_t seed, StreamUse use, std::uint64_t number = 0) noexcept {
  return {seed, 0, static_cast<std::uint64_t>(use) << 56 | (number & ((std::uint64_t{1} << 56) - 1))};
}

}  // namespace xtape
