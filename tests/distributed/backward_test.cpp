// distributed::backward, with threads as ranks.
#include "distributed/training.hpp"
#include "support/expect.hpp"

namespace xtape::distributed {
namespace {

TEST(DistributedBackward, HasTheSameBitsForEveryNumberOfRanksThatDividesTheShards) {
  // A batch of 29: shards of three and four rows [81]; dropout and statistics of batches are in the model.
  const Global batch = batch_of(29);
  const Outcome one = train(1, batch, nn::CrossEntropyLoss(), {.virtual_shards = 8});
  for (const int ranks : {2, 4, 8}) {
    expect_same(one, train(ranks, batch, nn::CrossEntropyLoss(), {.virtual_shards = 8}));
  }
}

TEST(DistributedBackward, SoItIsWithIgnoredTargetsWeightsAndShardsWithoutRows) {
  Global batch = batch_of(5);  // eight shards: of one row or none
  batch.y[0] = -100;
  batch.y[3] = -100;
  const nn::CrossEntropyLoss criterion({.weight = tensor({0.1f, 2.f, 0.7f, 1.3f}), .label_smoothing = 0.1});
  const Outcome one = train(1, batch, criterion, {.virtual_shards = 8}, plain_model);
  for (const int ranks : {2, 4, 8}) {
    expect_same(one, train(ranks, batch, criterion, {.virtual_shards = 8}, plain_model));
  }
  const Global tiny = batch_of(1);  // most ranks have no rows
  const Outcome alone = train(1, tiny, criterion, {.virtual_shards = 4}, plain_model);
  expect_same(alone, train(4, tiny, criterion, {.virtual_shards = 4}, plain_model));
}

TEST(DistributedBackward, OneShardARankIsAsManyShardsAsRanks) {
  const Global batch = batch_of(14);
  expect_same(train(4, batch, nn::CrossEntropyLoss(), {}),
              train(1, batch, nn::CrossEntropyLoss(), {.virtual_shards = 4}));
}

TEST(DistributedBackward, IsTheLoopByHandToTheBit) {
  const Global batch = batch_of(31);
  run_ranks(3, [&batch](const Communicator& comm) {
    const nn::Sequential by_hand = plain_model(), model = plain_model();
    nn::CrossEntropyLoss criterion;
    const Tensor x = rows_of(batch.x, comm), y = rows_of(batch.y, comm);
    auto parts = criterion.parts(by_hand(x), y);
    (parts.sum / comm.sum(parts.denominator)).backward();
    sum_gradients(by_hand.parameters(), comm);
    const double loss = backward(model, criterion, x, y, comm);
    EXPECT_EQ(loss, comm.sum(parts.sum.item()) / 31);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_TRUE(equal(by_hand.parameters()[i].grad(), model.parameters()[i].grad())) << i;
    }
  });
}

TEST(DistributedBackward, ThreeRanksHaveTheBitsOfThreeMicroBatchesInTheTree) {
  const Global batch = batch_of(12);
  std::vector<std::vector<Tensor>> parts;
  const nn::Sequential model = plain_model();
  for (int k = 0; k < 3; ++k) {
    const Tensor sum =
        nn::CrossEntropyLoss().parts(model(narrow(batch.x, 0, 4 * k, 4)), narrow(batch.y, 0, 4 * k, 4)).sum;
    parts.push_back(grad({sum / 12.}, model.parameters()));
  }
  run_ranks(3, [&](const Communicator& comm) {
    const nn::Sequential own = plain_model();
    backward(own, nn::CrossEntropyLoss(), rows_of(batch.x, comm), rows_of(batch.y, comm), comm);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_TRUE(equal(own.parameters()[i].grad(), (parts[0][i] + parts[1][i]) + parts[2][i])) << i;
    }
  });
}

