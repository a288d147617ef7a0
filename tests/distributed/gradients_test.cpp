// The exchange of gradients and the comparison of models, with threads as ranks.
#include <cmath>

#include "support/bits.hpp"
#include "support/expect.hpp"
#include "support/thread_ranks.hpp"

namespace xtape::distributed {
namespace {

using testing::bits_of;
using testing::errors_of_ranks;
using testing::run_ranks;

Tensor filled(const Shape& shape, double value, DType dtype = DType::float32) {
  return full(shape, value, {.dtype = dtype, .requires_grad = true});
}

TEST(SumGradients, AddsThemUpAndLeavesParametersAlone) {
  run_ranks(3, [](const Communicator& comm) {
    const Tensor a = filled({3}, 1), b = filled({2, 2}, 2, float64);
    a.set_grad(full({3}, comm.rank() + 1.));
    b.set_grad(full({2, 2}, 0.25 * comm.rank(), float64));
    sum_gradients({a, b}, comm);
    testing::expect_close(a.grad(), {6, 6, 6});
    testing::expect_close(b.grad(), {0.75, 0.75, 0.75, 0.75});
    testing::expect_close(a, {1, 1, 1});
  });
}

TEST(SumGradients, BucketsChangeNoBits) {
  // Alone, with a small neighbour, and in a bucket that is cut before it.
  const auto summed = [](std::vector<std::int64_t> sizes, std::size_t which) {
    std::string bits;
    run_ranks(3, [&](const Communicator& comm) {
      std::vector<Tensor> parameters;
      for (std::size_t i = 0; i < sizes.size(); ++i) {
        parameters.push_back(filled({sizes[i]}, 0));
        Generator generator(static_cast<std::uint64_t>(i == which ? 100 : 10) +
                            static_cast<std::uint64_t>(comm.rank()));
        parameters[i].set_grad(randn({sizes[i]}, {.generator = &generator}));
      }
      sum_gradients(parameters, comm);
      if (comm.rank() == 1) bits = bits_of(parameters[which].grad());
    });
    return bits;
  };
  const std::string alone = summed({5000}, 0);
  EXPECT_TRUE(alone == summed({7, 5000}, 1));
  EXPECT_TRUE(alone == summed({5000, 2'000'000}, 0));
  EXPECT_TRUE(alone == summed({1'047'000, 5000, 3}, 1));
}

TEST(SumGradients, AMissingOneCountsAsZerosUnlessItIsMissingEverywhere) {
  run_ranks(3, [](const Communicator& comm) {
    const Tensor a = filled({2}, 1), b = filled({1}, 1), c = filled({2}, 1);
    if (comm.rank() == 1) a.set_grad(tensor({3.f, -0.f}));
    c.set_grad(ones({2}));
    sum_gradients({a, b, c}, comm);
    testing::expect_close(a.grad(), {3, 0});
    EXPECT_FALSE(std::signbit(a.grad()[1].item()));
    EXPECT_FALSE(b.grad().defined());
    testing::expect_close(c.grad(), {3, 3});
  });
}

TEST(SumGradients, LeavesAResultOfAnOpAlone) {
  run_ranks(2, [](const Communicator& comm) {
    const Tensor a = filled({2}, 1), result = a * 2;
    a.set_grad(ones({2}));
    sum_gradients({a, result}, comm);
    testing::expect_close(a.grad(), {2, 2});
    EXPECT_FALSE(result.grad().defined());
  });
}

TEST(SumGradients, WhatAHolderOfAGradientSeesStays) {
  run_ranks(2, [](const Communicator& comm) {
    const Tensor a = filled({2}, 1), b = filled({2}, 1), shared = ones({2});
    a.set_grad(shared);
    b.set_grad(shared);
    const Tensor held = a.grad();
    sum_gradients({a, b}, comm);
    testing::expect_close(held, {1, 1});
    testing::expect_close(shared, {1, 1});
    testing::expect_close(a.grad(), {2, 2});
    testing::expect_close(b.grad(), {2, 2});
  });
}

TEST(SumGradients, NamesTheParameterInWhichRanksDiffer) {
  const auto errors = errors_of_ranks(3, [](const Communicator& comm) {
    sum_gradients({filled({1}, 0), filled({comm.rank() == 2 ? 4 : 3}, 0)}, comm);
  });
  EXPECT_EQ(errors,
            std::vector<std::string>(
                3, "sum_gradients: ranks 0 and 2 differ: parameter 1: float32 (3), but parameter 1: float32 (4)"));
  const auto frozen = errors_of_ranks(
      2, [](const Communicator& comm) { sum_gradients({filled({1}, 0).requires_grad_(comm.rank() == 0)}, comm); });
  EXPECT_EQ(frozen[0],
            "sum_gradients: ranks 0 and 1 differ: parameter 0: float32 (1), but parameter 0: float32 (1), which does "
            "not require grad");
  const auto fewer = errors_of_ranks(2, [](const Communicator& comm) {
    std::vector<Tensor> parameters = {filled({1}, 0)};
    if (comm.rank() == 0) parameters.push_back(filled({5}, 0));
    sum_gradients(parameters, comm);
  });
  EXPECT_EQ(fewer[1], "sum_gradients: ranks 0 and 1 differ: parameter 1: float32 (5), but nothing");
  const auto joined = errors_of_ranks(2, [](const Communicator& comm) {  // 4 is float32, 1 requires grad
    std::vector<Tensor> parameters = {filled({5, 4, 1, 3}, 0)};
    if (comm.rank() == 0) parameters = {filled({5}, 0), filled({3}, 0)};
    sum_gradients(parameters, comm);
  });
  EXPECT_EQ(joined[1],
            "sum_gradients: ranks 0 and 1 differ: parameter 0: float32 (5), but parameter 0: float32 (5, 4, 1, 3)");
}

TEST(SumGradients, IsToldApartFromOtherFunctions) {
  const auto errors = errors_of_ranks(2, [](const Communicator& comm) {
    if (comm.rank() == 0) {
      sum_gradients({filled({1}, 0)}, comm);
    } else {
      check_same(nn::Linear(2, 1), comm, 3);
    }
  });
  const std::string difference = "ranks 0 and 1 differ: a call of sum_gradients, but a call of check_same";
  EXPECT_EQ(errors,
            (std::vector<std::string>{"sum_gradients: " + difference, "check_same: after step 3 " + difference}));
}

TEST(Broadcast, GivesAllRanksParametersAndBuffersOfTheFirst) {
  std::vector<StateDict> states(3);
  run_ranks(3, [&states](const Communicator& comm) {
    manual_seed(static_cast<std::uint64_t>(comm.rank()));
    nn::Sequential model{nn::Linear(4, 3), nn::BatchNorm1d(3), nn::Linear(3, 2)};
    model(randn({8, 4}));  // moves the running statistics
    if (comm.rank() == 0) states[0] = clone(model.state_dict());
    broadcast(model, comm);
    if (comm.rank() > 0) states[static_cast<std::size_t>(comm.rank())] = clone(model.state_dict());
  });
  testing::expect_same_bits(states[0], states[1]);
  testing::expect_same_bits(states[0], states[2]);
}

TEST(Broadcast, OfModelsThatDifferChangesNothingAndNamesTheFirstDifference) {
  const auto errors = errors_of_ranks(3, [](const Communicator& comm) {
    nn::Sequential model{nn::Linear(4, 3), nn::Linear(3, comm.rank() == 1 ? 5 : 2)};
    const StateDict before = clone(model.state_dict());
    try {
      broadcast(model, comm);
    } catch (const ValueError&) {
      testing::expect_same_bits(before, model.state_dict());
      throw;
    }
  });
  EXPECT_EQ(errors, std::vector<std::string>(3,
                                             "broadcast: the models of ranks 0 and 1 differ: 1.weight: float32 (2, 3), "
                                             "but 1.weight: float32 (5, 3)"));
}

TEST(Broadcast, OfModelsWithOtherNamesIsRefused) {
  struct Named : nn::Module {
    explicit Named(const char* name) { register_parameter(name, ones({2})); }
  };
  const auto errors =
      errors_of_ranks(2, [](const Communicator& comm) { broadcast(Named(comm.rank() == 0 ? "a" : "b"), comm); });
  EXPECT_EQ(errors, std::vector<std::string>(
                        2, "broadcast: the models of ranks 0 and 1 differ: a: float32 (2), but b: float32 (2)"));
}

TEST(CheckSame, NamesTheStepAndTheFirstParameterThatDiffers) {
  run_ranks(2, [](const Communicator& comm) { check_same(nn::Linear(3, 2), comm, 7); });
  const auto errors = errors_of_ranks(2, [](const Communicator& comm) {
    nn::Linear model(3, 2);
    if (comm.rank() == 1) model.bias.data<float>()[1] = std::nextafter(model.bias.data<float>()[1], 9.f);
    check_same(model, comm, 7);
  });
  EXPECT_EQ(errors, std::vector<std::string>(
                        2, "check_same: after step 7 ranks 0 and 1 differ in the values of the parameter bias"));
}

}  // namespace
}  // namespace xtape::distributed
