// Every request for memory of a trainer fails once: nothing leaks, and fit() leaves the weights and modes that it
// promises. A program of its own, for it replaces malloc.
#include <gtest/gtest.h>

#include "allocations/fail_each.hpp"
#include "allocations/subjects.hpp"
#include "support/files.hpp"
#include "xtape/xtape.hpp"

namespace xtape {
namespace {

using testing::classifier;
using testing::fail_each;
using testing::is_equal;
using testing::TempDir;

/// A trainer that goes on from the file of another, which had ended.
class Resuming {
 public:
  static constexpr bool needs_memory_to_restore = true;
  explicit Resuming(const std::string& path) : loaded_(path), old_(run_.state()) {
    run_.trainer.resume(path);
    new_ = loaded_.state();
  }
  void run() {
    const train::History history = run_.trainer.fit(run_.samples);
    is_back_ = history.size() == 2;
  }
  /// fit() may also fail after all is loaded.
  void check(bool has_thrown) {
    const bool has_new = is_equal(run_.state(), new_);
    EXPECT_TRUE(has_new || is_equal(run_.state(), old_));
    EXPECT_EQ(is_back_, !has_thrown);
    EXPECT_TRUE(has_new || has_thrown);
  }

  struct Run {
    Run() = default;
    explicit Run(const std::string& path) {
      trainer.resume(path);
      trainer.fit(samples);
    }
    StateDict state() {
      StateDict all;
      for (const auto& [name, tensor] : model.state_dict()) all.insert("model." + name, tensor.detach().clone());
      for (const auto& [name, tensor] : optimizer.state_dict()) all.insert("optimizer." + name, tensor);
      for (const auto& [name, tensor] : scheduler.state_dict()) all.insert("scheduler." + name, tensor);
      return all;
    }

    const data::TensorDataset samples{randn({4, 6}), randint(0, 3, {4})};
    nn::Sequential model = classifier();
    optim::Adam optimizer{model.parameters(), {.lr = 0.01}};
    optim::lr_scheduler::ExponentialLR scheduler{optimizer, {.gamma = 0.9}};
    train::Trainer trainer{model, nn::CrossEntropyLoss(), optimizer, {.epochs = 2, .batch_size = 2, .ema = 0.5}};
    const bool is_scheduled = (trainer.schedule(scheduler), true);
  };

 private:
  Run run_, loaded_;
  StateDict old_, new_;
  bool is_back_ = false;
};

TEST(FailingRequests, LeaveATrainerAsItWasOrLoadedWhereItsFileFails) {
  const TempDir dir;
  Resuming::Run other;
  train::Trainer trainer(other.model, nn::CrossEntropyLoss(), other.optimizer,
                         {.epochs = 2, .batch_size = 2, .ema = 0.5, .checkpoint = {.path = dir / "last"}});
  trainer.schedule(other.scheduler);
  trainer.fit(other.samples);
  EXPECT_GT(fail_each<Resuming>(dir / "last"), 100);
}

/// fit() fails somewhere in its two epochs, of which the second unlearns.
class Fitting {
 public:
  Fitting() {
    model_[1].eval();
    trainer_.on_epoch_end([this](const train::EpochRecord& r) {
      if (r.epoch != 1) return;
      NoGradGuard no_grad;
      for (std::size_t i = 0; i < after_first_.size(); ++i) after_first_[i].copy_(model_.parameters()[i]);
      has_first_ = true;
      optimizer_.param_groups()[0].options.maximize = true;
    });
  }
  void run() { trainer_.fit(training_, training_); }
  void check(bool) {
    EXPECT_TRUE(model_.is_training());
    EXPECT_FALSE(model_[1].is_training());
    for (std::size_t i = 0; has_first_ && i < after_first_.size(); ++i) {
      EXPECT_TRUE(equal(model_.parameters()[i], after_first_[i])) << i;
    }
    EXPECT_EQ(trainer_.fit(training_, training_).size(), 2u);
  }

 private:
  nn::Sequential model_ = classifier();
  const data::TensorDataset training_{randn({4, 6}), randint(0, 3, {4})};
  optim::SGD optimizer_{model_.parameters(), {.lr = 0.1}};
  train::Trainer trainer_{
      model_, nn::CrossEntropyLoss(), optimizer_, {.epochs = 2, .batch_size = 2, .early_stopping = {.patience = 9}}};
  std::vector<Tensor> after_first_ = [this] {
    std::vector<Tensor> copies;
    for (const Tensor& p : model_.parameters()) copies.push_back(zeros_like(p.detach()));
    return copies;
  }();
  bool has_first_ = false;
};

TEST(FailingRequests, LeaveTheBestWeightsAndTheModesWhereFitFails) { EXPECT_GT(fail_each<Fitting>(), 50); }

}  // namespace
}  // namespace xtape
