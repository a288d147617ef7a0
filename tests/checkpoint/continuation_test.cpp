// A run that is stopped and continued from a checkpoint by fresh objects is the run that was never stopped, bit for
// bit: for every optimizer and every scheduler, also in the middle of an epoch. SEMANTICS [45].
#include <functional>
#include <memory>

#include "support/bits.hpp"
#include "support/expect.hpp"
#include "support/files.hpp"

namespace xtape {
namespace {

using namespace optim::lr_scheduler;
using testing::expect_same_bits;
using testing::TempDir;

/// An optimizer of a user: p -= lr * sign(the running mean of g).
class SignMomentum final : public optim::Optimizer {
 public:
  explicit SignMomentum(std::vector<Tensor> params, double lr) : Optimizer("SignMomentum", std::move(params)), lr_(lr) {
    for (const Tensor& p : parameters()) means_.push_back(zeros_like(p));
  }
  void step() override {
    NoGradGuard no_grad;
    for (std::size_t i = 0; i < means_.size(); ++i) {
      const Tensor p = parameters_[i], g = p.grad();
      if (!g.defined()) continue;
      means_[i].mul_(0.9).add_(g, 0.1);
      p.sub_(means_[i].sign(), lr_);
    }
  }
  StateDict state_dict() const override {
    StateDict dict;
    dict.insert("lr", full({}, lr_, {.dtype = float64}));
    for (std::size_t i = 0; i < means_.size(); ++i) dict.insert("mean." + std::to_string(i), means_[i].clone());
    return dict;
  }
  void load_state_dict(const StateDict& dict) override {
    const double lr = dict["lr"].item<double>();
    std::vector<Tensor> means;
    for (std::size_t i = 0; i < means_.size(); ++i) means.push_back(dict["mean." + std::to_string(i)].clone());
    lr_ = lr;
    means_.swap(means);
  }
  std::vector<optim::Scheduled> scheduled() override { return {{&lr_}}; }

 private:
  double lr_;
  std::vector<Tensor> means_;
};

using MakeOptimizer = std::function<std::unique_ptr<optim::Optimizer>(const nn::Module&)>;

/// Weights and vectors in groups of their own, the second with twice the lr.
template <class Options>
MakeOptimizer two_groups(Options options) {
  return [options](const nn::Module& model) -> std::unique_ptr<optim::Optimizer> {
    std::vector<Tensor> matrices, vectors;
    for (const Tensor& p : model.parameters()) (p.dim() == 2 ? matrices : vectors).push_back(p);
    Options other = options;
    other.lr *= 2;
    return std::make_unique<optim::GroupOptimizer<Options>>(
        std::vector<optim::ParamGroup<Options>>{{matrices, options}, {vectors, other}});
  };
}

/// A schedule: one scheduler, and for SequentialLR those that it refers to before it.
struct Schedule {
  std::vector<std::unique_ptr<LRScheduler>> all;
  std::function<void(double loss)> step = [](double) {};
  bool by_epoch = false;  // or by batch
};

template <class S, class... Arguments>
S& add_to(Schedule& schedule, Arguments&&... arguments) {
  auto scheduler = std::make_unique<S>(std::forward<Arguments>(arguments)...);
  S& added = *scheduler;
  schedule.all.push_back(std::move(scheduler));
  if constexpr (std::is_same_v<S, ReduceLROnPlateau>) {
    schedule.step = [&added](double loss) { added.step(loss); };
  } else {
    schedule.step = [&added](double) { added.step(); };
  }
  return added;
}

using MakeSchedule = std::function<Schedule(optim::Optimizer&)>;

template <class S, class Options>
MakeSchedule only(Options options) {
  return [options](optim::Optimizer& optimizer) {
    Schedule schedule;
    add_to<S>(schedule, optimizer, options);
    return schedule;
  };
}

Schedule warmup_then_decay(optim::Optimizer& optimizer) {
  Schedule schedule;
  LRScheduler& warmup = add_to<LinearLR>(schedule, optimizer, LinearLROptions{.total_iters = 5});
  LRScheduler& decay = add_to<CosineAnnealingLR>(schedule, optimizer, CosineAnnealingLROptions{.T_max = 12});
  add_to<SequentialLR>(schedule, optimizer, SequentialLROptions{.schedulers = {warmup, decay}, .milestones = {5}});
  return schedule;
}

data::TensorDataset samples() {
  Generator generator(7);
  return {randn({22, 5}, {.generator = &generator}), randint(0, 3, {22}, {.generator = &generator})};
}

constexpr int all_steps = 20;  // of 6 batches an epoch

/// Everything that a training program has.
struct Training {
  Training(std::uint64_t seed, const MakeOptimizer& make_optimizer, const MakeSchedule& make_schedule)
      : batches(samples(), {.batch_size = 4, .shuffle = true, .seed = seed}) {
    manual_seed(seed);
    model = nn::Sequential{nn::Linear(5, 8), nn::BatchNorm1d(8), nn::ReLU(), nn::Dropout(0.5), nn::Linear(8, 3)};
    optimizer = make_optimizer(model);
    schedule = make_schedule(*optimizer);
    checkpoint = std::make_unique<io::Checkpoint>(model, *optimizer);
    if (!schedule.all.empty()) checkpoint->add("scheduler", *schedule.all.back());
    checkpoint->add("loader", batches);
    checkpoint->add("noise", noise);
    checkpoint->add("first", first);
    checkpoint->set("step", "0");
  }

