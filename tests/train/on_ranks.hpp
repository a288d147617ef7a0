// What the tests of a fit() on several ranks train, and what it leaves on each of them.
#pragma once

#include <string>
#include <vector>

#include "core/fail.hpp"
#include "support/files.hpp"
#include "support/thread_ranks.hpp"
#include "train/problem.hpp"
#include "xtape/distributed.hpp"

namespace xtape::testing::ranks {

using distributed::Communicator;
using train::DataSource;
using train::EpochRecord;
using train::History;
using train::HistoryData;
using train::Trainer;
using train::TrainerOptions;

/// What a run leaves on a rank.
struct Left {
  StateDict weights, optimizer;
  Generator::State generator;
  std::string history, stop_reason;
};

/// All numbers but the time.
inline std::string numbers_of(const History& history) {
  HistoryData data = history.data();
  for (EpochRecord& r : data.epochs) r.seconds = 0;
  return History(data).to_csv() + fmt::format("{} {} {} {} {} {} {}", data.classes, data.first_loss,
                                              data.majority_share, data.train_eval_r2, data.validation_r2,
                                              data.weights_epoch, data.weights_steps);
}

/// Draws masks. A shard of one sample will do, unlike with BatchNorm.
inline nn::Sequential net_with_dropout() {
  manual_seed(1);
  return nn::Sequential{nn::Linear(5, 16), nn::Tanh(), nn::Dropout(0.3), nn::Linear(16, 3)};
}

/// What a rank trains; tests change it. The last batch has 2 samples.
struct Training {
  TrainerOptions options = {.epochs = 3, .batch_size = 8, .seed = 5};
  nn::Sequential model = net_with_dropout();
  optim::SGD optimizer{model.parameters(), {.lr = .1, .momentum = .9}};
  DataSource training = three_classes(50), validation = three_classes(30, 9);
  Callback<void(Trainer&)> prepare = {};

  Left fit() {
    Trainer trainer(model, nn::CrossEntropyLoss(), optimizer, options);
    return fit(trainer);
  }
  Left fit(Trainer& trainer) {
    if (prepare) prepare(trainer);
    const History history = trainer.fit(training, validation);
    return {clone(model.state_dict()), optimizer.state_dict(), default_generator().state(), numbers_of(history),
            history.stop_reason()};
  }
};

inline void expect_same(const Left& a, const Left& b) {
  expect_same_dicts(a.weights, b.weights);
  expect_same_dicts(a.optimizer, b.optimizer);
  EXPECT_EQ(a.generator, b.generator);
  EXPECT_EQ(a.history, b.history);
  EXPECT_EQ(a.stop_reason, b.stop_reason);
}

/// What f(communicator) leaves on each rank.
template <class F>
std::vector<Left> left_by(int ranks, F f) {
  std::vector<Left> left(static_cast<std::size_t>(ranks));
  run_ranks(ranks, [&left, &f](const Communicator& comm) { left[static_cast<std::size_t>(comm.rank())] = f(comm); });
  return left;
}

/// f(communicator) leaves the same on 1, 2 and 4 ranks, and on each of them. Returns it.
template <class F>
Left expect_same_on_all(F f) {
  const Left one = left_by(1, f)[0];
  for (const int ranks : {2, 4}) {
    for (const Left& left : left_by(ranks, f)) {
      SCOPED_TRACE(fmt::format("{} ranks", ranks));
      expect_same(left, one);
    }
  }
  return one;
}

inline Training run_with(const Communicator& comm, std::int64_t virtual_shards = 4) {
  Training run;
  run.options.communicator = &comm;
  run.options.virtual_shards = virtual_shards;
  return run;
}

}  // namespace xtape::testing::ranks
