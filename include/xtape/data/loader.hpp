// DataLoader: a dataset in batches, reshuffled for each epoch.
#pragma once

#include <cstdint>
#include <memory>

#include "xtape/data/dataset.hpp"

namespace xtape::data {

struct DataLoaderOptions {
  std::int64_t batch_size = 1;
  bool shuffle = false;    ///< a new order for each epoch, decided by seed and epoch alone
  bool drop_last = false;  ///< leave out a last batch that is not full
  std::uint64_t seed = 0;
};

/// Each loop `for (auto [x, y] : loader)` is one epoch. The order is a function of (seed, epoch): it does not draw from
/// the default generator, and does not depend on how far an earlier loop went. A handle: copies share the count of
/// epochs.
class XTAPE_API DataLoader {
 public:
  /// ValueError when batch_size is below 1.
  DataLoader(Dataset dataset, DataLoaderOptions options = {});

  /// The number of batches in an epoch; the last, partial one counts unless drop_last.
  std::int64_t size() const;
  Dataset dataset() const;
  DataLoaderOptions options() const;

  /// The number of the next loop's epoch, from 0.
  std::int64_t epoch() const;
  /// Makes the next loop epoch number `epoch`: a resumed run continues in the same order. ValueError when negative.
  void set_epoch(std::int64_t epoch);

  struct End {};
  class XTAPE_API Iterator {
   public:
    /// Makes the batch: fresh tensors at each call.
    Batch operator*() const;
    Iterator& operator++() {
      ++batch_;
      return *this;
    }
    friend bool operator==(const Iterator& i, End) { return i.batch_ == i.batches_; }

   private:
    friend class DataLoader;
    struct Order;
    std::shared_ptr<const Order> order_;
    std::int64_t batch_ = 0, batches_ = 0;
  };

  /// Begins an epoch.
  Iterator begin() const;
  End end() const { return {}; }

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace xtape::data
