// fit() with a communicator, whose ranks are threads: the result does not depend on how many they are, and whatever
// happens on one of them ends or stops all.
#include <csignal>
#include <sstream>
#include <stdexcept>

#include "support/signals.hpp"
#include "train/on_ranks.hpp"

namespace xtape::train {
namespace {

using distributed::Communicator;
using testing::errors_of_ranks;
using testing::line;
using testing::net;
using testing::plain_net;
using testing::run_ranks;
using testing::three_classes;
using testing::ranks::expect_same;
using testing::ranks::expect_same_on_all;
using testing::ranks::Left;
using testing::ranks::left_by;
using testing::ranks::run_with;
using testing::ranks::Training;

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

TEST(Ranks, ATransformMayGiveEachShardOtherExtents) {
  expect_same_on_all([](const Communicator& comm) {
    Training run = run_with(comm);
    manual_seed(1);
    run.model = nn::Sequential{nn::Conv2d(1, 2, 3), nn::AdaptiveAvgPool2d(1), nn::Flatten(), nn::Linear(2, 3)};
    optim::SGD optimizer(run.model.parameters(), {.lr = .1});
    Trainer trainer(run.model, nn::CrossEntropyLoss(), optimizer, run.options);
    trainer.transform([](const data::Batch& b, Generator& g) {
      const std::int64_t size = 5 + randint(0, 4, {1}, {.generator = &g}).item<std::int64_t>();
      return data::Batch{narrow(narrow(b.x, 2, 0, size), 3, 0, size), b.y};
    });
    run.training = data::TensorDataset(rand({50, 1, 9, 9}), randint(0, 3, {50}));
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

TEST(Ranks, StopLeavesNoGradientOfTheBatchThatIsGivenUp) {
  run_ranks(2, [](const Communicator& comm) {
    Training run = run_with(comm, 0);
    run.prepare = [](Trainer& trainer) {
      trainer.on_batch_end([&trainer](const BatchRecord& b) {
        if (b.step == 3) trainer.stop();
      });
    };
    run.fit();
    for (const Tensor& p : run.model.parameters()) EXPECT_FALSE(p.grad().defined());
  });
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
  const testing::DefaultSignals in_the_foreground;
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

/// What rank 1 measures differs from the other's, but not in the samples that are compared.
TEST(Ranks, WhatTheFirstMeasuresOfARegressionDecides) {
  const std::vector<Left> left = left_by(2, [](const Communicator& comm) {
    Training run = run_with(comm, 0);
    run.model = plain_net(1, 1);
    optim::SGD optimizer(run.model.parameters(), {.lr = .02});
    run.options.epochs = 12;
    run.options.early_stopping = {.patience = 2, .min_delta = .05};
    Trainer trainer(run.model, nn::MSELoss(), optimizer, run.options);
    run.training = line(45);
    const data::Batch validation = line(60, 3).batch(arange(60).to_vector<std::int64_t>());
    if (comm.rank() == 1) validation.y[1].fill_(200);
    run.validation = data::TensorDataset(validation.x, validation.y);
    return run.fit(trainer);
  });
  expect_same(left[1], left[0]);
  EXPECT_NE(left[0].stop_reason.find("has not improved in 2 epochs"), std::string::npos) << left[0].stop_reason;
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

TEST(Ranks, AGradientThatIsNaNOnOneIsNotBlamedOnAnother) {
  const std::vector<Left> left = left_by(3, [](const Communicator& comm) {
    Training run = run_with(comm, 0);
    run.prepare = [&comm, &run](Trainer& trainer) {
      trainer.on_batch_end([&comm, &run](const BatchRecord& b) {
        if (comm.rank() != 1 || b.step != 2) return;
        run.model.parameters()[0].register_hook([](const Tensor& g) { return g * testing::nan; });
      });
    };
    return run.fit();
  });
  for (const Left& each : left) {
    EXPECT_EQ(each.stop_reason,
              "epoch 1, step 4: the loss is NaN, because the parameter \"0.weight\" is not finite; the weights are "
              "those that fit() began with");
  }
}

TEST(Ranks, ABufferThatIsNaNOnOneEndsAllWhereAFileIsDue) {
  const testing::TempDir dir;
  const std::vector<Left> left = left_by(2, [&dir](const Communicator& comm) {
    Training run = run_with(comm, 0);
    run.model = net();
    run.training = three_classes(48);
    optim::SGD optimizer(run.model.parameters(), {.lr = .1});
    run.options.checkpoint.path = dir / "last.safetensors";
    run.options.checkpoint.every_steps = 2;
    Trainer trainer(run.model, nn::CrossEntropyLoss(), optimizer, run.options);
    trainer.on_batch_end([&comm, &run](const BatchRecord& b) {
      if (comm.rank() == 1 && b.step == 2) run.model.buffers()[0].fill_(testing::nan);
    });
    return run.fit(trainer);
  });
  EXPECT_EQ(left[1].stop_reason, left[0].stop_reason);
  EXPECT_EQ(left[0].stop_reason.find("epoch 1, step 2: rank 1: the buffer "), 0U) << left[0].stop_reason;
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

}  // namespace
}  // namespace xtape::train
