// What the tests of distributed::backward train, and what that leaves.
#pragma once

#include <string>
#include <vector>

#include "support/bits.hpp"
#include "support/thread_ranks.hpp"

namespace xtape::distributed {

using testing::errors_of_ranks;
using testing::RankOptions;
using testing::run_ranks;

struct Global {
  Tensor x, y;
};

inline Global batch_of(std::int64_t rows) {
  Generator generator(3);
  return {randn({rows, 6}, {.generator = &generator}), randint(0, 4, {rows}, {.generator = &generator})};
}

/// This rank's rows of dim 0.
inline Tensor rows_of(const Tensor& x, const Communicator& comm) {
  const std::int64_t b = x.size(0), begin = comm.rank() * b / comm.size(), end = (comm.rank() + 1) * b / comm.size();
  return narrow(x, 0, begin, end - begin);
}

inline nn::Sequential small_model() {
  manual_seed(11);
  return nn::Sequential{nn::Linear(6, 16), nn::BatchNorm1d(16), nn::ReLU(), nn::Dropout(0.3), nn::Linear(16, 4)};
}
inline nn::Sequential plain_model() {
  manual_seed(11);
  return nn::Sequential{nn::Linear(6, 16), nn::ReLU(), nn::Linear(16, 4)};
}

/// What the last rank has after some steps: losses, gradients, parameters, buffers, and the generator's state.
struct Outcome {
  std::vector<double> losses;
  StateDict state;
  std::vector<std::string> gradients;
  std::uint64_t offset = 0;
};

template <class C, class M = nn::Sequential>
Outcome train(int ranks, const Global& batch, const C& criterion, BackwardOptions options,
              M (*make_model)() = small_model, const RankOptions& rank_options = {}) {
  Outcome outcome;
  const auto run = [&](const Communicator& comm) {
    M model = make_model();
    optim::SGD optimizer(model.parameters(), {.lr = 0.1, .momentum = 0.9});
    std::vector<double> losses;
    for (int step = 0; step < 3; ++step) {
      optimizer.zero_grad();
      losses.push_back(backward(model, criterion, rows_of(batch.x, comm), rows_of(batch.y, comm), comm, options));
      optimizer.step();
    }
    check_same(model, comm, 3);
    if (comm.rank() != comm.size() - 1) return;
    outcome.losses = losses;
    outcome.state = clone(model.state_dict());
    for (const Tensor& p : model.parameters()) {
      outcome.gradients.push_back(p.grad().defined() ? testing::bits_of(p.grad()) : "none");
    }
    outcome.offset = default_generator().state().offset;
  };
  run_ranks(ranks, run, rank_options);
  return outcome;
}

inline void expect_same(const Outcome& a, const Outcome& b) {
  EXPECT_EQ(a.losses, b.losses);
  testing::expect_same_bits(a.state, b.state);
  EXPECT_TRUE(a.gradients == b.gradients);
  EXPECT_EQ(a.offset, b.offset);
}

}  // namespace xtape::distributed
