// The exchange of gradients that begins while backward runs, with threads as ranks.
#include <atomic>
#include <chrono>
#include <thread>

#include "distributed/training.hpp"
#include "support/expect.hpp"
#include "xtape/detail/newest_error.hpp"

namespace xtape::distributed {
namespace {

/// Waits until the condition holds; ValueError if it does not within a minute.
template <class F>
void wait_until(F holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) throw ValueError("wait_until", "a minute has passed");
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

/// x, recorded: gradients pass through `gradient`.
template <class F>
Tensor with_gradient(const Tensor& x, F gradient) {
  return record("with_gradient", {x}, x.detach().clone(), gradient);
}

/// Parameters of all kinds. A batch that begins with a positive number does not use some of them.
struct Various : nn::Module {
  nn::Linear fc1 = register_module("fc1", nn::Linear(6, 8));
  nn::Parameter sometimes = register_parameter("sometimes", ones({8}));
  nn::Parameter never = register_parameter("never", ones({8}));
  nn::Parameter lost = register_parameter("lost", ones({8}));  // its gradient never arrives
  nn::Parameter often_lost = register_parameter("often_lost", ones({8}));
  nn::Parameter minus_zero = register_parameter("minus_zero", ones({8}));
  nn::Parameter in_double = register_parameter("in_double", ones({8}, float64));
  nn::Parameter tied = register_parameter("tied", full({8, 8}, 0.1));
  nn::Parameter scalar = register_parameter("scalar", ones({}));
  nn::Linear fc2 = register_module("fc2", nn::Linear(8, 4));

  Tensor forward(const Tensor& x) const {
    const bool is_positive = x[0][0].item() > 0;
    Tensor h = matmul(relu(matmul(fc1(x), tied)), tied) * scalar;
    h = h * in_double.to(float32) + minus_zero * (h.detach() * -0.);
    h = h + with_gradient(lost, [](const Tensor&) { return Gradients{Tensor()}; });
    h = h +
        with_gradient(often_lost, [is_positive](const Tensor& gy) { return Gradients{is_positive ? gy : Tensor()}; });
    return fc2(is_positive ? h : h * sometimes);
  }
};

Various various_model() {
  manual_seed(11);
  return Various();
}

TEST(OverlappedBackward, HasTheBitsOfAnExchangeAfterBackward) {
  for (const std::int64_t rows : {29, 5, 1}) {  // 5, 1: shards and ranks without rows
    const Global batch = batch_of(rows);
    for (const int ranks : {1, 2, 3, 4}) {
      for (const std::int64_t shards : {0, 4, 8}) {
        if (shards % ranks != 0) continue;
        SCOPED_TRACE(std::to_string(rows) + " rows, " + std::to_string(ranks) + " ranks, " + std::to_string(shards));
        const nn::CrossEntropyLoss criterion;
        expect_same(train(ranks, batch, criterion, {shards}, various_model),
                    train(ranks, batch, criterion, {shards}, various_model, {.overlaps = true}));
        if (rows == 29) {  // BatchNorm wants two rows
          expect_same(train(ranks, batch, criterion, {shards}),
                      train(ranks, batch, criterion, {shards}, small_model, {.overlaps = true}));
        }
      }
    }
  }
}

TEST(OverlappedBackward, HasThemWithSeveralBucketsToo) {
  const auto large = [] {  // 4.6 MB in the first layer
    manual_seed(1);
    return nn::Sequential{nn::Linear(6, 1100), nn::Linear(1100, 1050), nn::ReLU(), nn::Linear(1050, 4)};
  };
  const Global batch = batch_of(9);
  expect_same(train(3, batch, nn::CrossEntropyLoss(), {}, +large),
              train(3, batch, nn::CrossEntropyLoss(), {}, +large, {.overlaps = true}));
}

TEST(OverlappedBackward, LeavesAParameterThatNoRankUsesWithoutAGradient) {
  const Outcome outcome =
      train(2, batch_of(8), nn::CrossEntropyLoss(), {.virtual_shards = 4}, various_model, {.overlaps = true});
  const std::vector<std::string>& g = outcome.gradients;
  const auto names = various_model().named_parameters();
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(g[i] == "none", names[i].name == "never" || names[i].name == "lost") << names[i].name;
  }
}

/// Two layers whose gradients are exchanged apart from each other, the second's first: their dtypes differ, or the
/// second has many classes.
struct TwoLayers : nn::Module {
  explicit TwoLayers(DType dtype = DType::float64, std::int64_t classes = 4)
      : first(register_parameter("first", ones({6}, dtype))),
        second(register_parameter("second", ones({6, classes}))) {}

