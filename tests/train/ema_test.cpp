// Training with a moving average of the weights, against the loop and the average by hand.
#include <stdexcept>

#include "support/bits.hpp"
#include "train/problem.hpp"

namespace xtape::train {
namespace {

using testing::expect_same_bits;
using testing::net;
using testing::three_classes;

constexpr double decay = 0.9;

/// average = lerp(parameter, average), each operation rounded to float32.
void average_after(std::int64_t step, const std::vector<Tensor>& parameters, std::vector<Tensor>& averages) {
  NoGradGuard no_grad;
  const double t = static_cast<double>(step), d = std::min(decay, (1 + t) / (10 + t));
  const float weight = static_cast<float>(1 - d);
  for (std::size_t i = 0; i < averages.size(); ++i) {
    const Tensor p = parameters[i], difference = p - averages[i];
    averages[i] = weight < 0.5f ? averages[i] + weight * difference : p - (1 - weight) * difference;
  }
}

/// Training by hand, five steps an epoch. The averages are in the model while `evaluate` runs, and at the end.
struct ByHand {
  explicit ByHand(int epochs) {
    manual_seed(7);
    for (const Tensor& p : model.parameters()) averages.push_back(p.detach().clone());
    for (int epoch = 0; epoch < epochs; ++epoch) {
      model.train();
      for (auto [x, y] : batches) {
        const Tensor loss = nn::CrossEntropyLoss()(model(x), y);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        average_after(++steps, model.parameters(), averages);
        losses.push_back(loss.item());
      }
      raw = clone(model.state_dict());
      load(averages);
      weights.push_back(clone(model.state_dict()));
      validation_losses.push_back(
          evaluate(model, nn::CrossEntropyLoss(), three_classes(30, 9), {.batch_size = 10}).loss);
      model.load_state_dict(raw);
    }
  }
  void load(const std::vector<Tensor>& values) {
    NoGradGuard no_grad;
    for (std::size_t i = 0; i < values.size(); ++i) model.parameters()[i].copy_(values[i]);
  }

  nn::Sequential model = net();
  optim::SGD optimizer{model.parameters(), {.lr = 0.3, .momentum = 0.9}};
  data::DataLoader batches{three_classes(50), {.batch_size = 10, .shuffle = true}};
  std::vector<Tensor> averages;
  std::int64_t steps = 0;
  std::vector<double> losses, validation_losses;
  StateDict raw;                   // after the last epoch
  std::vector<StateDict> weights;  // averaged, of each epoch
};

struct ByTrainer {
  explicit ByTrainer(TrainerOptions options) {
    options.batch_size = 10;
    options.ema = decay;
    trainer = std::make_unique<Trainer>(model, nn::CrossEntropyLoss(), optimizer, options);
    trainer->on_batch_end([this](const BatchRecord& r) { losses.push_back(r.loss); });
    manual_seed(7);
  }
  History fit() { return trainer->fit(three_classes(50), three_classes(30, 9)); }

  nn::Sequential model = net();
  optim::SGD optimizer{model.parameters(), {.lr = 0.3, .momentum = 0.9}};
  std::unique_ptr<Trainer> trainer;
  std::vector<double> losses;
};

TEST(Ema, IsTheLoopAndTheAverageByHand) {
  const ByHand expected(6);
  ByTrainer run({.epochs = 6});
  StateDict raw;
  run.trainer->on_epoch_end([&](const EpochRecord&) { raw = clone(run.model.state_dict()); });
  const History history = run.fit();
  EXPECT_EQ(run.losses, expected.losses);
  for (std::size_t i = 0; i < history.size(); ++i) {
    EXPECT_EQ(history[i].validation_loss, expected.validation_losses[i]);
  }
  expect_same_bits(raw, expected.raw);  // what callbacks see, and what training goes on with
  expect_same_bits(run.model.state_dict(), expected.weights.back());
}

TEST(Ema, IsThatOfTheBestEpochWithEarlyStopping) {
  const ByHand expected(30);
  ByTrainer run({.epochs = 30, .early_stopping = {.patience = 3}});
  const History history = run.fit();
  EXPECT_EQ(history.stop_cause(), StopCause::patience);
  expect_same_bits(run.model.state_dict(), expected.weights.at(static_cast<std::size_t>(history.best_epoch() - 1)));
}

TEST(Ema, IsInTheModelWhateverEndsTraining) {
  ByHand expected(1);
  expected.load(expected.averages);
  // After the epoch's last batch, so that the weights are those of the epoch.
  ByTrainer stopped({.epochs = 9});
  stopped.trainer->on_epoch_end([&](const EpochRecord&) { stopped.trainer->stop(); });
  stopped.fit();
  expect_same_bits(stopped.model.state_dict(), expected.model.state_dict());
  ByTrainer threw({.epochs = 9});
  threw.trainer->on_epoch_end([](const EpochRecord&) { throw std::runtime_error("a callback"); });
  EXPECT_THROW(threw.fit(), std::runtime_error);
  expect_same_bits(threw.model.state_dict(), expected.model.state_dict());
}

/// Throws in evaluation mode, while it has the averaged weights.
struct ThrowsInEvaluation : nn::Module {
  nn::Linear fc = register_module("fc", nn::Linear(5, 3));
  std::shared_ptr<StateDict> seen = std::make_shared<StateDict>();
  Tensor forward(const Tensor& x) {
    if (!is_training()) {
      *seen = clone(state_dict());
      throw std::runtime_error("in evaluation");
    }
    return fc(x);
  }
};

TEST(Ema, IsInTheModelWhenEvaluationThrows) {
  manual_seed(1);
  const ThrowsInEvaluation model;
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  Trainer trainer(model, nn::CrossEntropyLoss(), optimizer, {.epochs = 2, .ema = 0.5});
  EXPECT_THROW(trainer.fit(three_classes(50), three_classes(30, 9)), std::runtime_error);
  expect_same_bits(model.state_dict(), *model.seen);
}

TEST(Ema, BeginsAnewWithEachFit) {
  ByTrainer run({.epochs = 1});
  run.fit();
  const StateDict first = clone(run.model.state_dict());
  run.trainer->on_batch_end([&](const BatchRecord& r) {
    if (r.batch == 1) run.trainer->stop();
  });
  // Step 1 again has d = 2/11: the average is between the weights that this fit() began with and those of its step.
  StateDict after_step;
  run.trainer->on_batch_end([&](const BatchRecord&) { after_step = clone(run.model.state_dict()); });
  run.fit();
  std::vector<Tensor> averages, parameters;
  for (const auto& [name, p] : run.model.named_parameters()) {
    averages.push_back(first[name]);
    parameters.push_back(after_step[name]);
  }
  average_after(1, parameters, averages);
  for (std::size_t i = 0; i < averages.size(); ++i) {
    EXPECT_EQ(testing::bits_of(run.model.parameters()[i]), testing::bits_of(averages[i]));
  }
}

}  // namespace
}  // namespace xtape::train