TEST(DistributedBackward, IsCloseToOnePlainBatch) {
  Global batch = batch_of(29);
  batch.y[2] = -100;
  const nn::CrossEntropyLoss criterion({.weight = tensor({0.1f, 2.f, 0.7f, 1.3f})});
  for (const bool in_doubles : {false, true}) {
    const double tolerance = in_doubles ? 1e-12 : 1e-5;
    const nn::Sequential plain = plain_model();
    const nn::CrossEntropyLoss loss = nn::clone(criterion);
    if (in_doubles) plain.to(float64), loss.to(float64), batch.x = batch.x.to(float64);
    const Tensor expected = loss(plain(batch.x), batch.y);
    expected.backward();
    run_ranks(2, [&](const Communicator& comm) {
      const nn::Sequential model = plain_model();
      if (in_doubles) model.to(float64);
      const double mean =
          backward(model, loss, rows_of(batch.x, comm), rows_of(batch.y, comm), comm, {.virtual_shards = 8});
      EXPECT_NEAR(mean, expected.item(), tolerance);
      for (std::size_t i = 0; i < 4; ++i) {
        const Tensor g = model.parameters()[i].grad(), p = plain.parameters()[i].grad();
        EXPECT_LE((g - p).norm().item(), tolerance * p.norm().item()) << i;
      }
    });
  }
}

TEST(DistributedBackward, AddsToTheGradientsThatAreThere) {
  const Global batch = batch_of(8);
  run_ranks(2, [&batch](const Communicator& comm) {
    const nn::Sequential fresh = plain_model(), model = plain_model();
    const Tensor x = rows_of(batch.x, comm), y = rows_of(batch.y, comm);
    backward(fresh, nn::CrossEntropyLoss(), x, y, comm);
    for (const Tensor& p : model.parameters()) p.set_grad(full_like(p, 2.5));
    backward(model, nn::CrossEntropyLoss(), x, y, comm);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_TRUE(equal(model.parameters()[i].grad(), fresh.parameters()[i].grad() + 2.5));
    }
  });
}

TEST(DistributedBackward, TrainsTheCriterionAndLeavesWhatIsFrozenAlone) {
  struct Scaled : nn::Loss {
    nn::Parameter scale = register_parameter("scale", ones({1}));
    Tensor forward(const Tensor& x, const Tensor& y) const override {
      return parts(x, y).sum / parts(x, y).denominator;
    }
    LossParts parts(const Tensor& x, const Tensor& y) const override {
      LossParts p = cross_entropy_parts(x, y);
      return {p.sum * scale.sum(), p.denominator};
    }
  };
  const Global batch = batch_of(9);
  run_ranks(2, [&batch](const Communicator& comm) {
    const nn::Sequential model = plain_model();
    model.parameters()[0].requires_grad_(false);
    const Scaled criterion;
    const double loss = backward(model, criterion, rows_of(batch.x, comm), rows_of(batch.y, comm), comm);
    EXPECT_NEAR(criterion.scale.grad().item(), loss, 1e-6);
    EXPECT_FALSE(model.parameters()[0].grad().defined());
    EXPECT_TRUE(model.parameters()[1].grad().defined());
  });
}

TEST(DistributedBackward, AParameterOfTheModelAndOfTheCriterionCountsOnce) {
  struct Decayed : nn::Loss {
    nn::Parameter weight;
    explicit Decayed(const nn::Parameter& w) : weight(register_parameter("weight", w)) {}
    Tensor forward(const Tensor& x, const Tensor& y) const override {
      return parts(x, y).sum / parts(x, y).denominator;
    }
    LossParts parts(const Tensor& x, const Tensor& y) const override {
      const LossParts p = cross_entropy_parts(x, y);
      return {p.sum + (weight * weight).sum() * p.denominator, p.denominator};
    }
  };
  const Global batch = batch_of(8);
  for (const int ranks : {1, 2}) {
    run_ranks(ranks, [&batch](const Communicator& comm) {
      manual_seed(1);
      const nn::Linear model(6, 4);
      const Decayed criterion(model.weight);
      criterion(model(batch.x), batch.y).backward();
      const Tensor expected = model.weight.grad().clone();
      model.zero_grad();
      backward(model, criterion, rows_of(batch.x, comm), rows_of(batch.y, comm), comm, {.virtual_shards = 2});
      EXPECT_LE((model.weight.grad() - expected).abs().max().item(), 1e-5);
    });
  }
}

TEST(DistributedBackward, CallsPostAccumulateHooksOnceWithTheWholeGradient) {
  const Global batch = batch_of(8);
  run_ranks(2, [&batch](const Communicator& comm) {
    const nn::Sequential model = plain_model();
    std::vector<Tensor> seen;
    model.parameters()[0].register_post_accumulate_grad_hook([&seen](const Tensor& p) { seen.push_back(p.grad()); });
    backward(model, nn::CrossEntropyLoss(), rows_of(batch.x, comm), rows_of(batch.y, comm), comm,
             {.virtual_shards = 4});
    ASSERT_EQ(seen.size(), 1u);
    EXPECT_TRUE(equal(seen[0], model.parameters()[0].grad()));
  });
}

