// DataLoader: a dataset in batches, reshuffled for each epoch. It knows how far the loop has come, so that a run can
// continue in the middle of an epoch.
#pragma once

#include <cstdint>
#include <memory>

#include "xtape/data/dataset.hpp"
#include "xtape/data/sampler.hpp"
#include "xtape/state_dict.hpp"

namespace xtape::data {

/// Which of the ranks that train together (distributed.hpp), from 0, and how many they are.
struct Shard {
  std::int64_t rank = 0, size = 1;
};

struct DataLoaderOptions {
  std::int64_t batch_size = 1;
  bool shuffle = false;  ///< a new order for each epoch, decided by seed and epoch alone
  Sampler sampler = {};  ///< chooses the samples of an epoch and their order, by seed and epoch; without shuffle
  std::int64_t num_workers =
      0;                   ///< threads that make batches ahead of the loop, up to two each; 0: the loop makes them
  bool drop_last = false;  ///< leave out a last batch that is not full
  std::uint64_t seed = 0;  ///< of the order, and of the dataset's random transforms
  /// The loader gives this rank's slice of every batch: of B samples those from floor(rank B / size) up to
  /// floor((rank + 1) B / size). All else, the order and the transforms, is as for one rank.
  Shard shard = {};
};

/// Each loop `for (auto [x, y] : loader)` is one epoch. The order is a function of (seed, epoch): it does not draw from
/// the default generator, and does not depend on how far an earlier loop went. A handle: copies share the count of
/// epochs and the state.
///
/// Batches are made without recording, and with the random transforms of the dataset (transforms.hpp) for (seed,
/// epoch). With num_workers, a loop's threads start with it and end with the last copy of its iterator. All is as
/// without them: every bit, the state, and an exception of the dataset, which reaches the loop at its batch. The
/// dataset must be safe to use from several threads, and must not draw from the default generator. If the system grants
/// fewer threads, the loop does with those.
///
/// With a shard, the slices of all ranks, one after another, are the batches of one rank. A slice of a short last batch
/// may be empty: then x and y have 0 rows, and their other extents and dtypes are those of any batch. size(), places
/// and states count batches, not slices, so that a run may go on with another number of ranks.
class XTAPE_API DataLoader {
 public:
  /// ValueError when batch_size is below 1, num_workers negative, or shuffle is set beside a sampler; when shard.rank
  /// is outside [0, shard.size), or batch_size below shard.size.
  DataLoader(Dataset dataset, DataLoaderOptions options = {});  // in braces: {.batch_size = 64, .shuffle = true}

  /// The number of batches in an epoch; the last, partial one counts unless drop_last.
  std::int64_t size() const;
  Dataset dataset() const;
  DataLoaderOptions options() const;

  /// The number of the next loop's epoch, from 0.
  std::int64_t epoch() const;
  /// Makes the next loop epoch number `epoch`, from its batch number `batch` on: a resumed run continues in the same
  /// order. With batch = size() that loop is empty, so that what a program does after each epoch is done. ValueError
  /// when `epoch` is negative or `batch` outside [0, size()].
  void set_epoch(std::int64_t epoch, std::int64_t batch = 0);

  /// Where the program would take its next batch, and what decides the order: in the loop begun last, after the batches
  /// that it has taken; once that loop has ended, also by break, at the start of the next epoch. To continue in the
  /// middle of an epoch, take the state inside the loop.
  StateDict state_dict() const;
  /// The next loop continues there, with the seed of the state; a loop that is running is not affected and no longer
  /// counts. Throws and changes nothing when the dict is not such a state, or when it is one of another number of
  /// samples, batch_size, shuffle or drop_last (ValueError).
  void load_state_dict(const StateDict& dict);

  struct End {};
  class XTAPE_API Iterator {
   public:
    /// The batch, which then counts as taken: fresh tensors at each call. (Of one that was taken before, the caller's
    /// thread makes them, with workers as well.)
    Batch operator*() const;
    Iterator& operator++();
    friend bool operator==(const Iterator& i, End) { return i.batch_ == i.batches_; }

   private:
    friend class DataLoader;
    struct Loop;
    std::shared_ptr<Loop> loop_;
    std::int64_t batch_ = 0, batches_ = 0;
  };

  /// Begins an epoch, which ends with the last copy of its iterator.
  Iterator begin() const;
  End end() const { return {}; }

 private:
  friend class LoaderPlace;
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace xtape::data
