// Fifty steps of each scheduler, alone, in pairs and in sequence, against PyTorch's, from lr_scheduler.golden, which
// make_lr_scheduler.py writes.
#include <memory>
#include <sstream>

#include "support/expect.hpp"
#include "support/golden.hpp"
#include "support/inputs.hpp"

namespace xtape {
namespace {

using namespace optim::lr_scheduler;

double metric(int epoch, bool rises) {
  if (epoch == 33) return NAN;
  const double noise = testing::any({1}).make("metric " + std::to_string(epoch), float64).item<double>();
  const double m = 1 / (1 + 0.2 * std::min(epoch, 20)) + 0.02 * noise;
  return rises ? 2 - m : m;
}

LRLambda lambda(const std::string& name) {
  if (name == "warmup") return [](std::int64_t epoch) { return epoch < 5 ? static_cast<double>(epoch + 1) / 5 : 1.; };
  if (name == "exponential") return [](std::int64_t epoch) { return std::pow(.95, epoch); };
  return [](std::int64_t epoch) { return std::pow(1 - std::min(static_cast<double>(epoch) / 40, 1.), 2); };
}

/// "StepLR step_size=3 gamma=0.5".
struct Spec {
  explicit Spec(const std::string& text) {
    std::istringstream in(text);
    std::string option;
    in >> name;
    while (in >> option) {
      const std::size_t equals = option.find('=');
      std::istringstream words(option.substr(equals + 1));
      for (std::string word; std::getline(words, word, ',');) options[option.substr(0, equals)].push_back(word);
    }
  }
  bool has(const std::string& option) const { return options.count(option) != 0; }
  std::string text(const std::string& option, const std::string& otherwise) const {
    return has(option) ? options.at(option)[0] : otherwise;
  }
  void set(double& value, const std::string& option) const {
    if (has(option)) value = std::stod(options.at(option)[0]);
  }
  void set(std::int64_t& value, const std::string& option) const {
    if (has(option)) value = std::stoll(options.at(option)[0]);
  }
  void set(bool& value, const std::string& option) const {
    if (has(option)) value = options.at(option)[0] == "1";
  }
  void set(std::vector<std::int64_t>& value, const std::string& option) const {
    value.clear();
    if (!has(option)) return;  // an empty list
    for (const std::string& word : options.at(option)) value.push_back(std::stoll(word));
  }
  void set(PerGroup& value, const std::string& option) const {
    if (!has(option)) return;
    std::vector<double> numbers;
    for (const std::string& word : options.at(option)) numbers.push_back(std::stod(word));
    value = numbers.size() == 1 ? PerGroup(numbers[0]) : PerGroup(numbers);
  }

  std::string name;
  std::map<std::string, std::vector<std::string>> options;
};

std::unique_ptr<LRScheduler> make_one_cycle(optim::Optimizer& optimizer, const Spec& spec) {
  OneCycleLROptions o;
  spec.set(o.max_lr, "max_lr");
  spec.set(o.total_steps, "total_steps");
  spec.set(o.epochs, "epochs");
  spec.set(o.steps_per_epoch, "steps_per_epoch");
  spec.set(o.pct_start, "pct_start");
  if (spec.text("anneal_strategy", "cos") == "linear") o.anneal_strategy = AnnealStrategy::linear;
  spec.set(o.cycle_momentum, "cycle_momentum");
  spec.set(o.base_momentum, "base_momentum");
  spec.set(o.max_momentum, "max_momentum");
  spec.set(o.div_factor, "div_factor");
  spec.set(o.final_div_factor, "final_div_factor");
  spec.set(o.three_phase, "three_phase");
  return std::make_unique<OneCycleLR>(optimizer, o);
}

std::unique_ptr<LRScheduler> make_plateau(optim::Optimizer& optimizer, const Spec& spec) {
  ReduceLROnPlateauOptions o;
  if (spec.text("mode", "min") == "max") o.mode = PlateauMode::max;
  spec.set(o.factor, "factor");
  spec.set(o.patience, "patience");
  spec.set(o.threshold, "threshold");
  if (spec.text("threshold_mode", "rel") == "abs") o.threshold_mode = ThresholdMode::abs;
  spec.set(o.cooldown, "cooldown");
  spec.set(o.min_lr, "min_lr");
  spec.set(o.eps, "eps");
  return std::make_unique<ReduceLROnPlateau>(optimizer, o);
}

std::unique_ptr<LRScheduler> make(optim::Optimizer& optimizer, const Spec& spec) {
  if (spec.name == "OneCycleLR") return make_one_cycle(optimizer, spec);
  if (spec.name == "ReduceLROnPlateau") return make_plateau(optimizer, spec);
  if (spec.name == "StepLR") {
    StepLROptions o;
    spec.set(o.step_size, "step_size");
    spec.set(o.gamma, "gamma");
    return std::make_unique<StepLR>(optimizer, o);
  }
  if (spec.name == "CosineAnnealingLR") {
    CosineAnnealingLROptions o;
    spec.set(o.T_max, "T_max");
    spec.set(o.eta_min, "eta_min");
    return std::make_unique<CosineAnnealingLR>(optimizer, o);
  }
  if (spec.name == "MultiStepLR") {
    MultiStepLROptions o;
    spec.set(o.milestones, "milestones");
    spec.set(o.gamma, "gamma");
    return std::make_unique<MultiStepLR>(optimizer, o);
  }
  if (spec.name == "ExponentialLR") {
    ExponentialLROptions o;
    spec.set(o.gamma, "gamma");
    return std::make_unique<ExponentialLR>(optimizer, o);
  }
  if (spec.name == "LinearLR") {
    LinearLROptions o;
    spec.set(o.start_factor, "start_factor");
    spec.set(o.end_factor, "end_factor");
    spec.set(o.total_iters, "total_iters");
    return std::make_unique<LinearLR>(optimizer, o);
  }
  std::vector<LRLambda> lambdas;
  for (const std::string& word : spec.options.at("lr_lambda")) lambdas.push_back(lambda(word));
  return lambdas.size() == 1 ? std::make_unique<LambdaLR>(optimizer, lambdas[0])
                             : std::make_unique<LambdaLR>(optimizer, lambdas);
}

/// The schedulers of a program, in order.
struct Schedulers {
  struct Step {
    LRScheduler* scheduler;
    bool rises;  // its metric
  };

