// fit() with a communicator, whose ranks are threads: the result does not depend on how many they are, and whatever
// happens on one of them ends or stops all.
#include <atomic>
#include <csignal>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "core/fail.hpp"
#include "support/files.hpp"
#include "support/thread_ranks.hpp"
#include "train/problem.hpp"
#include "xtape/distributed.hpp"

namespace xtape::train {
namespace {

using distributed::Communicator;
using testing::errors_of_ranks;
using testing::expect_error;
using testing::line;
using testing::net;
using testing::plain_net;
using testing::run_ranks;
using testing::three_classes;

/// What a run leaves on a rank.
struct Left {
  StateDict weights, optimizer;
  Generator::State generator;
  std::string history, stop_reason;
};

/// All numbers but the time.
std::string numbers_of(const History& history) {
  HistoryData data = history.data();
  for (EpochRecord& r : data.epochs) r.seconds = 0;
  return History(data).to_csv() + fmt::format("{} {} {} {} {} {} {}", data.classes, data.first_loss,
                                              data.majority_share, data.train_eval_r2, data.validation_r2,
                                              data.weights_epoch, data.weights_steps);
}

/// Draws masks. A shard of one sample will do, unlike with BatchNorm.
nn::Sequential net_with_dropout() {
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

void expect_same(const Left& a, const Left& b) {
  testing::expect_same_dicts(a.weights, b.weights);
  testing::expect_same_dicts(a.optimizer, b.optimizer);
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

Training run_with(const Communicator& comm, std::int64_t virtual_shards = 4) {
  Training run;
  run.options.communicator = &comm;
  run.options.virtual_shards = virtual_shards;
  return run;
}

// ---- the same bits -------------------------------------------------------------------------------------------------

TEST(Ranks, WithVirtualShardsTheirNumberChangesNoBit) {
  const Left left = expect_same_on_all([](const Communicator& comm) { return run_with(comm).fit(); });
  EXPECT_EQ(left.stop_reason, "epoch 3 was the last");
}

TEST(Ranks, TheirNumberChangesNoBitOfBuffers) {
  expect_same_on_all([](const Communicator& comm) {
    Training run = run_with(comm);
    run.model = net();
    optim::SGD optimizer(run.model.parameters(), {.lr = .1});
    Trainer trainer(run.model, nn::CrossEntropyLoss(), optimizer, run.options);
    run.training = three_classes(48);
    return run.fit(trainer);
  });
}

TEST(Ranks, TheirNumberChangesNoBitWhateverTheOptions) {
  expect_same_on_all([](const Communicator& comm) {
    Training run = run_with(comm);
    run.options.accumulate = 3;
    run.options.clip_grad_norm = .5;
    run.options.ema = .9;
    run.options.num_workers = 2;
    optim::lr_scheduler::OneCycleLR cycle(run.optimizer, {.max_lr = .2, .total_steps = 9});
    run.prepare = [&cycle](Trainer& trainer) {
      trainer.schedule(cycle, Every::step);
      trainer.transform(data::MixUp(3));
    };
    return run.fit();
  });
}

TEST(Ranks, TheirNumberChangesNoBitOfARegression) {
  expect_same_on_all([](const Communicator& comm) {
    Training run = run_with(comm);
    run.model = plain_net(1, 1);
    optim::Adam optimizer(run.model.parameters(), {.lr = .01});
    Trainer trainer(run.model, nn::MSELoss(), optimizer, run.options);
    run.training = line(45);
    run.validation = line(20, 3);
    return run.fit(trainer);
  });
}

TEST(Ranks, TheirNumberChangesNoBitUnderACriterionOfTheUser) {
  expect_same_on_all([](const Communicator& comm) {
    Training run = run_with(comm);
    const auto criterion = [](const Tensor& output, const Tensor& target) { return cross_entropy(output, target); };
    Trainer trainer(run.model, criterion, run.optimizer, run.options);
    return run.fit(trainer);
  });
}

TEST(Ranks, RandomTransformsOfTheDataDoNotDependOnTheRank) {
  expect_same_on_all([](const Communicator& comm) {
    Training run = run_with(comm);
    manual_seed(1);
    run.model = nn::Sequential{nn::Flatten(), nn::Linear(25, 3)};
    optim::SGD optimizer(run.model.parameters(), {.lr = .1});
    Trainer trainer(run.model, nn::CrossEntropyLoss(), optimizer, run.options);
    run.training =
        data::TransformedDataset(data::TensorDataset(rand({50, 1, 5, 5}), randint(0, 3, {50})), data::RandomShift(2));
    run.validation = {};
    return run.fit(trainer);
  });
}

TEST(Ranks, WithoutVirtualShardsAllRanksHaveTheSame) {
  const std::vector<Left> left = left_by(3, [](const Communicator& comm) { return run_with(comm, 0).fit(); });
  expect_same(left[1], left[0]);
  expect_same(left[2], left[0]);
}

/// Of float64, without dropout and without the statistics of batches, which are those of a shard.
Left exact_run(const Communicator* comm, double lr = .1, std::int64_t accumulate = 1) {
  const auto as_double = [](const data::TensorDataset& d) {
    const data::Batch b = d.batch(arange(d.size()).to_vector<std::int64_t>());
    return data::TensorDataset(b.x.to(float64), b.y);
  };
  Training run;
  run.model = plain_net();
  run.model.to(float64);
  optim::SGD optimizer(run.model.parameters(), {.lr = lr});
  run.options.communicator = comm;
  run.options.accumulate = accumulate;
  Trainer trainer(run.model, nn::CrossEntropyLoss({.label_smoothing = .1}), optimizer, run.options);
  run.training = as_double(three_classes(50));
  run.validation = as_double(three_classes(30, 9));
  return run.fit(trainer);
}

TEST(Ranks, TrainAsOneProcessDoesWithoutACommunicator) {
  for (const std::int64_t accumulate : {1, 3}) {
    const Left alone = exact_run(nullptr, .1, accumulate);
    for (const int ranks : {1, 2, 3, 4}) {
      const auto f = [accumulate](const Communicator& comm) { return exact_run(&comm, .1, accumulate); };
      const Left left = left_by(ranks, f)[0];
      for (const auto& [name, tensor] : alone.weights) {
        testing::expect_close(left.weights.at(name), tensor.to_vector<double>(), 1e-12);
      }
    }
  }
}

TEST(Ranks, ValidationHasTheBitsOfOneProcess) {
  const Left alone = exact_run(nullptr, 0);
  const Left left = left_by(3, [](const Communicator& comm) { return exact_run(&comm, 0); })[0];
  const auto columns = [](const std::string& csv) {  // but train_loss, whose tree is another
    std::string text;
    std::istringstream lines(csv);
    for (std::string row; std::getline(lines, row);) {
      std::istringstream fields(row);
      std::string field;
      for (int i = 0; std::getline(fields, field, ','); ++i) text += i == 1 ? "" : field + ",";
      text += '\n';
    }
    return text.substr(0, text.rfind('\n', text.size() - 2));
  };
  EXPECT_EQ(columns(left.history), columns(alone.history));
  EXPECT_NE(left.history.find("validation_loss"), std::string::npos);
}

// ---- who is told ---------------------------------------------------------------------------------------------------

TEST(Ranks, SinksAreToldOnRankZeroAndCallbacksOnAll) {
  std::vector<int> batches(3), epochs(3), told(3);
  run_ranks(3, [&batches, &epochs, &told](const Communicator& comm) {
    const auto rank = static_cast<std::size_t>(comm.rank());
    struct Sink {
      int& count;
      void on_batch_end(const BatchRecord&) { ++count; }
    };
    Training run = run_with(comm, 0);
    run.prepare = [&batches, &epochs, &told, rank](Trainer& trainer) {
      trainer.sink(Sink{told[rank]});
      trainer.on_batch_end([&batches, rank](const BatchRecord&) { ++batches[rank]; });
      trainer.on_epoch_end([&epochs, rank](const EpochRecord&) { ++epochs[rank]; });
    };
    run.fit();
  });
  EXPECT_EQ(batches, (std::vector<int>{21, 21, 21}));
  EXPECT_EQ(epochs, (std::vector<int>{3, 3, 3}));
  EXPECT_EQ(told, (std::vector<int>{21, 0, 0}));
}

TEST(Ranks, RecordsOfBatchesAreOfTheWholeBatch) {
  std::vector<std::string> records(2);
  run_ranks(2, [&records](const Communicator& comm) {
    std::string& text = records[static_cast<std::size_t>(comm.rank())];
    Training run = run_with(comm, 2);
    run.options.epochs = 1;
    run.prepare = [&text](Trainer& trainer) {
      trainer.on_batch_end([&text](const BatchRecord& b) {
        text +=
            fmt::format("{}: {} of {}, {} {} {}\n", b.step, b.batch, b.samples, b.loss, b.train_loss, b.train_accuracy);
      });
    };
    run.fit();
  });
  EXPECT_EQ(records[0], records[1]);
  EXPECT_NE(records[0].find("1: 1 of 8, "), std::string::npos) << records[0];
  EXPECT_NE(records[0].find("7: 7 of 2, "), std::string::npos) << records[0];
}

// ---- the end -------------------------------------------------------------------------------------------------------

TEST(Ranks, StopOnOneStopsAllAfterTheSameBatch) {
  const auto stopped = [](std::int64_t step) {
    return left_by(3, [step](const Communicator& comm) {
      Training run = run_with(comm, 0);
      run.prepare = [&comm, step](Trainer& trainer) {
        trainer.on_batch_end([&comm, &trainer, step](const BatchRecord& b) {
          if (comm.rank() == 1 && b.step == step) trainer.stop();
        });
      };
      return run.fit();
    });
  };
  for (const Left& left : stopped(3)) EXPECT_EQ(left.stop_reason, "stop() was called in epoch 1, after step 3");
  for (const Left& left : stopped(7)) EXPECT_EQ(left.stop_reason, "stop() was called in epoch 1, after step 7");
  for (const Left& left : stopped(8)) EXPECT_EQ(left.stop_reason, "stop() was called in epoch 2, after step 8");
}

TEST(Ranks, StopBeforeFitOnOneStopsAll) {
  for (const Left& left : left_by(2, [](const Communicator& comm) {
         Training run = run_with(comm, 0);
         run.prepare = [&comm](Trainer& trainer) {
           if (comm.rank() == 1) trainer.stop();
         };
         return run.fit();
       })) {
    EXPECT_EQ(left.stop_reason, "stop() was called before the first epoch");
  }
}

TEST(Ranks, ASignalStopsAll) {
  const StopOnSignal guard;
  for (const Left& left : left_by(3, [](const Communicator& comm) {
         Training run = run_with(comm, 0);
         run.prepare = [&comm](Trainer& trainer) {
           trainer.on_batch_end([&comm](const BatchRecord& b) {
             if (comm.rank() == 2 && b.step == 9) raise(SIGINT);
           });
         };
         return run.fit();
       })) {
    EXPECT_EQ(left.stop_reason, "SIGINT arrived in epoch 2, after step 9");
  }
}

TEST(Ranks, EarlyStoppingEndsAllWithTheSameWeights) {
  const Left left = expect_same_on_all([](const Communicator& comm) {
    Training run = run_with(comm);
    run.options.epochs = 50;
    run.options.early_stopping = {.patience = 2};
    return run.fit();
  });
  EXPECT_NE(left.stop_reason.find("has not improved in 2 epochs"), std::string::npos) << left.stop_reason;
}

/// Samples in their order; sample 12 is NaN: in the second batch of 8, rank 1 of 2 and shard 2 of 4 have it.
Training broken_run(const Communicator& comm) {
  Training run = run_with(comm);
  const data::Batch data = three_classes(50).batch(arange(50).to_vector<std::int64_t>());
  data.x[12].fill_(testing::nan);
  run.training = data::TensorDataset(data.x, data.y);
  run.options.shuffle = false;
  return run;
}

TEST(Ranks, ALossThatIsNotFiniteEndsAllAndNamesTheRank) {
  const auto f = [](const Communicator& comm) { return broken_run(comm).fit(); };
  const Left one = left_by(1, f)[0];
  for (const int ranks : {2, 4}) {
    for (const Left& left : left_by(ranks, f)) {
      testing::expect_same_dicts(left.weights, one.weights);
      EXPECT_EQ(left.generator, one.generator);
      EXPECT_NE(left.stop_reason.find(fmt::format("epoch 1, step 2: rank {}: the loss is NaN: ", ranks / 2)),
                std::string::npos)
          << left.stop_reason;
      EXPECT_NE(left.stop_reason.find("input 0 is NaN already"), std::string::npos) << left.stop_reason;
    }
  }
}

TEST(Ranks, AnExceptionOnOneReachesItsCallerAndNoneWaitsForIt) {
  const std::vector<std::string> errors = errors_of_ranks(3, [](const Communicator& comm) {
    Training run = run_with(comm, 0);
    run.prepare = [&comm](Trainer& trainer) {
      trainer.on_batch_end([&comm](const BatchRecord& b) {
        if (comm.rank() == 1 && b.step == 4) throw std::runtime_error("disk on fire");
      });
    };
    run.fit();
  });
  EXPECT_EQ(errors, (std::vector<std::string>{"another rank has failed", "disk on fire", "another rank has failed"}));
}

// ---- what must be the same -----------------------------------------------------------------------------------------

/// All ranks throw the same error, before a step, if `change` makes rank 1's run another.
void expect_refused(const std::string& message, void (*change)(Training&)) {
  std::atomic<int> batches = 0;
  const std::vector<std::string> errors = errors_of_ranks(2, [change, &batches](const Communicator& comm) {
    Training run = run_with(comm, 0);
    if (comm.rank() == 1) change(run);
    run.prepare = [&batches](Trainer& t) { t.on_batch_end([&batches](const BatchRecord&) { ++batches; }); };
    run.fit();
  });
  EXPECT_EQ(errors, (std::vector<std::string>{message, message}));
  EXPECT_EQ(batches, 0);
}

TEST(Ranks, RefuseOptionsThatDiffer) {
  expect_refused("fit: ranks 0 and 1 differ: batch_size = 8, but batch_size = 16",
                 [](Training& run) { run.options.batch_size = 16; });
  expect_refused("fit: ranks 0 and 1 differ: epochs = 3, but epochs = 4",
                 [](Training& run) { run.options.epochs = 4; });
  expect_refused("fit: ranks 0 and 1 differ: seed = 5, but seed = 6", [](Training& run) { run.options.seed = 6; });
  expect_refused("fit: ranks 0 and 1 differ: shards = 2, but shards = 4",
                 [](Training& run) { run.options.virtual_shards = 4; });
}

TEST(Ranks, RefuseDataThatDiffer) {
  expect_refused("fit: ranks 0 and 1 differ: training_samples = 50, but training_samples = 49",
                 [](Training& run) { run.training = three_classes(49); });
  expect_refused("fit: ranks 0 and 1 differ in the training samples",
                 [](Training& run) { run.training = three_classes(50, 1); });
  expect_refused("fit: ranks 0 and 1 differ in the validation samples",
                 [](Training& run) { run.validation = three_classes(30, 1); });
  expect_refused("fit: ranks 0 and 1 differ: validation samples = 30, but validation samples = 0",
                 [](Training& run) { run.validation = {}; });
}

TEST(Ranks, BeginWithTheWeightsAndTheGeneratorOfRankZero) {
  const std::vector<Left> left = left_by(2, [](const Communicator& comm) {
    Training run = run_with(comm, 0);
    if (comm.rank() == 1) {
      nn::init::zeros_(run.model.parameters()[0]);
      manual_seed(9);
    }
    return run.fit();
  });
  expect_same(left[1], left[0]);
}

TEST(Ranks, RefuseModelsThatDiffer) {
  const std::vector<std::string> errors = errors_of_ranks(2, [](const Communicator& comm) {
    Training run;
    run.model = comm.rank() == 0 ? plain_net() : plain_net(1, 4);
    optim::SGD optimizer(run.model.parameters(), {.lr = .1});
    run.options.communicator = &comm;
    Trainer trainer(run.model, nn::CrossEntropyLoss(), optimizer, run.options);
    run.fit(trainer);
  });
  EXPECT_EQ(errors[0], errors[1]);
  EXPECT_NE(errors[0].find("the models of ranks 0 and 1 differ"), std::string::npos) << errors[0];
}

TEST(Ranks, AParameterThatDiffersOnOneEndsTheEpochWithAnError) {
  const std::vector<std::string> errors = errors_of_ranks(2, [](const Communicator& comm) {
    Training run = run_with(comm, 0);
    run.prepare = [&comm, &run](Trainer& trainer) {
      trainer.on_batch_end([&comm, &run](const BatchRecord& b) {
        const NoGradGuard no_grad;
        if (comm.rank() == 1 && b.step == 2) run.model.parameters()[1].add_(1);
      });
    };
    run.fit();
  });
  EXPECT_EQ(errors[0], errors[1]);
  EXPECT_EQ(errors[0], "check_same: after step 7 ranks 0 and 1 hold different values of the parameter 0.bias");
}

TEST(Ranks, RefuseShardsThatTheyCannotShareAndLoadersWithAnotherShard) {
  const std::vector<std::string> three = errors_of_ranks(3, [](const Communicator& comm) { run_with(comm).fit(); });
  EXPECT_EQ(three[0],
            "Trainer: virtual_shards = 4; expected a power of two that the number of ranks divides, which is 3");
  const std::vector<std::string> loaders = errors_of_ranks(2, [](const Communicator& comm) {
    Training run = run_with(comm, 0);
    run.training = data::DataLoader(three_classes(50), {.batch_size = 8});
    run.fit();
  });
  EXPECT_EQ(loaders[1],
            "fit: the training loader has the shard of rank 0 of 1, and here trains rank 1 of 2; give it .shard = "
            "{communicator.rank(), communicator.size()}");
  const std::vector<std::string> small = errors_of_ranks(3, [](const Communicator& comm) {
    Training run = run_with(comm, 0);
    run.options.batch_size = 2;
    run.fit();
  });
  EXPECT_EQ(small[2],
            "DataLoader: batch_size is 2, but 3 ranks share each batch; it must be at least the number of ranks");
  Training alone;
  alone.options.virtual_shards = 2;
  expect_error<ValueError>([&alone] { alone.fit(); },
                           "Trainer: virtual_shards = 2, but there is no communicator whose ranks would share them");
  alone.options.virtual_shards = 0;
  alone.training = data::DataLoader(three_classes(50), {.batch_size = 8, .shard = {1, 2}});
  expect_error<ValueError>([&alone] { alone.fit(); },
                           "the training loader has the shard of rank 1 of 2, and here trains rank 0 of 1; give the "
                           "trainer the communicator of these ranks");
}

TEST(Ranks, ALoaderWithTheirShardTrainsAsItsDatasetDoes) {
  const auto of_dataset = left_by(2, [](const Communicator& comm) { return run_with(comm).fit(); });
  const auto of_loader = left_by(2, [](const Communicator& comm) {
    Training run = run_with(comm);
    run.training = data::DataLoader(three_classes(50),
                                    {.batch_size = 8, .shuffle = true, .seed = 5, .shard = {comm.rank(), comm.size()}});
    return run.fit();
  });
  expect_same(of_loader[1], of_dataset[0]);
}

// ---- files ---------------------------------------------------------------------------------------------------------

TEST(Ranks, AnotherNumberOfThemGoesOnFromACheckpointWithTheSameBits) {
  const testing::TempDir dir;
  const Left whole = left_by(1, [](const Communicator& comm) { return run_with(comm).fit(); })[0];
  for (const std::int64_t steps : {7, 10}) {
    const std::string path = dir / fmt::format("{}.safetensors", steps);
    left_by(4, [&path, steps](const Communicator& comm) {
      Training run = run_with(comm);
      run.options.checkpoint.path = path;
      run.prepare = [steps](Trainer& trainer) {
        trainer.on_batch_end([&trainer, steps](const BatchRecord& b) {
          if (b.step == steps) trainer.stop();
        });
      };
      return run.fit();
    });
    for (const int ranks : {1, 2}) {
      for (const Left& left : left_by(ranks, [&path](const Communicator& comm) {
             Training run = run_with(comm);
             run.prepare = [&path](Trainer& trainer) { trainer.resume(path); };
             return run.fit();
           })) {
        expect_same(left, whole);
      }
    }
  }
}

TEST(Ranks, OneWritesTheFiles) {
  const testing::TempDir dir;
  const std::string path = dir / "last.safetensors";
  std::vector<std::int64_t> steps;
  run_ranks(3, [&path, &steps](const Communicator& comm) {
    struct Sink {
      std::vector<std::int64_t>& steps;
      void on_checkpoint(const CheckpointSaved& e) { steps.push_back(e.step); }
    };
    Training run = run_with(comm, 0);
    // Where another rank could write no file, it is not asked to.
    run.options.checkpoint.path = comm.rank() == 0 ? path : "/nowhere/last.safetensors";
    run.options.checkpoint.every_steps = 2;
    run.options.checkpoint.keep_best = false;
    run.options.epochs = 1;
    run.prepare = [&steps](Trainer& trainer) { trainer.sink(Sink{steps}); };
    run.fit();
  });
  EXPECT_EQ(steps, (std::vector<std::int64_t>{2, 4, 6, 7}));
  EXPECT_TRUE(std::filesystem::exists(path));
  EXPECT_EQ(load_history(path).size(), 1U);
}

TEST(Ranks, ACheckpointOfOtherShardsIsRefused) {
  const testing::TempDir dir;
  const std::string path = dir / "last.safetensors";
  const auto run = [&path](const Communicator& comm, std::int64_t shards, bool resumes) {
    Training r = run_with(comm, shards);
    if (!resumes) r.options.checkpoint.path = path;
    r.prepare = [&path, resumes](Trainer& trainer) {
      if (resumes) trainer.resume(path);
    };
    return r.fit();
  };
  left_by(2, [&run](const Communicator& comm) { return run(comm, 2, false); });
  const std::vector<std::string> errors = errors_of_ranks(1, [&run](const Communicator& comm) { run(comm, 4, true); });
  EXPECT_EQ(errors[0], "resume: \"" + path + "\" was written with shards = 2, this run has 4");
  Training alone;
  alone.prepare = [&path](Trainer& trainer) { trainer.resume(path); };
  expect_error<FileError>([&alone] { alone.fit(); }, "was written with shards = 2, this run has 0");
}

TEST(Ranks, RefuseToGoOnWhereOnlySomeResume) {
  const testing::TempDir dir;
  const std::string path = dir / "last.safetensors";
  left_by(2, [&path](const Communicator& comm) {
    Training run = run_with(comm, 0);
    run.options.checkpoint.path = path;
    run.options.epochs = 1;
    return run.fit();
  });
  const std::vector<std::string> errors = errors_of_ranks(2, [&path](const Communicator& comm) {
    Training run = run_with(comm, 0);
    run.prepare = [&path, &comm](Trainer& trainer) {
      if (comm.rank() == 0) trainer.resume(path);
    };
    run.fit();
  });
  EXPECT_EQ(errors[1],
            "fit: ranks 0 and 1 differ: the run goes on after epoch 1, batch 0, step 7, but the run goes on after "
            "epoch 0, batch 0, step 0");
}

}  // namespace
}  // namespace xtape::train