  Callback<void()> before_first_gradient = [] {}, before_second_gradient = [] {};
  nn::Parameter first, second;

  Tensor forward(const Tensor& x) const {
    const auto calling = [](const Tensor& w, const Callback<void()>& before) {
      return with_gradient(w, [before](const Tensor& gy) {
        before();
        return Gradients{gy};
      });
    };
    const Tensor h = x * calling(first, before_first_gradient).to(float32);
    const Tensor w = calling(second, before_second_gradient);  // later on the tape, so earlier in backward
    return matmul(h, w);
  }
};

double backward_of(const TwoLayers& model, const Communicator& comm, std::int64_t shards = 0) {
  const Global batch = batch_of(8);
  return backward(model, nn::CrossEntropyLoss(), rows_of(batch.x, comm), rows_of(batch.y, comm), comm, {shards});
}

/// What other threads than those of the ranks move.
struct Moves {
  std::vector<std::thread::id> ranks = std::vector<std::thread::id>(4);
  std::atomic<int> count[4] = {};
  std::function<void(int)> at = [](int) {};

  RankOptions options() {
    return {.overlaps = true, .before_move = [this](int rank, std::size_t) {
              const auto r = static_cast<std::size_t>(rank);
              if (ranks[r] == std::thread::id()) ranks[r] = std::this_thread::get_id();
              if (ranks[r] == std::this_thread::get_id()) return;
              ++count[r];
              at(rank);
            }};
  }
};

/// Expects that a rank exchanges something of the model before the first layer has its gradient.
void expect_overlap(const std::function<TwoLayers()>& make_model) {
  Moves moves;
  std::atomic<int> first_gradients = 0;
  run_ranks(
      3,
      [&](const Communicator& comm) {
        TwoLayers model = make_model();
        std::atomic<int>& mine = moves.count[comm.rank()];
        model.before_first_gradient = [&mine, &first_gradients] {
          wait_until([&mine] { return mine > 0; });
          ++first_gradients;
        };
        backward_of(model, comm);
      },
      moves.options());
  EXPECT_EQ(first_gradients, 3);
}

TEST(OverlappedBackward, ExchangesTheLastLayerBeforeTheFirstHasItsGradient) {
  expect_overlap([] { return TwoLayers(); });
}

TEST(OverlappedBackward, CutsASmallModelIntoBucketsThatAreCompleteEarly) {
  expect_overlap([] { return TwoLayers(float32, 20'000); });  // 0.5 MB
}

TEST(OverlappedBackward, BeginsTheExchangeWithTheLastShard) {
  Moves moves;
  run_ranks(
      2,
      [&](const Communicator& comm) {
        TwoLayers model;
        std::atomic<int>& mine = moves.count[comm.rank()];
        int calls = 0;
        model.before_first_gradient = [&mine, &calls] {
          if (++calls == 4) return wait_until([&mine] { return mine > 0; });
          EXPECT_EQ(mine, 0);
        };
        backward_of(model, comm, 8);
        EXPECT_EQ(calls, 4);
      },
      moves.options());
}

TEST(OverlappedBackward, TheOrderOfBucketsDoesNotDependOnWhatIsCompleteFirst) {
  struct Crossed : nn::Module {  // messages of equal lengths
    bool is_odd = false;
    nn::Parameter a = register_parameter("a", ones({2, 6})), b = register_parameter("b", ones({6}, float64));
    Tensor forward(const Tensor& x) const {
      if (is_odd) {  // the gradient of `b` is complete last
        const Tensor bias = b.to(float32);
        return matmul(x, a.sum(0)) + bias.sum();
      }
      const Tensor y = matmul(x, a.sum(0));
      return y + b.to(float32).sum();
    }
  };
  const Global batch = batch_of(8);
  run_ranks(4,
            [&batch](const Communicator& comm) {
              Crossed model;
              model.is_odd = comm.rank() % 2 == 1;
              const Tensor x = rows_of(batch.x, comm);
              backward(model, nn::MSELoss(), x, zeros({x.size(0)}), comm);
              const auto expected = [&model, &batch](auto sum) {
                return grad({nn::MSELoss()(model(batch.x), zeros({8}))}, {sum})[0];
              };
              EXPECT_LE((model.a.grad() - expected(model.a)).abs().max().item(), 1e-5);
              EXPECT_LE((model.b.grad() - expected(model.b)).abs().max().item(), 1e-5);
            },
            {.overlaps = true});
}

TEST(OverlappedBackward, ARankThatThrowsWhileItExchangesEndsWithItsOwnException) {
  Moves moves;
  std::atomic<bool> has_ended = false;
  const auto rank_1 = [&](const Communicator& comm) {
    TwoLayers model;
    model.before_first_gradient = [&moves] {
      wait_until([&moves] { return moves.count[1] > 0; });  // it then waits for rank 0
      throw ValueError("layer", "broken on rank 1");
    };
    try {
      backward_of(model, comm);
    } catch (const ValueError&) {
      EXPECT_FALSE(model.second.grad().defined());
      has_ended = true;
      throw;
    }
  };
  const auto errors = errors_of_ranks(
      2,
      [&](const Communicator& comm) {
        if (comm.rank() == 1) return rank_1(comm);
        TwoLayers model;
        model.before_second_gradient = [&has_ended] { wait_until([&has_ended] { return has_ended.load(); }); };
        backward_of(model, comm);
      },
      moves.options());
  EXPECT_EQ(errors, (std::vector<std::string>{"another rank has failed", "layer: broken on rank 1"}));
}

TEST(OverlappedBackward, ARankThatThrowsBeforeItsFirstBucketEndsAsWell) {
  const auto errors =
      errors_of_ranks(2,
                      [](const Communicator& comm) {
                        TwoLayers model;
                        if (comm.rank() == 1)
                          model.before_second_gradient = [] { throw ValueError("layer", "broken on rank 1"); };
                        backward_of(model, comm);
                      },
                      {.overlaps = true});
  EXPECT_EQ(errors, (std::vector<std::string>{"another rank has failed", "layer: broken on rank 1"}));
}

TEST(OverlappedBackward, AnErrorOfTheCommunicatorReachesTheCallerAndChangesNoGradient) {
  Moves moves;
  moves.at = [](int rank) { throw ValueError("link", "no answer on rank " + std::to_string(rank)); };
  const auto errors = errors_of_ranks(
      2,
      [](const Communicator& comm) {
        const TwoLayers model;
        try {
          backward_of(model, comm);
        } catch (const ValueError& e) {
          EXPECT_STREQ(xtape::detail::newest_error(), e.what());
          EXPECT_FALSE(model.first.grad().defined());
          EXPECT_FALSE(model.second.grad().defined());
          throw;
        }
      },
      moves.options());
  EXPECT_EQ(errors, (std::vector<std::string>{"link: no answer on rank 0", "link: no answer on rank 1"}));
}

TEST(OverlappedBackward, CallsPostAccumulateHooksOnceWithTheWholeGradient) {
  const auto gradient = [](bool overlaps) {
    std::vector<Tensor> seen;
    const auto run = [&seen](const Communicator& comm) {
      const TwoLayers model;
      for (const Tensor& p : model.parameters()) {
        p.register_post_accumulate_grad_hook([&seen, &comm](const Tensor& w) {
          if (comm.rank() == 1) seen.push_back(w.grad());
        });
      }
      backward_of(model, comm, 4);
    };
    run_ranks(2, run, {.overlaps = overlaps});
    return seen;
  };
  const std::vector<Tensor> seen = gradient(true), expected = gradient(false);
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_TRUE(equal(seen[0], expected[0]));
  EXPECT_TRUE(equal(seen[1], expected[1]));
}

TEST(OverlappedBackward, NothingTravelsForAParameterThatNoLossReaches) {
  struct Head : nn::Module {
    nn::Linear used = register_module("used", nn::Linear(6, 4));
    nn::Parameter unused = register_parameter("unused", ones({1000, 1000}));
    Tensor forward(const Tensor& x) const { return used(x); }
  };
  std::atomic<std::size_t> moved = 0;
  const Global batch = batch_of(8);
  const auto run = [&batch](const Communicator& comm) {
    backward(Head(), nn::CrossEntropyLoss(), rows_of(batch.x, comm), rows_of(batch.y, comm), comm);
  };
  run_ranks(2, run, {.overlaps = true, .before_move = [&moved](int, std::size_t bytes) { moved += bytes; }});
  EXPECT_LT(moved, 10'000u);
}

TEST(OverlappedBackward, HasNoOtherThreadUnlessTheCommunicatorOverlapsAndThereAreOtherRanks) {
  Moves moves;
  RankOptions options = moves.options();
  run_ranks(
      1, [](const Communicator& comm) { backward_of(TwoLayers(), comm); }, options);
  options.overlaps = false;
  run_ranks(
      2, [](const Communicator& comm) { backward_of(TwoLayers(), comm); }, options);
  EXPECT_EQ(moves.count[0] + moves.count[1], 0);
}

}  // namespace
}  // namespace xtape::distributed
