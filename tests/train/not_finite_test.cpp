// A loss that is NaN or infinite: no step is made with it, and stop_reason() tells where it came from.
#include <cmath>
#include <limits>
#include <memory>
#include <stdexcept>

#include "support/files.hpp"
#include "train/small_training.hpp"

namespace xtape::train {
namespace {

using testing::line;
using testing::net;
using testing::plain_net;
using testing::same;
using testing::three_classes;

/// Makes a NaN in training while it is broken.
struct Fragile : nn::Module {
  nn::Linear fc1 = register_module("fc1", nn::Linear(5, 8));
  nn::BatchNorm1d norm = register_module("norm", nn::BatchNorm1d(8));
  nn::Dropout drop = register_module("drop", nn::Dropout(0.5));
  nn::Linear fc2 = register_module("fc2", nn::Linear(8, 3));
  Tensor forward(const Tensor& x) {
    const Tensor h = drop(norm(fc1(x)));
    return fc2(*is_broken && is_training() ? log(-(h * h)) : h);
  }
  std::shared_ptr<bool> is_broken = std::make_shared<bool>(false);
};

struct Warnings {
  std::vector<std::string> messages;
  void on_warning(const Warning& w) { messages.push_back(w.message); }
};

TEST(NotFinite, NamesEpochStepAndOpAndMakesNoStep) {
  manual_seed(1);
  const Fragile model;
  optim::Adam optimizer(model.parameters(), {.lr = 1e-2});
  Trainer trainer(model, nn::CrossEntropyLoss(), optimizer, {.epochs = 5, .batch_size = 16});
  Warnings warnings;
  trainer.sink(warnings);
  StateDict before, before_optimizer;
  Generator::State generator;
  trainer.on_batch_end([&](const BatchRecord& r) {
    if (r.epoch != 1 || r.batch != 3) return;
    *model.is_broken = true;
    before = clone(model.state_dict());
    before_optimizer = optimizer.state_dict();
    generator = default_generator().state();
  });
  const History history = trainer.fit(three_classes(75));
  EXPECT_EQ(history.size(), 0u);
  EXPECT_EQ(history.stop_cause(), StopCause::not_finite);
  EXPECT_EQ(history.stop_reason(),
            "epoch 1, step 4: the loss is NaN: log: anomaly: the value is NaN at element [0, 0], and no input is; the "
            "weights are those of the last step");
  EXPECT_EQ(warnings.messages, (std::vector<std::string>{history.stop_reason()}));
  // As if the batch had never been: weights, running statistics, the optimizer's moments, the generator.
  EXPECT_TRUE(same(model.state_dict(), before));
  EXPECT_TRUE(same(optimizer.state_dict(), before_optimizer));
  EXPECT_EQ(default_generator().state(), generator);
}

TEST(NotFinite, NamesTheModuleOfTheOp) {
  const nn::Sequential model{nn::Linear(5, 3), nn::Sequential{nn::Lambda([](const Tensor& x) { return sqrt(x); })},
                             nn::Linear(3, 3)};
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  const History history = Trainer(model, nn::CrossEntropyLoss(), optimizer, {.batch_size = 16}).fit(three_classes(75));
  EXPECT_NE(history.stop_reason().find("the loss is NaN: sqrt \"1"), std::string::npos) << history.stop_reason();
}

TEST(NotFinite, ComputesTheBatchAgainWithTheSameMasks) {
  const auto masks = std::make_shared<std::vector<Tensor>>();
  const nn::Dropout drop(0.5);
  const nn::Sequential model{nn::Linear(5, 3), drop, nn::Lambda([masks](const Tensor& x) {
                               masks->push_back(x.detach() != 0);
                               return log(-(x * x) - 1);
                             })};
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  Trainer(model, nn::CrossEntropyLoss(), optimizer, {.batch_size = 16}).fit(three_classes(75));
  ASSERT_EQ(masks->size(), 2u);
  EXPECT_TRUE(equal((*masks)[0], (*masks)[1]));
}

TEST(NotFinite, NamesTheOpThatMadeAnInfinity) {
  const nn::Sequential model = plain_net(1, 1);
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  const auto criterion = [](const Tensor& a, const Tensor& b) { return exp(1e4 + 0 * (a - b)).mean() + 1; };
  const History history = Trainer(model, criterion, optimizer, {.batch_size = 16}).fit(line(75));
  EXPECT_EQ(history.stop_reason(),
            "epoch 1, step 1: the loss is inf: exp: anomaly: the value is inf at element [0, 0], and no input is; the "
            "weights are those that fit() began with");
}

TEST(NotFinite, DoesNotBlameAnInfinityThatIsMeant) {
  const auto shares = [](const Tensor& x) {
    return softmax(masked_fill(x, tensor({1, 0, 0}).to(DType::bool_), -testing::inf), 1);
  };
  const auto before = [shares](const Tensor& x, const Tensor&) { return exp(1e30 * shares(x)).mean(); };
  const auto after = [shares](const Tensor& x, const Tensor&) {
    const Tensor overflow = exp(1e4 + 0 * x).mean();
    return overflow + shares(x).mean();
  };
  const auto reason = [](const auto& criterion) {
    const nn::Sequential model = plain_net();
    optim::SGD optimizer(model.parameters(), {.lr = 0.1});
    return Trainer(model, criterion, optimizer, {.batch_size = 16}).fit(three_classes(75)).stop_reason();
  };
  const std::string beginning = "epoch 1, step 1: the loss is inf: exp: anomaly: the value is inf at element [0, ";
  for (const std::string& text : {reason(before), reason(after)}) EXPECT_TRUE(text.starts_with(beginning)) << text;
}

TEST(NotFinite, SaysThatInfiniteDataIsToBlame) {
  const nn::Sequential model{nn::Identity(), nn::Linear(1, 1, {.bias = false})};
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  const auto criterion = [](const Tensor& x, const Tensor&) { return (x * x).mean(); };
  const data::TensorDataset data(full({4, 1}, testing::inf), zeros({4, 1}));
  EXPECT_NE(Trainer(model, criterion, optimizer).fit(data).stop_reason().find("input 0 is inf already"),
            std::string::npos);
}

TEST(NotFinite, TheAverageIsLeftBeforeTheFirstEpochEnds) {
  data::Batch all = data::Dataset(three_classes(75)).batch(arange(75).to_vector<std::int64_t>());
  all.x[70].fill_(testing::nan);
  const nn::Sequential model = plain_net();
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  Trainer trainer(model, nn::CrossEntropyLoss(), optimizer, {.batch_size = 16, .shuffle = false, .ema = 0.9});
  const std::string reason = trainer.fit(data::TensorDataset(all.x, all.y)).stop_reason();
  EXPECT_TRUE(reason.ends_with("; the weights are the average of those up to the last step")) << reason;
}

TEST(NotFinite, SaysWhenTheDataIsToBlame) {
  data::Batch all = data::Dataset(three_classes(75)).batch(arange(75).to_vector<std::int64_t>());
  all.x[70].fill_(testing::nan);
  const nn::Sequential model = plain_net();
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  Trainer trainer(model, nn::CrossEntropyLoss(), optimizer, {.batch_size = 16, .shuffle = false});
  const History history = trainer.fit(data::TensorDataset(all.x, all.y));
  EXPECT_EQ(
      history.stop_reason(),
      "epoch 1, step 5: the loss is NaN: linear \"0\": anomaly: the value is NaN at element [6, 0]; input 0 is NaN "
      "already at element [6, 0]; the weights are those of the last step");
}

/// A gradient that is NaN although the loss is not.
Tensor with_nan_gradient(const Tensor& x) { return sqrt(relu(x) * 0).sum() + x.sum() * 0; }

TEST(NotFinite, NamesAParameterThatAStepHasBroken) {
  const nn::Sequential model = plain_net();
  const StateDict at_first = clone(model.state_dict());
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  const auto criterion = [](const Tensor& x, const Tensor&) { return with_nan_gradient(x); };
  const History history = Trainer(model, criterion, optimizer, {.batch_size = 16}).fit(three_classes(75));
  EXPECT_EQ(history.stop_reason(),
            "epoch 1, step 2: the loss is NaN, because the parameter \"0.weight\" is not finite; the weights are those "
            "that fit() began with");
  EXPECT_TRUE(same(model.state_dict(), at_first));
}

TEST(NotFinite, NoEpochEndsWithBrokenWeights) {
  const nn::Sequential model = plain_net();
  const StateDict at_first = clone(model.state_dict());
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  const auto criterion = [](const Tensor& x, const Tensor&) { return with_nan_gradient(x); };
  const History history = Trainer(model, criterion, optimizer, {.batch_size = 99}).fit(three_classes(75));
  EXPECT_EQ(history.stop_cause(), StopCause::not_finite);
  EXPECT_EQ(history.stop_reason(),
            "epoch 1, step 1: the parameter \"0.weight\" is no longer finite; the weights are those that fit() began "
            "with");
  EXPECT_TRUE(history.empty());
  EXPECT_TRUE(same(model.state_dict(), at_first));
}

TEST(NotFinite, NoFileIsReplacedByBrokenWeights) {
  const testing::TempDir dir;
  const nn::Sequential model = plain_net();
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  const auto calls = std::make_shared<int>(0);
  const auto criterion = [calls](const Tensor& x, const Tensor&) {
    return ++*calls == 3 ? with_nan_gradient(x) : (x * x).mean();
  };
  Trainer trainer(model, criterion, optimizer,
                  {.batch_size = 16, .checkpoint = {.path = dir / "last", .every_steps = 1}});
  testing::FileNotes notes;
  trainer.sink(notes);
  EXPECT_EQ(trainer.fit(three_classes(75)).stop_reason(),
            "epoch 1, step 3: the parameter \"0.weight\" is no longer finite; the weights are those that fit() began "
            "with");
  EXPECT_EQ(notes.places(), "1/1 1/2");
}

TEST(NotFinite, ARunningVarianceThatOverflowsEndsFit) {
  const nn::Sequential model{nn::BatchNorm1d(5), nn::Linear(5, 3)};
  data::Batch all = data::Dataset(three_classes(75)).batch(arange(75).to_vector<std::int64_t>());
  all.x[70].fill_(1e30);
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  Trainer trainer(model, [](const Tensor& x, const Tensor&) { return x.sum() * 0; }, optimizer, {.batch_size = 16});
  EXPECT_EQ(trainer.fit(data::TensorDataset(all.x, all.y)).stop_reason(),
            "epoch 1, step 5: the buffer \"0.running_var\" is no longer finite; the weights are those that fit() began "
            "with");
}

TEST(NotFinite, AParameterThatWasInfiniteBeforeIsMeant) {
  struct Masked : nn::Module {
    nn::Linear fc = register_module("fc", nn::Linear(5, 3));
    nn::Parameter mask = register_parameter("mask", tensor({0.0F, 0.0F, -std::numeric_limits<float>::infinity()}));
    Tensor forward(const Tensor& x) { return fc(x) + mask; }
  };
  const Masked model;
  optim::SGD optimizer(model.fc.parameters(), {.lr = 0.1});
  const data::Batch all = data::Dataset(three_classes(40)).batch(arange(40).to_vector<std::int64_t>());
  const data::TensorDataset two_classes(all.x, clamp(all.y, 0, 1));
  EXPECT_EQ(Trainer(model, nn::CrossEntropyLoss(), optimizer, {.epochs = 2}).fit(two_classes).size(), 2u);
}

TEST(NotFinite, WithoutEarlyStoppingTooTheBestEpochIsLeft) {
  manual_seed(1);
  const Fragile model;
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  Trainer trainer(model, nn::CrossEntropyLoss(), optimizer, {.epochs = 9, .batch_size = 16});
  std::vector<StateDict> after;
  trainer.on_epoch_end([&](const EpochRecord& r) {
    after.push_back(clone(model.state_dict()));
    optimizer.param_groups()[0].options.maximize = r.epoch >= 2;
    *model.is_broken = r.epoch == 4;
  });
  const History history = trainer.fit(three_classes(75), three_classes(30, 2));
  EXPECT_EQ(history.size(), 4u);
  ASSERT_EQ(history.best_epoch(), 2);
  EXPECT_NE(history.stop_reason().find("; the weights are those of epoch 2"), std::string::npos);
  EXPECT_TRUE(same(model.state_dict(), after[1]));
}

TEST(NotFinite, WhatTheModelThrowsTheSecondTimeIsSaid) {
  const auto calls = std::make_shared<int>(0);
  const nn::Sequential model{nn::Linear(5, 3), nn::Lambda([calls](const Tensor& x) {
                               if (++*calls == 2) throw std::runtime_error("no second time");
                               return log(-(x * x) - 1);
                             })};
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  const History history = Trainer(model, nn::CrossEntropyLoss(), optimizer).fit(three_classes(75));
  EXPECT_EQ(history.stop_reason(),
            "epoch 1, step 1: the loss is NaN: no second time; the weights are those that fit() began with");
}

}  // namespace
}  // namespace xtape::train
