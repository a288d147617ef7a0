// A batch of a loader's epochs, at which a loop may begin. It gives load_state_dict in two steps, for those that load
// several things or none: all that can fail, a sampler of the user's included, then the rest. And it gives the state of
// a loader that stands there, whatever loops over it have begun since.
#pragma once

#include <cstdint>

#include "xtape/data/loader.hpp"

namespace xtape::data {

class LoaderPlace {
 public:
  /// Throws what load_state_dict throws.
  LoaderPlace(const DataLoader& loader, const StateDict& dict);
  void give_to(const DataLoader& loader) const noexcept;

  /// Where the loader's next loop begins, whether or not one is running.
  static LoaderPlace next_of(const DataLoader& loader);
  /// Another batch, with the seed of this.
  LoaderPlace at(std::int64_t epoch, std::int64_t batch) const noexcept;
  std::int64_t epoch() const noexcept { return epoch_; }
  std::int64_t batch() const noexcept { return batch_; }
  /// That of the loader, if it stood here.
  StateDict state_of(const DataLoader& loader) const;

 private:
  LoaderPlace(std::int64_t epoch, std::int64_t batch, std::uint64_t seed) noexcept
      : epoch_(epoch), batch_(batch), seed_(seed) {}

  std::int64_t epoch_ = 0, batch_ = 0;
  std::uint64_t seed_ = 0;
};

}  // namespace xtape::data