TEST(DistributedBackward, AShardWithoutCountedTargetsCountsAsZerosWhateverItsSumIs) {
  struct Mean : nn::Loss {  // its sum is NaN where nothing counts
    Tensor forward(const Tensor& x, const Tensor& y) const override {
      return parts(x, y).sum / parts(x, y).denominator;
    }
    LossParts parts(const Tensor& x, const Tensor& y) const override {
      const LossParts p = cross_entropy_parts(x, y);
      return {p.sum * (p.denominator / p.denominator), p.denominator};
    }
  };
  Global batch = batch_of(8);
  for (int i = 4; i < 8; ++i) batch.y[i] = -100;
  const Outcome expected = train(1, batch, nn::CrossEntropyLoss(), {.virtual_shards = 2}, plain_model);
  for (const int ranks : {1, 2}) {
    const Outcome outcome = train(ranks, batch, Mean(), {.virtual_shards = 2}, plain_model);
    EXPECT_EQ(outcome.losses, expected.losses);
    testing::expect_same_bits(outcome.state, expected.state);
  }
}

TEST(DistributedBackward, ABatchOfIgnoredTargetsGivesNaNAndNoGradient) {
  run_ranks(2, [](const Communicator& comm) {
    const nn::Sequential model = plain_model();
    const double loss = backward(model, nn::CrossEntropyLoss(), ones({2, 6}), full({2}, -100, int64), comm);
    EXPECT_TRUE(std::isnan(loss));  // [81]
    EXPECT_FALSE(model.parameters()[0].grad().defined());
  });
}

TEST(DistributedBackward, AllRanksHaveTheBuffersOfTheFirstShardWithRows) {  // [83]
  const Global batch = batch_of(12);
  const nn::BatchNorm1d expected(6);
  expected(narrow(batch.x, 0, 0, 3));
  run_ranks(2, [&](const Communicator& comm) {
    const nn::BatchNorm1d model(6);
    backward(model, nn::CrossEntropyLoss(), rows_of(batch.x, comm), rows_of(batch.y, comm), comm,
             {.virtual_shards = 4});
    testing::expect_same_bits(model.state_dict(), expected.state_dict());
  });
}

TEST(DistributedBackward, ABufferThatTheForwardWritesMayBeOnTheTape) {
  struct Counting : nn::Module {
    nn::Parameter weight = register_parameter("weight", ones({6, 4}));
    nn::Buffer scale = register_buffer("scale", ones({4}));
    Tensor forward(const Tensor& x) const {
      {
        const NoGradGuard no_grad;
        scale.copy_(scale + x.mean());
      }
      return matmul(x, weight) * scale;
    }
  };
  const Global batch = batch_of(8);
  std::vector<Tensor> gradients;
  for (int k = 0; k < 4; ++k) {
    const Counting model;
    const Tensor sum =
        nn::CrossEntropyLoss().parts(model(narrow(batch.x, 0, 2 * k, 2)), narrow(batch.y, 0, 2 * k, 2)).sum;
    gradients.push_back(grad({sum / 8.}, {model.weight})[0]);
  }
  const Tensor expected = (gradients[0] + gradients[1]) + (gradients[2] + gradients[3]);
  const Tensor scale = ones({4}) + narrow(batch.x, 0, 0, 2).mean();
  for (const int ranks : {1, 2, 4}) {
    run_ranks(ranks, [&](const Communicator& comm) {
      const Counting model;
      const Tensor alias = model.scale;
      backward(model, nn::CrossEntropyLoss(), rows_of(batch.x, comm), rows_of(batch.y, comm), comm,
               {.virtual_shards = 4});
      EXPECT_TRUE(equal(model.weight.grad(), expected));
      EXPECT_TRUE(equal(model.scale, scale));
      EXPECT_TRUE(equal(alias, scale));
    });
  }
}

TEST(DistributedBackward, ABufferThatOnlyALaterShardWritesStaysAsItWas) {
  struct Sometimes : nn::Module {
    nn::Linear fc = register_module("fc", nn::Linear(6, 4));
    nn::Buffer seen = register_buffer("seen", zeros({1}));
    Tensor forward(const Tensor& x) const {
      if (x[0][0].item() == 1) seen.fill_(1);
      return fc(x);
    }
  };
  Tensor x = zeros({4, 6});
  x[3][0] = 1.;
  for (const int ranks : {1, 2}) {
    run_ranks(ranks, [&x](const Communicator& comm) {
      const Sometimes model;
      backward(model, nn::CrossEntropyLoss(), rows_of(x, comm), zeros({4 / comm.size()}, int64), comm,
               {.virtual_shards = 4});
      EXPECT_EQ(model.seen.item(), 0);
    });
  }
}

