#include <memory>
#include <stdexcept>

#include "support/bits.hpp"
#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/killed_writer.hpp"
#include "support/misuse.hpp"

namespace xtape {
namespace {

using testing::expect_errors;
using testing::expect_same_bits;
using testing::TempDir;

// ---- what may be added -------------------------------------------------------------------------------------------

template <class T>
concept IsAddable = requires(io::Checkpoint& checkpoint, T&& x) {
  checkpoint.add("x", std::forward<T>(x));
};
template <class M, class O>
concept IsMade = requires(M&& model, O&& optimizer) {
  io::Checkpoint(std::forward<M>(model), std::forward<O>(optimizer));
};

using optim::lr_scheduler::SequentialLR;
using optim::lr_scheduler::StepLR;
static_assert(IsAddable<nn::Linear&> && IsAddable<const nn::Linear&> && IsAddable<nn::Module&>);
static_assert(IsAddable<optim::SGD&> && IsAddable<optim::Optimizer&>);
static_assert(IsAddable<StepLR&> && IsAddable<SequentialLR&>);
static_assert(IsAddable<data::DataLoader&> && IsAddable<Generator&> && IsAddable<StateDict&>);
static_assert(!IsAddable<nn::Linear> && !IsAddable<const nn::Linear> && !IsAddable<optim::SGD> && !IsAddable<StepLR>);
static_assert(!IsAddable<data::DataLoader> && !IsAddable<Generator> && !IsAddable<StateDict>);
static_assert(!IsAddable<const StateDict&> && !IsAddable<const optim::SGD&> && !IsAddable<Tensor&>);
static_assert(IsMade<nn::Linear&, optim::SGD&> && IsMade<const nn::Sequential&, optim::Optimizer&>);
static_assert(!IsMade<nn::Linear, optim::SGD&> && !IsMade<nn::Linear&, optim::SGD>);

/// A model of one number, and what trains it.
struct Small {
  explicit Small(float value) { set(value); }
  void set(float value) const {
    NoGradGuard no_grad;
    model.parameters()[0].fill_(value);
  }
  float value() const { return model.parameters()[0].item<float>(); }

