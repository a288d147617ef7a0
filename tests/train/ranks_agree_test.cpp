// What the ranks of a fit() must have in common, and the files of which one of them writes all.
#include <algorithm>
#include <atomic>
#include <filesystem>

#include "train/on_ranks.hpp"

namespace xtape::train {
namespace {

using distributed::Communicator;
using testing::errors_of_ranks;
using testing::expect_error;
using testing::plain_net;
using testing::run_ranks;
using testing::three_classes;
using testing::ranks::expect_same;
using testing::ranks::Left;
using testing::ranks::left_by;
using testing::ranks::run_with;
using testing::ranks::Training;

// ---- what must be the same -----------------------------------------------------------------------------------------

/// All ranks throw the same error, before a step, if `change` makes rank 1's run another.
void expect_ranks_refuse(const std::string& message, void (*change)(Training&)) {
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
  expect_ranks_refuse("fit: ranks 0 and 1 differ: batch_size = 8, but batch_size = 16",
                      [](Training& run) { run.options.batch_size = 16; });
  expect_ranks_refuse("fit: ranks 0 and 1 differ: epochs = 3, but epochs = 4",
                      [](Training& run) { run.options.epochs = 4; });
  expect_ranks_refuse("fit: ranks 0 and 1 differ: seed = 5, but seed = 6", [](Training& run) { run.options.seed = 6; });
  expect_ranks_refuse("fit: ranks 0 and 1 differ: virtual_shards = 0, but virtual_shards = 4",
                      [](Training& run) { run.options.virtual_shards = 4; });
}

/// As above, but fit(run, rank) gives the trainer what else it has.
template <class F>
void expect_ranks_refuse_with(const std::string& message, const F& fit) {
  const std::vector<std::string> errors = errors_of_ranks(2, [&fit](const Communicator& comm) {
    Training run = run_with(comm, 0);
    fit(run, comm.rank());
  });
  EXPECT_EQ(errors, (std::vector<std::string>{message, message}));
}

TEST(Ranks, RefuseVirtualShardsThatAreAsManyAsThereAreRanksOnOneAlone) {
  expect_ranks_refuse("fit: ranks 0 and 1 differ: virtual_shards = 0, but virtual_shards = 2",
                      [](Training& run) { run.options.virtual_shards = 2; });
}

TEST(Ranks, RefuseSchedulersThatDiffer) {
  expect_ranks_refuse_with("fit: ranks 0 and 1 differ in the options of scheduler 1", [](Training& run, int rank) {
    optim::lr_scheduler::StepLR steps(run.optimizer, {.step_size = 1, .gamma = rank == 0 ? .5 : .1});
    run.prepare = [&steps](Trainer& trainer) { trainer.schedule(steps); };
    run.fit();
  });
  expect_ranks_refuse_with("fit: ranks 0 and 1 differ in the options of scheduler 1", [](Training& run, int rank) {
    optim::lr_scheduler::StepLR steps(run.optimizer, {.step_size = 1});
    run.prepare = [&steps, rank](Trainer& t) { t.schedule(steps, rank == 0 ? Every::epoch : Every::step); };
    run.fit();
  });
}

/// Whose ranks differ in their criterion.
template <class F>
void expect_ranks_refuse_criteria(const std::string& of_rank_0, const std::string& of_rank_1, F criterion_of) {
  expect_ranks_refuse_with("fit: ranks 0 and 1 differ: criterion = " + of_rank_0 + ", but criterion = " + of_rank_1,
                           [&criterion_of](Training& run, int rank) {
                             Trainer trainer(run.model, criterion_of(rank), run.optimizer, run.options);
                             run.fit(trainer);
                           });
}

TEST(Ranks, RefuseCriteriaThatDiffer) {
  const std::string usual = "CrossEntropyLoss(), reduction = mean, ignore_index = -100, label_smoothing = 0";
  expect_ranks_refuse_criteria(
      usual, "CrossEntropyLoss(), reduction = sum, ignore_index = -100, label_smoothing = 0",
      [](int rank) { return nn::CrossEntropyLoss({.reduction = rank == 0 ? Reduction::mean : Reduction::sum}); });
  expect_ranks_refuse_criteria(usual, "CrossEntropyLoss(), reduction = mean, ignore_index = 2, label_smoothing = 0",
                               [](int rank) { return nn::CrossEntropyLoss({.ignore_index = rank == 0 ? -100 : 2}); });
  expect_ranks_refuse_criteria(usual,
                               "CrossEntropyLoss(), reduction = mean, ignore_index = -100, label_smoothing = 0.1",
                               [](int rank) { return nn::CrossEntropyLoss({.label_smoothing = rank == 0 ? 0 : 0.1}); });
}

TEST(Ranks, RefuseLayersThatDiffer) {
  expect_ranks_refuse_with(
      "fit: ranks 0 and 1 differ: (2): Dropout(p=0.5, inplace=False), but (2): Dropout(p=0.1, "
      "inplace=False)",
      [](Training& run, int rank) {
        const nn::Sequential model{run.model, nn::ReLU(), nn::Dropout(rank == 0 ? 0.5 : 0.1)};
        optim::SGD optimizer(model.parameters(), {.lr = 0.1});
        Trainer trainer(model, nn::CrossEntropyLoss(), optimizer, run.options);
        run.fit(trainer);
      });
}

/// The samples in their order, but backwards in all epochs after the first where `turns`.
struct TurningSampler {
  bool turns;
  std::int64_t size() const { return 48; }
  std::vector<std::int64_t> indices(std::uint64_t, std::uint64_t epoch) const {
    std::vector<std::int64_t> order = arange(48).to_vector<std::int64_t>();
    if (turns && epoch > 0) std::reverse(order.begin(), order.end());
    return order;
  }
};

TEST(Ranks, RefuseAnEpochWhoseOrderDiffers) {
  expect_ranks_refuse_with(
      "fit: in epoch 2 ranks 0 and 1 differ in the order of the training samples", [](Training& run, int rank) {
        run.training = data::DataLoader(three_classes(48),
                                        {.batch_size = 8, .sampler = TurningSampler{rank == 1}, .shard = {rank, 2}});
        run.fit();
      });
}

TEST(Ranks, RefuseDataThatDiffer) {
  expect_ranks_refuse("fit: ranks 0 and 1 differ: training_samples = 50, but training_samples = 49",
                      [](Training& run) { run.training = three_classes(49); });
  expect_ranks_refuse("fit: ranks 0 and 1 differ in the training samples",
                      [](Training& run) { run.training = three_classes(50, 1); });
  expect_ranks_refuse("fit: ranks 0 and 1 differ in the validation samples",
                      [](Training& run) { run.validation = three_classes(30, 1); });
  expect_ranks_refuse("fit: ranks 0 and 1 differ: validation samples = 30, but validation samples = 0",
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
  const std::string frozen =
      "broadcast: the models of ranks 0 and 1 differ: 0.bias: float32 (16), but 0.bias: float32 "
      "(16), which does not require grad";
  expect_ranks_refuse_with(frozen, [](Training& run, int rank) {
    run.model.named_parameters()[1].tensor.requires_grad_(rank == 0);
    run.fit();
  });
  const std::string printed =
      "fit: ranks 0 and 1 differ: (2): Linear(in_features=8, out_features=3, bias=True), but "
      "(2): Linear(in_features=8, out_features=4, bias=True)";
  expect_ranks_refuse_with(printed, [](Training& run, int rank) {
    run.model = rank == 0 ? plain_net() : plain_net(1, 4);
    optim::SGD optimizer(run.model.parameters(), {.lr = .1});
    Trainer trainer(run.model, nn::CrossEntropyLoss(), optimizer, run.options);
    run.fit(trainer);
  });
}

TEST(Ranks, OfOutputsThatTheLossTakesForSomethingElseTheFirstWarns) {
  struct CountedWarnings {
    void on_warning(const Warning&) { ++count; }
    int count = 0;
  };
  std::vector<CountedWarnings> warnings(2);
  run_ranks(2, [&warnings](const Communicator& comm) {
    Training run = run_with(comm, 4);
    run.model.append(nn::Softmax(1));
    run.prepare = [sink = &warnings[static_cast<std::size_t>(comm.rank())]](Trainer& trainer) { trainer.sink(*sink); };
    run.fit();
  });
  EXPECT_EQ(warnings[0].count, 1);
  EXPECT_EQ(warnings[1].count, 0);
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
  EXPECT_EQ(errors[0], "check_same: after step 7 ranks 0 and 1 differ in the values of the parameter 0.bias");
}

TEST(Ranks, ABufferThatDiffersOnOneEndsTheEpochWithAnError) {
  const std::vector<std::string> errors = errors_of_ranks(2, [](const Communicator& comm) {
    Training run = run_with(comm, 0);
    run.model = testing::net();
    run.training = three_classes(48);
    optim::SGD optimizer(run.model.parameters(), {.lr = .1});
    Trainer trainer(run.model, nn::CrossEntropyLoss(), optimizer, run.options);
    trainer.on_batch_end([&comm, &run](const BatchRecord& b) {
      if (comm.rank() == 1 && b.batch == b.batches) run.model.buffers()[0].fill_(testing::nan);
    });
    run.fit(trainer);
  });
  EXPECT_EQ(errors[0], errors[1]);
  EXPECT_EQ(errors[0],
            "fit: after step 6 ranks 0 and 1 differ in the buffer " + testing::net().named_buffers()[0].name);
}

/// Multiplies the loss by a parameter of its own.
struct ScaledLoss : nn::Loss {
  nn::Parameter scale = register_parameter("scale", ones({1}));
  Tensor forward(const Tensor& x, const Tensor& y) const override {
    const LossParts p = parts(x, y);
    return p.sum / p.denominator;
  }
  LossParts parts(const Tensor& x, const Tensor& y) const override {
    const LossParts p = cross_entropy_parts(x, y);
    return {p.sum * scale.sum(), p.denominator};
  }
};

TEST(Ranks, AParameterOfTheCriterionThatDiffersOnOneEndsTheEpochWithAnError) {
  const std::vector<std::string> errors = errors_of_ranks(2, [](const Communicator& comm) {
    Training run = run_with(comm, 0);
    const ScaledLoss criterion;
    std::vector<Tensor> parameters = run.model.parameters();
    parameters.push_back(criterion.scale);
    optim::SGD optimizer(parameters, {.lr = .01});
    Trainer trainer(run.model, criterion, optimizer, run.options);
    trainer.on_batch_end([&comm, &criterion](const BatchRecord& b) {
      const NoGradGuard no_grad;
      if (comm.rank() == 1 && b.step == 2) criterion.scale.mul_(1.5);
    });
    run.fit(trainer);
  });
  EXPECT_EQ(errors[0], errors[1]);
  EXPECT_EQ(errors[0],
            "fit: after step 7 ranks 0 and 1 differ in parameter 1 of the optimizer's that are not the model's");
}

TEST(Ranks, BeginWithRankZerosValuesOfWhatTheOptimizerHasBesideTheModel) {
  std::vector<float> left(2);
  run_ranks(2, [&left](const Communicator& comm) {
    Training run = run_with(comm, 0);
    const Tensor scale = full({1}, comm.rank() == 0 ? 1.F : 2.F).requires_grad_();
    std::vector<Tensor> parameters = run.model.parameters();
    parameters.push_back(scale);
    optim::SGD optimizer(parameters, {.lr = .01});
    const auto criterion = [scale](const Tensor& x, const Tensor& y) { return cross_entropy(x, y) * scale.sum(); };
    Trainer trainer(run.model, criterion, optimizer, run.options);
    run.fit(trainer);
    left[static_cast<std::size_t>(comm.rank())] = scale.item<float>();
  });
  EXPECT_EQ(left[0], left[1]);
  EXPECT_LT(left[0], 1);
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