  int step() const { return std::stoi(checkpoint->get("step")); }

  /// Goes on up to step `end`; then, in the middle of the loop, calls `last`.
  void train(
      int end, const std::function<void()>& last = [] {}) {
    while (step() < end) {
      for (auto [x, y] : batches) {
        train_batch(x + randn_like(x, {.generator = &noise}), y);
        if (step() == end) {
          last();
          return;
        }
      }
      if (schedule.by_epoch) schedule.step(0);
    }
  }
  void train_batch(const Tensor& x, const Tensor& y) {
    const Tensor loss = nn::CrossEntropyLoss()(model(x), y);
    optimizer->zero_grad();
    loss.backward();
    optimizer->step();
    if (!schedule.by_epoch) schedule.step(loss.item<double>());
    if (first.empty()) first = clone(model.state_dict());
    for (const std::int64_t label : y.to_vector<std::int64_t>()) order += std::to_string(label);
    checkpoint->set("step", std::to_string(step() + 1));
  }

  nn::Sequential model;
  std::unique_ptr<optim::Optimizer> optimizer;
  Schedule schedule;
  data::DataLoader batches;
  Generator noise{5};
  StateDict first;    // the weights after the first step
  std::string order;  // the labels so far
  std::unique_ptr<io::Checkpoint> checkpoint;
};

void expect_same_runs(Training& a, Training& b) {
  expect_same_bits(a.model.state_dict(), b.model.state_dict());
  expect_same_bits(a.optimizer->state_dict(), b.optimizer->state_dict());
  for (std::size_t i = 0; i < a.schedule.all.size(); ++i) {
    expect_same_bits(a.schedule.all[i]->state_dict(), b.schedule.all[i]->state_dict());
  }
  const auto lrs = a.optimizer->scheduled(), others = b.optimizer->scheduled();
  for (std::size_t i = 0; i < lrs.size(); ++i) EXPECT_EQ(*lrs[i].lr, *others[i].lr);
  expect_same_bits(a.batches.state_dict(), b.batches.state_dict());
  expect_same_bits(a.first, b.first);
  EXPECT_EQ(a.noise.state(), b.noise.state());
  EXPECT_EQ(a.step(), b.step());
}

/// Stops after `stop` steps, continues in fresh objects that were made with other seeds, and compares with a run that
/// was never stopped.
void expect_continues(const MakeOptimizer& make_optimizer, const MakeSchedule& make_schedule, int stop) {
  SCOPED_TRACE(stop);
  TempDir dir;
  Training whole(3, make_optimizer, make_schedule);
  whole.train(all_steps);
  const Generator::State drawn = default_generator().state();
  std::string order;
  {
    Training stopped(3, make_optimizer, make_schedule);
    if (stop == 0) stopped.checkpoint->save(dir / "x");
    stopped.train(stop, [&] { stopped.checkpoint->save(dir / "x"); });
    order = stopped.order;
  }
  Training resumed(99, make_optimizer, make_schedule);
  const Tensor weight = resumed.model.parameters()[0];
  resumed.noise.manual_seed(100);
  resumed.checkpoint->load(dir / "x");
  EXPECT_EQ(resumed.step(), stop);
  resumed.train(all_steps);
  expect_same_runs(whole, resumed);
  EXPECT_EQ(order + resumed.order, whole.order);
  EXPECT_EQ(default_generator().state(), drawn);
  EXPECT_TRUE(equal(weight, whole.model.parameters()[0]));  // the same tensor as before, written in place
}

const MakeSchedule constant = [](optim::Optimizer&) { return Schedule(); };

// At the start, in the middle of an epoch, after its last batch, after the first of another one.
constexpr int stops[] = {0, 3, 6, 7, 17};

TEST(Continuation, IsExactForEveryOptimizer) {
  using namespace optim;
  const std::pair<const char*, MakeOptimizer> optimizers[] = {
      {"SGD", two_groups(SGDOptions{.lr = .05})},
      {"SGD, momentum", two_groups(SGDOptions{.lr = .05, .momentum = .9, .dampening = .5, .weight_decay = .01})},
      {"SGD, nesterov", two_groups(SGDOptions{.lr = .05, .momentum = .9, .nesterov = true, .maximize = true})},
      {"Adam", two_groups(AdamOptions{.lr = .01})},
      {"Adam, amsgrad", two_groups(AdamOptions{.lr = .01, .weight_decay = .1, .amsgrad = true, .maximize = true})},
      {"AdamW", two_groups(AdamWOptions{.lr = .01})},
      {"AdamW, amsgrad", two_groups(AdamWOptions{.lr = .01, .betas = {.8, .99}, .amsgrad = true})},
      {"RMSprop", two_groups(RMSpropOptions{.lr = .01})},
      {"RMSprop, centered", two_groups(RMSpropOptions{.lr = .01, .momentum = .9, .centered = true})},
      {"Adagrad", two_groups(AdagradOptions{.lr = .05})},
      {"Adagrad, lr_decay", two_groups(AdagradOptions{.lr = .05, .lr_decay = .1, .initial_accumulator_value = .5})},
      {"a user's", [](const nn::Module& model) { return std::make_unique<SignMomentum>(model.parameters(), .01); }}};
  for (const auto& [name, make] : optimizers) {
    SCOPED_TRACE(name);
    for (const int stop : stops) expect_continues(make, constant, stop);
  }
}

TEST(Continuation, IsExactForEveryScheduler) {
  const LRLambda decay = [](std::int64_t epoch) { return std::pow(.9, static_cast<double>(epoch)); };
  const std::pair<const char*, MakeSchedule> schedules[] = {
      {"StepLR", only<StepLR>(StepLROptions{.step_size = 4, .gamma = .5})},
      {"MultiStepLR", only<MultiStepLR>(MultiStepLROptions{.milestones = {2, 5, 5, 12}})},
      {"ExponentialLR", only<ExponentialLR>(ExponentialLROptions{.gamma = .9})},
      {"LinearLR", only<LinearLR>(LinearLROptions{.total_iters = 10})},
      {"CosineAnnealingLR", only<CosineAnnealingLR>(CosineAnnealingLROptions{.T_max = 8, .eta_min = 1e-3})},
      {"OneCycleLR", only<OneCycleLR>(OneCycleLROptions{.max_lr = {.1, .2}, .total_steps = all_steps})},
      {"OneCycleLR, three phases",
       only<OneCycleLR>(OneCycleLROptions{
           .max_lr = .1, .total_steps = 30, .anneal_strategy = AnnealStrategy::linear, .three_phase = true})},
      {"LambdaLR", only<LambdaLR>(decay)},
      {"ReduceLROnPlateau", only<ReduceLROnPlateau>(ReduceLROnPlateauOptions{.patience = 1, .cooldown = 1})},
      {"SequentialLR", warmup_then_decay},
  };
  using namespace optim;
  for (const auto& [name, make] : schedules) {
    SCOPED_TRACE(name);
    for (const int stop : stops) {
      expect_continues(two_groups(SGDOptions{.lr = .05, .momentum = .9}), make, stop);
      expect_continues(two_groups(AdamOptions{.lr = .01}), make, stop);
    }
  }
}

TEST(Continuation, MayBeStoppedAfterEveryBatch) {
  const MakeSchedule by_epoch = [](optim::Optimizer& optimizer) {
    Schedule schedule;
    add_to<ExponentialLR>(schedule, optimizer, ExponentialLROptions{.gamma = .9});
    schedule.by_epoch = true;
    return schedule;
  };
  for (int stop = 0; stop < all_steps; ++stop) {
    expect_continues(two_groups(optim::AdamOptions{.lr = .01}), warmup_then_decay, stop);
    expect_continues(two_groups(optim::AdamOptions{.lr = .01}), by_epoch, stop);
  }
}

}  // namespace
}  // namespace xtape