  nn::Linear model{1, 1, {.bias = false}};
  optim::SGD optimizer{model.parameters(), 0.5};
  io::Checkpoint checkpoint{model, optimizer};
};

TEST(Checkpoint, RefusesNamesOfPartsThatTheFileCannotTellApart) {
  Small run(1);
  Generator generator;
  StateDict dict;
  run.checkpoint.add("best", dict);
  expect_errors({
      {"ValueError: Checkpoint: the name of a part is empty", [&] { run.checkpoint.add("", dict); }},
      {"ValueError: Checkpoint: \"a.b\" has a dot, which in the file ends the name of a part",
       [&] { run.checkpoint.add("a.b", dict); }},
      {"ValueError: Checkpoint: there is a part \"best\" already", [&] { run.checkpoint.add("best", run.optimizer); }},
      {"ValueError: Checkpoint: there is a part \"model\" already", [&] { run.checkpoint.add("model", run.model); }},
      {"ValueError: Checkpoint: there is a part \"generator\" already",
       [&] { run.checkpoint.add("generator", generator); }},
      {"ValueError: Checkpoint: the text \"name\" is not UTF-8", [&] { run.checkpoint.set("name", "\xff"); }},
      {"ValueError: Checkpoint: the text \"\xef\xbf\xbd\" is not UTF-8", [&] { run.checkpoint.set("\xff", "x"); }},
  });
}

// ---- texts -------------------------------------------------------------------------------------------------------

TEST(Checkpoint, KeepsTexts) {
  TempDir dir;
  Small run(1), other(2);
  run.checkpoint.set("epoch", "3");
  run.checkpoint.set("a.b/c \"d\"", "\xc3\xa9\n\t");
  run.checkpoint.set("epoch", "4");
  run.checkpoint.set("empty", "");
  run.checkpoint.save(dir / "x");
  other.checkpoint.set("gone", "x");
  other.checkpoint.load(dir / "x");
  EXPECT_EQ(other.checkpoint.get("epoch"), "4");
  EXPECT_EQ(other.checkpoint.get("a.b/c \"d\""), "\xc3\xa9\n\t");
  EXPECT_EQ(other.checkpoint.get("empty"), "");
  EXPECT_TRUE(other.checkpoint.contains("empty"));
  EXPECT_FALSE(other.checkpoint.contains("gone"));
}

TEST(Checkpoint, NamesTheTextsThatThereAre) {
  Small run(1);
  Small two(1);
  two.checkpoint.set("epoch", "3");
  Small three(1);
  three.checkpoint.set("epoch", "3");
  three.checkpoint.set("step", "7");
  expect_errors({
      {"IndexError: Checkpoint: there is no text \"x\"; the texts are: none", [&] { run.checkpoint.get("x"); }},
      {"IndexError: Checkpoint: there is no text \"x\"; the texts are: \"epoch\"", [&] { two.checkpoint.get("x"); }},
      {"IndexError: Checkpoint: there is no text \"x\"; the texts are: \"epoch\", \"step\"",
       [&] { three.checkpoint.get("x"); }},
      {"ValueError: Checkpoint: the name of a text is empty", [&] { run.checkpoint.set("", "x"); }},
  });
}

// ---- parts -------------------------------------------------------------------------------------------------------

TEST(Checkpoint, WritesParametersInPlace) {
  TempDir dir;
  Small run(1);
  run.checkpoint.save(dir / "x");
  run.set(2);
  const Tensor weight = run.model.parameters()[0];
  const Tensor y = run.model(ones({1, 1}));
  run.checkpoint.load(dir / "x");
  EXPECT_EQ(weight.item<float>(), 1);
  weight.set_grad(ones({1, 1}));
  run.optimizer.step();
  EXPECT_EQ(run.value(), 0.5f);
}

TEST(Checkpoint, IsSeenByTheTapeAsAWriteInPlace) {
  TempDir dir;
  Small run(1);
  run.checkpoint.save(dir / "x");
  const Tensor x = ones({1, 1}, {.requires_grad = true}), y = run.model(x);
  run.checkpoint.load(dir / "x");
  testing::expect_error<GradError>([&] { y.backward(); }, "modified");
}

TEST(Checkpoint, ReplacesTheEntriesOfNamedTensors) {
  TempDir dir;
  Small run(1), other(2);
  StateDict best, theirs = other.model.state_dict();
  best.insert("n", tensor({1, 2}));
  best.insert("", tensor({true}));
  run.checkpoint.add("best", best);
  run.checkpoint.save(dir / "x");
  other.checkpoint.add("best", theirs);
  other.checkpoint.load(dir / "x");
  expect_same_bits(best, theirs);
  EXPECT_EQ(other.value(), 1);
  best = StateDict();
  run.checkpoint.save(dir / "x");
  other.checkpoint.load(dir / "x");
  EXPECT_TRUE(theirs.empty());
}

TEST(Checkpoint, HoldsGeneratorsOfEverySeed) {
  TempDir dir;
  Small run(1);
  Generator generator(UINT64_MAX);
  generator.set_state({UINT64_MAX, UINT64_MAX - 1});
  manual_seed(1ull << 63);
  run.checkpoint.add("noise", generator);
  run.checkpoint.save(dir / "x");
  generator.manual_seed(0);
  manual_seed(0);
  run.checkpoint.load(dir / "x");
  EXPECT_EQ(generator.state(), (Generator::State{UINT64_MAX, UINT64_MAX - 1}));
  EXPECT_EQ(default_generator().state(), (Generator::State{1ull << 63, 0}));
}

TEST(Checkpoint, KeepsALoaderAlive) {
  TempDir dir;
  Small run(1);
  const data::TensorDataset ten(zeros({10}), zeros({10}));
  data::DataLoader copy(ten);
  {
    data::DataLoader loader(ten, {.shuffle = true, .seed = 3});
    loader.set_epoch(2, 5);
    copy = loader;
    run.checkpoint.add("loader", loader);
  }
  run.checkpoint.save(dir / "x");
  copy.set_epoch(0);
  run.checkpoint.load(dir / "x");
  EXPECT_EQ(copy.epoch(), 2);
}

/// An optimizer of a user that refuses what it is given on request, with an error of its own.
struct Stubborn final : optim::Optimizer {
  explicit Stubborn(const nn::Module& model) : Optimizer("Stubborn", model.parameters()) {}
  void step() override {}
  StateDict state_dict() const override {
    StateDict dict;
    dict.insert("count", full({}, count));
    return dict;
  }
  void load_state_dict(const StateDict& dict) override {
    if (refuses) throw std::runtime_error("no");
    count = dict["count"].item<std::int64_t>();
  }
  std::int64_t count = 0;
  bool refuses = false;
};

TEST(Checkpoint, ChangesNothingWhenAUsersOptimizerThrows) {
  TempDir dir;
  for (const bool first_refuses : {true, false}) {
    Small run(1);
    data::DataLoader batches(data::TensorDataset(zeros({10}), zeros({10})));
    StateDict best;
    best.insert("x", ones({1}));
    Stubborn first(run.model), second(run.model);
    run.checkpoint.add("second", second);
    run.checkpoint.add("first", first);
    run.checkpoint.add("loader", batches);
    run.checkpoint.add("best", best);
    run.checkpoint.set("epoch", "1");
    run.checkpoint.save(dir / "x");
    run.set(2);
    run.optimizer.param_groups()[0].options.lr = 0.25;
    batches.set_epoch(7, 3);
    best.set("x", zeros({1}));
    first.count = second.count = 5;
    run.checkpoint.set("epoch", "2");
    manual_seed(9);
    (first_refuses ? first : second).refuses = true;
    EXPECT_THROW(run.checkpoint.load(dir / "x"), std::runtime_error);
    EXPECT_EQ(run.value(), 2);
    EXPECT_EQ(run.optimizer.param_groups()[0].options.lr, 0.25);
    EXPECT_EQ(batches.state_dict()["batch"].item<std::int64_t>(), 3);
    EXPECT_EQ(best["x"].item<float>(), 0);
    EXPECT_EQ(first.count + second.count, 10);
    EXPECT_EQ(run.checkpoint.get("epoch"), "2");
    EXPECT_EQ(default_generator().state(), (Generator::State{9, 0}));
    first.refuses = second.refuses = false;
    run.checkpoint.load(dir / "x");
    EXPECT_EQ(run.value(), 1);
    EXPECT_EQ(first.count + second.count, 0);
    EXPECT_EQ(batches.epoch(), 0);
  }
}

/// Takes two of four samples, and throws when its size is asked for the n-th time.
struct FailingSampler {
  std::shared_ptr<int> calls_left = std::make_shared<int>(1000);
  std::int64_t size() const {
    if (--*calls_left == 0) throw std::runtime_error("a sampler");
    return 2;
  }
  std::vector<std::int64_t> indices(std::uint64_t, std::uint64_t epoch) const {
    const auto first = static_cast<std::int64_t>(epoch % 3);
    return {first, first + 1};
  }
};

TEST(Checkpoint, ChangesNothingWhenAUsersSamplerThrows) {
  const TempDir dir;
  const FailingSampler sampler;
  Small run(1);
  data::DataLoader batches(data::TensorDataset(arange(4), arange(4)), {.batch_size = 1, .sampler = sampler});
  run.checkpoint.add("loader", batches);
  batches.set_epoch(5, 1);
  run.checkpoint.save(dir / "x");
  run.set(2);
  batches.set_epoch(8);
  int thrown = 0;
  for (bool is_over = false; !is_over; ++thrown) {
    *sampler.calls_left = thrown + 1;
    try {
      run.checkpoint.load(dir / "x");
      is_over = true;
    } catch (const std::runtime_error&) {
    }
    *sampler.calls_left = 1000;
    EXPECT_EQ(run.value(), is_over ? 1 : 2);
    EXPECT_EQ(batches.epoch(), is_over ? 5 : 8);
  }
  EXPECT_GT(thrown, 1);
}

TEST(Checkpoint, DoesNotDisturbALoopWhenItThrows) {
  TempDir dir;
  Small run(1);
  data::DataLoader batches(data::TensorDataset(zeros({3}), zeros({3})));
  Stubborn other(run.model);
  run.checkpoint.add("loader", batches);
  run.checkpoint.add("other", other);
  run.checkpoint.save(dir / "x");
  other.refuses = true;
  for (auto [x, y] : batches) {
    EXPECT_THROW(run.checkpoint.load(dir / "x"), std::runtime_error);
    EXPECT_EQ(batches.state_dict()["epoch"].item<std::int64_t>(), 0);
  }
  EXPECT_EQ(batches.epoch(), 1);
  EXPECT_EQ(batches.state_dict()["batch"].item<std::int64_t>(), 0);
}

// ---- the file ----------------------------------------------------------------------------------------------------

TEST(Checkpoint, IsASafetensorsFile) {
  TempDir dir;
  manual_seed(4);
  Small run(1);
  run.checkpoint.set("epoch", "3");
  run.checkpoint.save(dir / "x");
  const StateDict dict = io::load_safetensors(dir / "x");
  EXPECT_EQ(dict["model.weight"].item<float>(), 1);
  EXPECT_EQ(dict["optimizer.param_groups.0.lr"].item<double>(), 0.5);
  EXPECT_EQ(dict["generator.seed"].item<std::int64_t>(), 4);
  const io::Metadata texts = io::safetensors_metadata(dir / "x");
  std::string names;
  for (const auto& [name, text] : texts) names += name + (name == "checksum" ? "" : "=" + text) + " ";
  EXPECT_EQ(names,
            "checksum xtape_checkpoint=1 part.model=module part.optimizer=optimizer part.generator=generator "
            "text.epoch=3 ");
}

TEST(Checkpoint, HasTheSameBytesWhenItIsLoadedAndSavedAgain) {
  TempDir dir;
  manual_seed(5);
  Small run(1), other(2);
  StateDict best, theirs;
  best.insert("z", ones({3}, uint8));
  best.insert("a", ones({3}));
  run.checkpoint.add("best", best);
  other.checkpoint.add("best", theirs);
  run.checkpoint.save(dir / "x");
  manual_seed(6);
  other.checkpoint.load(dir / "x");
  other.checkpoint.save(dir / "y");
  EXPECT_TRUE(testing::read_file(dir / "x") == testing::read_file(dir / "y"));
}

TEST(Checkpoint, IsCompleteAndUpToDateWheneverItsWriterIsKilled) {
  TempDir dir;
  const std::string path = dir / "x";
  nn::Linear model(100, 10);
  optim::Adam optimizer(model.parameters());
  for (const Tensor& p : model.parameters()) p.set_grad(ones_like(p));
  optimizer.step();
  io::Checkpoint checkpoint(model, optimizer);
  const auto save = [&](int value) {
    NoGradGuard no_grad;
    for (const Tensor& p : model.parameters()) p.fill_(value);
    checkpoint.set("value", std::to_string(value));
    checkpoint.save(path);
  };
  const auto load = [&] {
    checkpoint.load(path);
    const int value = std::stoi(checkpoint.get("value"));
    for (const Tensor& p : model.parameters()) EXPECT_TRUE((p == value).all().item<bool>());
    return value;
  };
  testing::expect_survives_kills(200, save, load);
  EXPECT_EQ(testing::names_in(dir.string()), std::vector<std::string>{"x"});
}

}  // namespace
}  // namespace xtape