TEST(DistributedBackward, AShardThatDoesNotUseAParameterCountsAsZeros) {
  // Only rows that begin with 1 use `b`, whose gradient is then -0.
  struct Sometimes : nn::Module {
    nn::Parameter a = register_parameter("a", ones({1, 6})), b = register_parameter("b", ones({1, 6}));
    Tensor forward(const Tensor& x) { return x[0][0].item() == 1 ? a * x + b * (x * -0.) : a * x; }
  };
  Tensor x = zeros({4, 6});
  x[3][0] = 1.;
  for (const int ranks : {1, 2, 4}) {  // [80]
    run_ranks(ranks, [&x](const Communicator& comm) {
      const Sometimes model;
      const Tensor own = rows_of(x, comm);
      backward(model, nn::L1Loss(), own, full_like(own, -1.), comm, {.virtual_shards = 4});
      EXPECT_EQ(testing::bits_of(model.b.grad()), testing::bits_of(zeros({1, 6})));
    });
  }
}

TEST(DistributedBackward, EachStepDrawsOtherNumbers) {
  const Global batch = batch_of(8);
  run_ranks(2, [&batch](const Communicator& comm) {
    const nn::Sequential model{nn::Dropout(0.5), nn::Linear(6, 4)};
    const auto step = [&] {
      return backward(model, nn::CrossEntropyLoss(), rows_of(batch.x, comm), rows_of(batch.y, comm), comm);
    };
    const std::uint64_t before = default_generator().state().offset;
    EXPECT_NE(step(), step());
    EXPECT_EQ(default_generator().state().offset, before + 2);  // [82]
  });
}

TEST(DistributedBackward, AnErrorInAForwardNamesTheShard) {
  const Global batch = batch_of(15);  // cut into one shard of one row and seven of two
  const auto error = [&batch](int ranks, BackwardOptions options, std::int64_t rows) {
    return errors_of_ranks(ranks, [&](const Communicator& comm) {
      backward(small_model(), nn::CrossEntropyLoss(), rows_of(narrow(batch.x, 0, 0, rows), comm),
               rows_of(narrow(batch.y, 0, 0, rows), comm), comm, options);
    });
  };
  const std::string why =
      "batch_norm \"1\": training needs more than one value per channel, got (1, 16); to predict call eval() first, "
      "and drop_last leaves out a last batch of one";
  EXPECT_EQ(error(1, {.virtual_shards = 8}, 15)[0], "shard 0 of 8 (1 of the batch's 15 rows): " + why);
  EXPECT_EQ(error(2, {.virtual_shards = 8}, 15)[0], "shard 0 of 8 (1 of the batch's 15 rows): " + why);
  EXPECT_EQ(error(2, {}, 2)[1], "shard 1 of 2 (1 of the batch's 2 rows): " + why);
  EXPECT_EQ(error(1, {}, 1)[0], why);  // not cut
}

TEST(DistributedBackward, RefusesShardsThatWouldNotBeExact) {
  const auto error = [](int ranks, std::int64_t shards) {
    return errors_of_ranks(ranks, [shards](const Communicator& comm) {
      backward(plain_model(), nn::CrossEntropyLoss(), ones({1, 6}), zeros({1}, int64), comm,
               {.virtual_shards = shards});
    });
  };
  EXPECT_EQ(error(2, 6), std::vector<std::string>(2,
                                                  "backward: virtual_shards = 6 is no power of two, so that the sums "
                                                  "would depend on the number of ranks"));
  EXPECT_EQ(error(1, -4)[0],
            "backward: virtual_shards = -4 is no power of two, so that the sums would depend on the "
            "number of ranks");
  EXPECT_EQ(error(3, 8)[2], "backward: virtual_shards = 8 is not divisible by the number of ranks, 3");
  EXPECT_EQ(error(4, 2)[3], "backward: virtual_shards = 2 is not divisible by the number of ranks, 4");
}

