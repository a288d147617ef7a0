// A loader's load_state_dict in two steps, for those that load several things or none: all that can fail, a sampler of
// the user's included, then the rest.
#pragma once

#include <cstdint>

#include "xtape/data/loader.hpp"

namespace xtape::data {

class LoaderPlace {
 public:
  /// Throws what load_state_dict throws.
  LoaderPlace(const DataLoader& loader, const StateDict& dict);
  void give_to(const DataLoader& loader) const noexcept;

 private:
  std::int64_t epoch_ = 0, batch_ = 0;
  std::uint64_t seed_ = 0;
};

}  // namespace xtape::data
