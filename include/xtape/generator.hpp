// The source of random numbers: two integers, seed and offset. Element i of a draw is a pure function of
// (seed, offset, i) on every instruction set and for any number of threads. Engine: Philox 4x32-10 (Salmon et al.,
// "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
#pragma once

#include <cstdint>

#include "xtape/export.hpp"

namespace xtape {

/// A stream of random numbers. Safe to share between threads: each draw takes its own part of the stream.
class XTAPE_API Generator {
 public:
  explicit Generator(std::uint64_t seed = 0);
  ~Generator();
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;

  struct State {
    std::uint64_t seed = 0;
    std::uint64_t offset = 0;  ///< in blocks of four 32-bit words
    friend bool operator==(const State&, const State&) = default;
  };
  State state() const;
  void set_state(State state);
  void manual_seed(std::uint64_t seed) { set_state({seed, 0}); }
  /// Reserves the next `blocks` blocks of the stream and returns where they begin.
  State reserve(std::uint64_t blocks);

 private:
  struct Impl;
  Impl* impl_;
};

/// The process-wide generator, which draws use by default.
XTAPE_API Generator& default_generator();
/// Seeds the default generator.
XTAPE_API void manual_seed(std::uint64_t seed);

}  // namespace xtape