TEST(DistributedBackward, NamesWhatRanksDifferIn) {
  const nn::CrossEntropyLoss criterion;
  const auto error = [](const std::function<void(const Communicator&)>& f) {
    const auto errors = errors_of_ranks(2, f);
    EXPECT_EQ(errors[0], errors[1]);
    return errors[0];
  };
  const Tensor x = ones({1, 6}), y = zeros({1}, int64);
  EXPECT_EQ(error([&](const Communicator& comm) {
              backward(plain_model(), criterion, x, y, comm, {.virtual_shards = comm.rank() == 0 ? 2 : 4});
            }),
            "backward: ranks 0 and 1 differ in virtual_shards: 2, but 4; or they make different calls");
  EXPECT_EQ(
      error([&](const Communicator& comm) {
        const nn::Sequential model = plain_model();
        if (comm.rank() == 1) rand({1});
        backward(model, criterion, x, y, comm);
      }),
      "backward: the default generators of ranks 0 and 1 differ: seed 11 at block 45, but seed 11 at block 46; call "
      "manual_seed on all ranks, and let none draw more than the others");
  EXPECT_EQ(
      error([&](const Communicator& comm) {
        const nn::Sequential model = plain_model();
        if (comm.rank() == 1) model.parameters()[2].requires_grad_(false);
        backward(model, criterion, x, y, comm);
      }),
      "backward: ranks 0 and 1 differ: parameter 2: float32 (4, 16), but parameter 2: float32 (4, 16), which does not "
      "require grad");
  EXPECT_EQ(
      error([&](const Communicator& comm) {
        backward(plain_model(), criterion, ones({3 - comm.rank(), 6}), zeros({3 - comm.rank()}, int64), comm);
      }),
      "backward: rank 0 has 3 rows of a batch of 5 on 2 ranks, expected 2: rows 0 to 2 of the batch, from floor(r B "
      "/ N) on");
  EXPECT_EQ(error([&](const Communicator& comm) {
              backward(plain_model(), criterion, zeros({0, 6}), zeros({0}, int64), comm);
            }),
            "backward: the batch has no rows on any rank");
}

TEST(DistributedBackward, WithoutAnyTrainedParameterIsAnErrorOnAllRanks) {
  const auto errors = errors_of_ranks(2, [](const Communicator& comm) {  // rank 0 has no row
    const nn::Sequential model = plain_model();
    model.requires_grad_(false);
    const Global batch = batch_of(1);
    backward(model, nn::CrossEntropyLoss(), rows_of(batch.x, comm), rows_of(batch.y, comm), comm);
  });
  EXPECT_EQ(errors, std::vector<std::string>(2, "backward: none of the 4 parameters requires grad"));
}

TEST(DistributedBackward, ALossThatIsNotFiniteIsAnErrorOnAllRanksAndChangesNothing) {
  const auto errors = errors_of_ranks(2, [](const Communicator& comm) {
    const nn::BatchNorm1d model(6);
    const StateDict before = clone(model.state_dict());
    const Tensor x = full({2, 6}, comm.rank() == 1 ? std::nan("") : 1.);
    try {
      backward(model, nn::CrossEntropyLoss(), x, zeros({2}, int64), comm);
    } catch (const ValueError&) {
      testing::expect_same_bits(before, model.state_dict());
      EXPECT_FALSE(model.weight.grad().defined());
      throw;
    }
  });
  EXPECT_EQ(errors,
            std::vector<std::string>(2, "backward: the loss of rank 1 is not finite; the sum over all ranks is nan"));
}

TEST(DistributedBackward, RefusesBatchesThatAreNone) {
  run_ranks(1, [](const Communicator& comm) {
    const auto with = [&comm](const Tensor& x, const Tensor& y) {
      return [&comm, x, y] { backward(plain_model(), nn::CrossEntropyLoss(), x, y, comm); };
    };
    testing::expect_error<ValueError>(with({}, zeros({1}, int64)), "backward: x or y is undefined");
    testing::expect_error<ShapeError>(with(ones({2, 6}), zeros({1}, int64)),
                                      "backward: x (2, 6) and y (1) do not have the same number of rows");
  });
}

TEST(DistributedBackward, LeavesTheProcessesGeneratorOfOtherThreadsAlone) {
  manual_seed(5);
  const Generator::State before = default_generator().state();
  train(2, batch_of(8), nn::CrossEntropyLoss(), {});
  EXPECT_TRUE(default_generator().state() == before);
}

}  // namespace
}  // namespace xtape::distributed
