// What several threads may do at once, as include/xtape/nn/module.hpp states it. These tests check the results in every
// build, and find data races under the preset tsan. They are a program of their own, so that CI compiles little for it.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <numeric>
#include <thread>
#include <vector>

#include "support/expect.hpp"

namespace xtape::testing {
namespace {

constexpr int threads = 4;

/// f(i) for i < count, each on a thread of its own; all start together.
template <class F>
void on_threads(int count, F f) {
  std::barrier start(count);
  std::vector<std::thread> all;
  for (int i = 0; i < count; ++i) {
    all.emplace_back([&start, &f, i] {
      start.arrive_and_wait();
      try {
        f(i);
      } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
      }
    });
  }
  for (std::thread& thread : all) thread.join();
}

/// Whether all elements are the same, and a multiple of `unit`.
bool is_whole(const Tensor& g, float unit) {
  const std::vector<float> v = g.to_vector<float>();
  const float parts = v.at(0) / unit;
  return std::all_of(v.begin(), v.end(), [&v](float e) { return e == v[0]; }) && parts == std::floor(parts);
}

// ---- gradients of shared leaves --------------------------------------------------------------------------------
// Whole numbers below 2^24: float sums of them are exact in any order.

TEST(SharedLeaves, GetTheSumOfAllThreadsGradients) {
  constexpr int steps = 2000;
  const nn::Linear net(8, 4);
  on_threads(threads, [&net](int i) {
    const Tensor x = full({2, 8}, i + 1.0);
    for (int k = 0; k < steps; ++k) net(x).sum().backward();
  });
  expect_close(net.bias.grad(), std::vector<double>(4, 2.0 * threads * steps));
  expect_close(net.weight.grad(), std::vector<double>(32, 2.0 * steps * (1 + 2 + 3 + 4)));
  EXPECT_EQ(autograd::live_nodes(), 0);
}

TEST(SharedLeaves, AreSafeWithTheFirstGradientOfManySteps) {  // it is moved in, not added
  const Tensor w = zeros({1000}, {.requires_grad = true});
  for (int step = 0; step < 200; ++step) {
    w.set_grad({});
    on_threads(threads, [&w](int) { (w * 2).sum().backward(); });
    ASSERT_TRUE(equal(w.grad(), full({1000}, 2.0 * threads)));
  }
}

TEST(SharedLeaves, ServeAnEmbeddingAndViewsOfOneWeight) {
  constexpr int steps = 300;
  const nn::Embedding rows(5, 3);
  on_threads(threads, [&rows](int) {
    const Tensor index = tensor({0, 4, 4});
    for (int k = 0; k < steps; ++k)
      (rows(index).sum() + rows.weight.reshape({3, 5}).sum() + rows.weight[4].sum()).backward();
  });
  const double n = threads * steps;
  expect_close(rows.weight.grad(), {2 * n, 2 * n, 2 * n, n, n, n, n, n, n, n, n, n, 4 * n, 4 * n, 4 * n});
}

TEST(SharedLeaves, NeverShowHalfOfAnAddition) {
  const Tensor w = zeros({5000}, {.requires_grad = true});
  std::atomic<int> running = threads;
  on_threads(threads + 1, [&w, &running](int i) {
    if (i < threads) {
      for (int k = 0; k < 200; ++k) (w * 3).sum().backward();
      --running;
      return;
    }
    while (running > 0) {
      const Tensor g = w.grad();
      if (!g.defined()) continue;
      EXPECT_TRUE(is_whole(g, 3));
      const Tensor before = g.clone();
      std::this_thread::yield();
      EXPECT_TRUE(equal(g, before)) << "others have added to a gradient that this thread holds";
    }
  });
  EXPECT_TRUE(equal(w.grad(), full({5000}, 3.0 * threads * 200)));
}

TEST(SharedLeaves, MayBeZeroedBetweenTwoAdditions) {
  for (const bool set_to_none : {true, false}) {
    const nn::Linear net(50, 20);
    on_threads(threads, [&net, set_to_none](int i) {
      const Tensor x = full({1, 50}, 3.0);
      for (int k = 0; k < 300; ++k) {
        net(x).sum().backward();
        if (i == 0) net.zero_grad(set_to_none);
        if (i == 1 && k % 10 == 0) net.weight.set_grad(full({20, 50}, 6.0));
      }
    });
    for (const Tensor& p : net.parameters()) {
      const Tensor g = p.grad();
      EXPECT_TRUE(!g.defined() || is_whole(g, p.dim() == 2 ? 3 : 1));
    }
  }
}

TEST(SharedLeaves, CallTheirHooksOnEachBackwardsOwnThread) {
  constexpr int steps = 300;
  const Tensor w = zeros({10}, {.requires_grad = true});
  static thread_local int running_here = 0;
  std::atomic<int> calls = 0, post_calls = 0, elsewhere = 0;
  w.register_hook([&](const Tensor& g) {
    ++calls;
    elsewhere += running_here == 0;
    return g * 2;
  });
  w.register_post_accumulate_grad_hook([&](const Tensor& t) {
    ++post_calls;
    elsewhere += running_here == 0;
    EXPECT_TRUE(is_whole(t.grad(), 2));
  });
  on_threads(threads, [&w](int) {
    running_here = 1;
    for (int k = 0; k < steps; ++k) w.sum().backward();
  });
  EXPECT_EQ(calls, threads * steps);
  EXPECT_EQ(post_calls, threads * steps);
  EXPECT_EQ(elsewhere, 0);
  EXPECT_TRUE(equal(w.grad(), full({10}, 2.0 * threads * steps)));
}

TEST(SharedLeaves, MayGoWhileAnotherThreadsBackwardEndsInThem) {
  for (int round = 0; round < 100; ++round) {
    Tensor w = ones({4}, {.requires_grad = true});
    w.register_post_accumulate_grad_hook([](const Tensor& t) { EXPECT_TRUE(t.grad().defined()); });
    Tensor loss = (w * w).sum();
    std::thread other([loss = std::move(loss)] { loss.backward(); });
    w = Tensor();
    other.join();
  }
  EXPECT_EQ(autograd::live_nodes(), 0);
}

TEST(SharedLeaves, MayBeAskedForByGrad) {
  const nn::Linear net(3, 2);
  on_threads(threads, [&net](int i) {
    const Tensor x = full({1, 3}, 1.0 * i);
    for (int k = 0; k < 200; ++k) {
      const std::vector<Tensor> g = grad({net(x).sum()}, net.parameters());
      EXPECT_TRUE(equal(g[0], full({2, 3}, 1.0 * i)));
    }
  });
  EXPECT_FALSE(net.weight.grad().defined());
}

// ---- graphs ----------------------------------------------------------------------------------------------------

TEST(SharedGraphs, ServeSeveralBackwardsThatKeepThem) {
  constexpr int steps = 200;
  const Tensor w = full({6}, 3.0, {.requires_grad = true});
  const Tensor y = (w * w).reshape({2, 3});  // recorded once, used by all
  on_threads(threads, [&y](int i) {
    for (int k = 0; k < steps; ++k) (y * (i + 1)).sum().backward({.retain_graph = true});
  });
  EXPECT_TRUE(equal(w.grad(), full({6}, 6.0 * steps * (1 + 2 + 3 + 4))));
}

TEST(Graphs, MayBeFinishedAndFreedOnAnotherThread) {
  const nn::Linear net(8, 4);
  constexpr int count = 100;
  std::vector<Tensor> losses(count);
  on_threads(2, [&](int i) {
    for (int k = i; k < count; k += 2) losses[static_cast<std::size_t>(k)] = net(ones({2, 8})).tanh().sum();
  });
  on_threads(2, [&](int i) {  // each those of the other
    for (int k = 1 - i; k < count; k += 2) {
      losses[static_cast<std::size_t>(k)].backward();
      losses[static_cast<std::size_t>(k)] = Tensor();
    }
  });
  EXPECT_TRUE(net.weight.grad().defined());
  EXPECT_EQ(autograd::live_nodes(), 0);
}

/// The weights after some steps of training, byte for byte.
std::vector<float> trained(const nn::Sequential& model) {
  optim::Adam optimizer(model.parameters(), {.lr = 0.01});
  const nn::CrossEntropyLoss criterion;
  const Tensor x = arange(64, {.dtype = float32}).reshape({8, 8}) / 64, y = tensor({0, 1, 2, 0, 1, 2, 0, 1});
  for (int step = 0; step < 30; ++step) {
    optimizer.zero_grad();
    criterion(model(x), y).backward();
    optimizer.step();
  }
  std::vector<float> weights;
  for (const Tensor& p : model.parameters()) {
    const std::vector<float> w = p.to_vector<float>();
    weights.insert(weights.end(), w.begin(), w.end());
  }
  return weights;
}

TEST(Models, AreTrainedApartAsEachWouldBeAlone) {
  const nn::Sequential model{nn::Linear(8, 16), nn::ReLU(), nn::LayerNorm(16), nn::Linear(16, 3)};
  const std::vector<float> alone = trained(clone(model));
  on_threads(threads, [&](int) { EXPECT_EQ(trained(clone(model)), alone); });
}

// ---- one model, many threads -----------------------------------------------------------------------------------

nn::Sequential classifier() {
  manual_seed(3);
  return nn::Sequential{nn::Linear(20, 300), nn::BatchNorm1d(300), nn::ReLU(), nn::Dropout(0.5), nn::Linear(300, 5)};
}

TEST(OneModel, IsEvaluatedByManyThreads) {
  const nn::Sequential model = classifier();
  const Tensor x = rand({200, 20});
  const Tensor expected = without_grad([&] {
    model.eval();
    return model(x);
  });
  set_num_threads(3);  // of the pool, which one caller has at a time
  on_threads(threads, [&](int i) {
    const nn::Sequential copy = model;  // the same module
    for (int k = 0; k < 30; ++k) {
      copy.eval();  // as everyone writes it, needed or not
      if (i == 0) {
        EXPECT_TRUE(equal(copy(x).detach(), expected));  // recorded
        EXPECT_EQ(copy.state_dict().size(), 9u);
      } else {
        NoGradGuard no_grad;
        EXPECT_TRUE(equal(copy(x), expected));
        EXPECT_TRUE(i > 1 || equal(clone(copy)(x), expected));
      }
    }
  });
  set_num_threads(1);
  EXPECT_EQ(autograd::live_nodes(), 0);
}

TEST(OneModel, MayPutItsLayersIntoAContainerOnTheWay) {
  struct Chained : nn::Module {
    nn::Linear a = register_module("a", nn::Linear(2, 2)), b = register_module("b", nn::Linear(2, 2));
    Tensor forward(const Tensor& x) const { return nn::Sequential{a, relu, b}(x); }
  };
  const Chained model;
  on_threads(threads, [&model](int) {
    for (int k = 0; k < 50; ++k) model(ones({1, 2})).sum().backward();
  });
  EXPECT_TRUE(model.a.weight.grad().defined());
}

TEST(OneModel, NamesTheModuleInEachThreadsErrors) {
  const nn::Sequential model = classifier();
  on_threads(threads, [&model](int i) {
    for (int k = 0; k < 50; ++k) {
      expect_error<ShapeError>([&] { model(ones({2, 21 + i})); }, "\"0\"", std::to_string(21 + i));
    }
  });
}

TEST(OneModel, DrawsItsMasksInTrainingModeFromOneStream) {
  const nn::Dropout drop(0.5);
  manual_seed(1);
  on_threads(threads, [&drop](int) {
    for (int k = 0; k < 50; ++k) drop(ones({100}));
  });
  const Generator::State together = default_generator().state();
  manual_seed(1);
  for (int k = 0; k < 50 * threads; ++k) drop(ones({100}));
  EXPECT_EQ(default_generator().state(), together);
}

TEST(TheDefaultGenerator, GivesNoNumberTwice) {
  constexpr int draws = 100;
  std::vector<std::vector<double>> drawn(threads);
  manual_seed(5);
  on_threads(threads, [&drawn](int i) {
    for (int k = 0; k < draws; ++k) {
      const std::vector<double> v = rand({6}, {.dtype = float64}).to_vector<double>();
      drawn[static_cast<std::size_t>(i)].insert(drawn[static_cast<std::size_t>(i)].end(), v.begin(), v.end());
    }
  });
  std::vector<double> together, alone;
  for (const auto& part : drawn) together.insert(together.end(), part.begin(), part.end());
  manual_seed(5);
  for (int k = 0; k < draws * threads; ++k) {
    const std::vector<double> v = rand({6}, {.dtype = float64}).to_vector<double>();
    alone.insert(alone.end(), v.begin(), v.end());
  }
  std::sort(together.begin(), together.end());
  std::sort(alone.begin(), alone.end());
  EXPECT_EQ(together, alone);
}

TEST(Storage, CountsThoseThatRequireGradFromAllThreads) {
  const Tensor x = zeros({100});
  on_threads(threads, [&x](int) {
    for (int k = 0; k < 500; ++k) {
      const Tensor view = x.detach().requires_grad_();
      (view * 2).sum().backward();
    }
  });
  EXPECT_NO_THROW(x.add_(ones({100})));  // in grad mode: no tensor on this storage requires grad any more
}

// ---- workers of a DataLoader -----------------------------------------------------------------------------------

data::Dataset augmented() {
  const data::TensorDataset pictures(arange(60 * 64, {.dtype = float32}).reshape({60, 1, 8, 8}) / 1000,
                                     (arange(60) / 20).floor().to(int64));
  return data::TransformedDataset(pictures, data::Compose{data::RandomShift(1), data::RandomRotation(10)});
}

/// The weights after two epochs.
std::vector<float> trained_by_workers(const nn::Sequential& model, std::int64_t workers) {
  const data::DataLoader loader(augmented(), {.batch_size = 4, .shuffle = true, .num_workers = workers});
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  const nn::CrossEntropyLoss criterion;
  for (int epoch = 0; epoch < 2; ++epoch) {
    for (auto [x, y] : loader) {
      optimizer.zero_grad();
      criterion(model(x), y).backward();
      optimizer.step();
    }
  }
  return cat({model.parameters()[0].detach().reshape({-1}), model.parameters()[1].detach()}).to_vector<float>();
}

TEST(Workers, PrepareBatchesForTheThreadThatTrains) {
  const nn::Sequential model{nn::Flatten(), nn::Linear(64, 3)};
  const std::vector<float> expected = trained_by_workers(clone(model), 0);
  set_num_threads(2);
  for (const std::int64_t workers : {1, 3}) EXPECT_EQ(trained_by_workers(clone(model), workers), expected);
  set_num_threads(1);
  EXPECT_EQ(autograd::live_nodes(), 0);
}

TEST(Workers, ServeLoopsOfSeveralThreadsWhoseStateAnotherReads) {
  const data::DataLoader loader(augmented(), {.batch_size = 4, .num_workers = 2});
  std::atomic<int> running = threads;
  on_threads(threads + 1, [&](int i) {
    if (i == threads) {
      while (running > 0) {
        EXPECT_LE(loader.state_dict().at("batch").item<std::int64_t>(), 15);
        std::this_thread::yield();
      }
      return;
    }
    for (int epoch = 0; epoch < 5; ++epoch) {
      std::int64_t count = 0;
      for (auto [x, y] : loader) {
        count += y.size(0);
        if (i == 1 && count == 20) break;
      }
      EXPECT_EQ(count, i == 1 ? 20 : 60);
    }
    --running;
  });
  EXPECT_EQ(loader.epoch(), 5 * threads);
}

TEST(Workers, ServeSeveralThreadsWithCopiesOfOneIterator) {
  const data::DataLoader loader(augmented(), {.batch_size = 4, .num_workers = 2});
  const auto first = loader.begin();
  std::vector<Tensor> expected;
  for (auto [x, y] : data::DataLoader(augmented(), {.batch_size = 4})) expected.push_back(x);
  on_threads(threads, [&](int i) {
    std::size_t k = 0;
    for (auto mine = first; mine != loader.end(); ++mine, ++k) {
      if ((k + static_cast<std::size_t>(i)) % 3 == 0) continue;  // which the others may take
      EXPECT_TRUE(equal((*mine).x, expected.at(k)));
    }
  });
}

struct SometimesUnreadable {
  std::int64_t size() const { return 40; }
  data::Batch batch(std::span<const std::int64_t> indices) const {
    if (indices[0] % 3 == 1) throw std::out_of_range("sample " + std::to_string(indices[0]));
    return {ones({1, 2}), zeros({1}, int64)};
  }
};

TEST(Workers, HandOverExceptions) {
  const data::DataLoader loader(SometimesUnreadable(), {.num_workers = 3});
  std::int64_t k = 0, errors = 0;
  for (auto i = loader.begin(); i != loader.end(); ++i, ++k) {
    try {
      *i;
    } catch (const std::out_of_range& error) {
      EXPECT_EQ(error.what(), "sample " + std::to_string(k));
      ++errors;
    }
  }
  EXPECT_EQ(errors, 13);
  for (int round = 0; round < 50; ++round) EXPECT_THROW(for (auto batch : loader) batch.x.zero_(), std::out_of_range);
}

TEST(Workers, MayBeStoppedAtAnyTime) {
  const data::DataLoader loader(augmented(), {.batch_size = 4, .num_workers = 3});
  for (int taken = 0; taken < 16; ++taken) {
    auto i = loader.begin();
    for (int k = 0; k < taken && k < 15; ++k, ++i) *i;
  }
}

}  // namespace
}  // namespace xtape::testing