  void add(optim::Optimizer& optimizer, const Spec& spec) {
    if (spec.name != "SequentialLR") {
      all.push_back(make(optimizer, spec));
    } else {
      SequentialLROptions o;
      std::int64_t count = 0;
      spec.set(count, "schedulers");
      spec.set(o.milestones, "milestones");
      for (auto step = steps.end() - count; step != steps.end(); ++step) o.schedulers.emplace_back(*step->scheduler);
      steps.resize(steps.size() - o.schedulers.size());
      all.push_back(std::make_unique<SequentialLR>(optimizer, o));
    }
    steps.push_back({all.back().get(), spec.text("mode", "min") == "max"});
  }
  void step(int epoch) const {
    for (const Step& s : steps) {
      if (auto* plateau = dynamic_cast<ReduceLROnPlateau*>(s.scheduler)) {
        plateau->step(metric(epoch, s.rises));
      } else if (auto* sequential = dynamic_cast<SequentialLR*>(s.scheduler)) {
        sequential->step();
      } else {
        dynamic_cast<EpochScheduler&>(*s.scheduler).step();
      }
    }
  }

  std::vector<std::unique_ptr<LRScheduler>> all;
  std::vector<Step> steps;  // without those that a SequentialLR has taken
};

std::unique_ptr<optim::Optimizer> make_optimizer(const std::string& name) {
  Tensor a = zeros({1}, {.requires_grad = true}), b = zeros({1}, {.requires_grad = true});
  using Groups = std::vector<optim::ParamGroup<optim::SGDOptions>>;
  if (name == "SGD") {
    return std::make_unique<optim::SGD>(Groups{{{a}, {.lr = .1, .momentum = .9}}, {{b}, {.lr = .02, .momentum = .9}}});
  }
  using AdamGroups = std::vector<optim::ParamGroup<optim::AdamOptions>>;
  return std::make_unique<optim::Adam>(AdamGroups{{{a}, {.lr = .1}}, {{b}, {.lr = .02}}});
}

/// lr of both groups and momentum of both, at first and after each step.
Tensor trace(const std::string& program) {
  std::istringstream in(program);
  std::string optimizer_name, edit;
  std::getline(in, edit, ';');
  std::istringstream(edit) >> optimizer_name >> edit;
  const auto optimizer = make_optimizer(optimizer_name);
  Schedulers schedulers;
  for (std::string text; std::getline(in, text, ';');) schedulers.add(*optimizer, Spec(text));
  std::vector<double> rows;
  for (int epoch = 0; epoch <= 50; ++epoch) {
    if (epoch > 0) schedulers.step(epoch);
    const auto groups = optimizer->scheduled();
    EXPECT_TRUE(epoch == 0 ||
                schedulers.all.back()->get_last_lr() == (std::vector<double>{*groups[0].lr, *groups[1].lr}));
    if (edit == "edit=1" && epoch == 20) {
      *groups[0].lr *= .5;
      *groups[1].lr *= 1.25;
    }
    rows.insert(rows.end(), {*groups[0].lr, *groups[1].lr, *groups[0].momentum, *groups[1].momentum});
  }
  return tensor(rows, {51, 4});
}

TEST(LRSchedulerGolden, EverySchedulerFollowsPyTorch) {
  testing::GoldenFile file(testing::golden_file("lr_scheduler.golden"));
  testing::Comparison comparison({.float64 = 1e-12, .floor = 1e-3});
  for (const std::string& name : file.names()) comparison.expect_same(name, {trace(name)}, file.take(name));
  file.expect_all_taken();
  EXPECT_EQ(file.names().size(), 564u);
}

}  // namespace
}  // namespace xtape
