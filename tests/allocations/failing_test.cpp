// Every request for memory fails once, for every operation here: what it throws says that there is no memory, nothing
// leaks, and all that it would have changed is as it was. A program of its own, for it replaces malloc.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <thread>

#include "allocations/fail_each.hpp"
#include "allocations/subjects.hpp"
#include "support/files.hpp"
#include "xtape/xtape.hpp"

namespace xtape {
namespace {

using testing::classifier;
using testing::fail_each;
using testing::is_equal;
using testing::Outcome;
using testing::outcome_of;
using testing::TempDir;

int open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<int>(std::distance(begin(all), end(all)));
}

StateDict dict_of(float value) {
  StateDict dict;
  dict.insert("a name that takes memory of its own", full({3, 100}, value));
  dict.insert("b", full({}, value).to(float64));
  dict.insert("c", full({7}, value).to(bool_));
  return dict;
}

// ---- files -------------------------------------------------------------------------------------------------------

struct Format {
  std::string name;
  std::function<void(const std::string&, const StateDict&)> save;
  std::function<StateDict(const std::string&)> load;
};

StateDict only(Tensor x) {
  StateDict dict;
  dict.insert("x", std::move(x));
  return dict;
}

const std::vector<Format> formats = {
    {"safetensors",
     [](const std::string& path, const StateDict& dict) {
       io::save_safetensors(path, dict, {{"a text", "of some"}});
     },
     [](const std::string& path) { return io::load_safetensors(path); }},
    {"float16",
     [](const std::string& path, const StateDict& dict) {
       io::save_safetensors(path, dict, {}, {.floats = io::FloatFormat::float16});
     },
     [](const std::string& path) { return io::load_safetensors(path); }},
    {"npy", [](const std::string& path, const StateDict& dict) { io::save_npy(path, dict.begin()->tensor); },
     [](const std::string& path) { return only(io::load_npy(path)); }},
    {"npz", [](const std::string& path, const StateDict& dict) { io::save_npz(path, dict); },
     [](const std::string& path) { return io::load_npz(path); }},
    {"idx", [](const std::string& path, const StateDict& dict) { data::write_idx(path, dict.begin()->tensor); },
     [](const std::string& path) { return only(data::read_idx(path)); }},
};

/// A file that is only read.
Format read_only(const char* name, const std::string& file, std::function<StateDict(const std::string&)> load) {
  const auto copy = [file = XTAPE_SOURCE_DIR "/tests/" + file](const std::string& path, const StateDict&) {
    std::filesystem::copy_file(file, path);
  };
  return {name, copy, std::move(load)};
}

class Saving {
 public:
  Saving(const Format& format, const TempDir& dir) : format_(format), dir_(dir), path_(dir / "x") {
    format_.save(path_, dict_of(1));
    old_ = format_.load(path_);
  }
  void run() { format_.save(path_, new_); }
  void check(bool has_thrown) {
    EXPECT_EQ(open_descriptors(), descriptors_);
    for (const auto& entry : std::filesystem::directory_iterator(dir_.string())) {
      EXPECT_EQ(entry.path().filename(), "x");
    }
    const StateDict loaded = format_.load(path_);
    EXPECT_EQ(is_equal(loaded, old_), has_thrown);
  }

 private:
  const Format& format_;
  const TempDir& dir_;
  const std::string path_;
  const int descriptors_ = open_descriptors();
  const StateDict new_ = dict_of(2);
  StateDict old_;
};

TEST(FailingRequests, LeaveTheOldFileWhereSavingFails) {
  for (const Format& format : formats) {
    SCOPED_TRACE(format.name);
    const TempDir dir;
    EXPECT_GT(fail_each<Saving>(format, dir), 5);
  }
}

class Loading {
 public:
  Loading(const Format& format, const std::string& path) : format_(format), path_(path) {}
  void run() { loaded_ = format_.load(path_); }
  void check(bool has_thrown) {
    EXPECT_EQ(open_descriptors(), descriptors_);
    EXPECT_EQ(loaded_.size() == 0, has_thrown);
    EXPECT_EQ(is_equal(loaded_, format_.load(path_)), !has_thrown);
  }

 private:
  const Format& format_;
  const std::string& path_;
  const int descriptors_ = open_descriptors();
  StateDict loaded_;
};

TEST(FailingRequests, LeaveNothingOfAFileWhereLoadingFails) {
  std::vector<Format> all = formats;
  all.push_back(read_only("torch", "io/files/torch/views.pt", [](const auto& path) { return io::load_torch(path); }));
  all.push_back(
      read_only("deflated", "fuzz/corpus/npz/deflated.npz", [](const auto& path) { return io::load_npz(path); }));
  all.push_back(
      read_only("gzip", "fuzz/corpus/gzip/images.gz", [](const auto& path) { return only(data::read_idx(path)); }));
  for (const Format& format : all) {
    SCOPED_TRACE(format.name);
    const TempDir dir;
    format.save(dir / "x", dict_of(1));
    EXPECT_GT(fail_each<Loading>(format, dir / "x"), 5);
  }
}

// ---- training ----------------------------------------------------------------------------------------------------

class LoadingAModel {
 public:
  explicit LoadingAModel(DType dtype) {
    for (const auto& [name, tensor] : old_) new_.insert(name, full(tensor.shape(), 2).to(dtype));
  }
  void run() { model_.load_state_dict(new_); }
  void check(bool has_thrown) {
    for (const auto& [name, tensor] : model_.state_dict()) {
      EXPECT_TRUE(equal(tensor, has_thrown ? old_[name] : new_[name].to(float32)));
    }
  }

 private:
  nn::Sequential model_ = classifier();
  const StateDict old_ = clone(model_.state_dict());
  StateDict new_;
};

TEST(FailingRequests, LeaveAModelAsItWasWhereLoadingFails) {
  for (const DType dtype : {float32, float64}) EXPECT_GT(fail_each<LoadingAModel>(dtype), 5);
}

using MakeOptimizer = std::function<std::unique_ptr<optim::Optimizer>(std::vector<Tensor>)>;

template <class O, class Options>
MakeOptimizer maker(const Options& options) {
  return [options](std::vector<Tensor> parameters) { return std::make_unique<O>(std::move(parameters), options); };
}

const std::vector<MakeOptimizer> optimizers = {
    maker<optim::SGD>(optim::SGDOptions{.lr = 0.1}),
    maker<optim::SGD>(optim::SGDOptions{.lr = 0.1, .momentum = 0.9, .weight_decay = 0.01, .nesterov = true}),
    maker<optim::Adam>(optim::AdamOptions{.lr = 0.01}),
    maker<optim::AdamW>(optim::AdamWOptions{.lr = 0.01, .amsgrad = true}),
    maker<optim::RMSprop>(optim::RMSpropOptions{.lr = 0.01, .momentum = 0.9, .centered = true}),
    maker<optim::Adagrad>(optim::AdagradOptions{.lr = 0.01}),
};

/// A model with its optimizer, some steps into training.
struct Training {
  Training(const MakeOptimizer& make, int steps_before) : optimizer(make(model.parameters())) {
    for (int i = 0; i < steps_before; ++i) step();
  }

  void backward() {
    optimizer->zero_grad();
    loss = {};
    loss = nn::functional::cross_entropy(model(x), y);
    loss.backward();
  }
  void step() {
    backward();
    optimizer->step();
  }

  nn::Sequential model = classifier();
  std::unique_ptr<optim::Optimizer> optimizer;
  const Tensor x = randn({4, 6}), y = randint(0, 3, {4});
  Tensor loss;
};

/// A training step fails somewhere.
class Step {
 public:
  Step(const MakeOptimizer& make, int steps_before) : training_(make, steps_before), twin_(make, steps_before) {
    training_.loss = twin_.loss = {};
    nodes_ = autograd::live_nodes();
    twin_.backward();
  }
  void run() { training_.step(); }
  void check(bool has_thrown) {
    if (has_thrown) {
      EXPECT_TRUE(is_equal(training_.model.state_dict(), old_));
      EXPECT_TRUE(is_equal(training_.optimizer->state_dict(), old_state_));
      expect_gradients_untouched_or_complete();
      training_.step();
    }
    training_.loss = twin_.loss = {};
    EXPECT_EQ(autograd::live_nodes(), nodes_);
    twin_.optimizer->step();
    EXPECT_TRUE(is_equal(training_.model.state_dict(), twin_.model.state_dict()));
    EXPECT_TRUE(is_equal(training_.optimizer->state_dict(), twin_.optimizer->state_dict()));
  }

 private:
  /// And either backward() has not begun, or its graph is released.
  void expect_gradients_untouched_or_complete() {
    const std::vector<Tensor> ours = training_.model.parameters(), theirs = twin_.model.parameters();
    for (std::size_t i = 0; i < ours.size(); ++i) {
      const Tensor g = ours[i].grad();  // zero_grad has dropped it, or has not run
      if (!g.defined()) continue;
      const bool is_old = i < old_gradients_.size() && equal(g, old_gradients_[i]);
      EXPECT_TRUE(is_old || equal(g, theirs[i].grad())) << i;
    }
    if (!training_.loss.defined()) return;
    try {
      const std::vector<Tensor> before = gradients_of(training_.model);
      training_.loss.backward();
      EXPECT_TRUE(before.empty());
    } catch (const GradError&) {
    }
  }
  static std::vector<Tensor> gradients_of(const nn::Sequential& model) {
    std::vector<Tensor> all;
    for (const Tensor& p : model.parameters()) {
      if (p.grad().defined()) all.push_back(clone(p.grad()));
    }
    return all;
  }

  Training training_, twin_;
  const StateDict old_ = clone(training_.model.state_dict()), old_state_ = training_.optimizer->state_dict();
  const std::vector<Tensor> old_gradients_ = gradients_of(training_.model);
  std::int64_t nodes_ = 0;
};

TEST(FailingRequests, LeaveModelAndOptimizerAsTheyWereWhereAStepFails) {
  for (std::size_t i = 0; i < optimizers.size(); ++i) {
    for (const int steps_before : {0, 2}) {
      SCOPED_TRACE("optimizer " + std::to_string(i) + ", " + std::to_string(steps_before) + " steps before");
      EXPECT_GT(fail_each<Step>(optimizers[i], steps_before), 30);
    }
  }
}

class LoadingAnOptimizer {
 public:
  explicit LoadingAnOptimizer(const MakeOptimizer& make) : training_(make, 1), other_(make, 3) {}
  void run() { training_.optimizer->load_state_dict(new_); }
  void check(bool has_thrown) { EXPECT_TRUE(is_equal(training_.optimizer->state_dict(), has_thrown ? old_ : new_)); }

 private:
  Training training_, other_;
  const StateDict old_ = training_.optimizer->state_dict(), new_ = other_.optimizer->state_dict();
};

TEST(FailingRequests, LeaveAnOptimizerAsItWasWhereLoadingFails) {
  for (const MakeOptimizer& make : optimizers) EXPECT_GT(fail_each<LoadingAnOptimizer>(make), 5);
}

/// A run of training in one file.
struct Resumable : Training {
  explicit Resumable(int steps_before) : Training(maker<optim::Adam>(optim::AdamOptions{.lr = 0.01}), steps_before) {
    dict.insert("x", full({3}, steps_before));
    checkpoint.add("dict", dict);
    checkpoint.add("scheduler", scheduler);
    checkpoint.add("loader", batches);
    checkpoint.set("steps", std::to_string(steps_before));
    for (int i = 0; i < steps_before; ++i) scheduler.step();
    batches.set_epoch(steps_before, 2);
  }
  StateDict state() const {
    StateDict all = clone(dict);
    for (const auto& [name, tensor] : model.state_dict()) all.insert("model." + name, tensor.detach().clone());
    for (const auto& [name, tensor] : optimizer->state_dict()) all.insert("optimizer." + name, tensor);
    for (const auto& [name, tensor] : scheduler.state_dict()) all.insert("scheduler." + name, tensor);
    for (const auto& [name, tensor] : batches.state_dict()) all.insert("loader." + name, tensor);
    all.insert("steps", full({}, std::stoi(checkpoint.get("steps"))));
    return all;
  }

  optim::lr_scheduler::StepLR scheduler{*optimizer, {.step_size = 2}};
  data::DataLoader batches{data::digits(20, 0), {.batch_size = 4, .shuffle = true}};
  StateDict dict;
  io::Checkpoint checkpoint{model, *optimizer};
};

class SavingACheckpoint {
 public:
  explicit SavingACheckpoint(const TempDir& dir) : path_(dir / "x"), run_(2) {
    std::filesystem::copy_file(dir / "old", path_, std::filesystem::copy_options::overwrite_existing);
  }
  void run() { run_.checkpoint.save(path_); }
  void check(bool has_thrown) {
    const StateDict expected = has_thrown ? Resumable(1).state() : run_.state();
    run_.checkpoint.load(path_);
    EXPECT_TRUE(is_equal(run_.state(), expected));
  }

 private:
  const std::string path_;
  Resumable run_;
};

class LoadingACheckpoint {
 public:
  // An optimizer or scheduler takes its old state back by load_state_dict.
  static constexpr bool needs_memory_to_restore = true;
  explicit LoadingACheckpoint(const std::string& path) : path_(path), run_(2), other_(1) {
    old_ = run_.state();
    other_.checkpoint.load(path_);
    drawn_in_the_file_ = rand({4});
    draw_some();
    drawn_here_ = rand({4});
    draw_some();
  }
  void run() { run_.checkpoint.load(path_); }
  void check(bool has_thrown) {
    EXPECT_TRUE(is_equal(run_.state(), has_thrown ? old_ : other_.state()));
    EXPECT_TRUE(equal(rand({4}), has_thrown ? drawn_here_ : drawn_in_the_file_));
  }

 private:
  /// From the generator as it was when the file was written.
  void draw_some() {
    other_.checkpoint.load(path_);
    rand({8});
  }

  const std::string& path_;
  Resumable run_, other_;
  StateDict old_;
  Tensor drawn_in_the_file_, drawn_here_;
};

TEST(FailingRequests, LeaveARunAsItWasWhereItsCheckpointFails) {
  const TempDir dir;
  Resumable(1).checkpoint.save(dir / "old");
  EXPECT_GT(fail_each<SavingACheckpoint>(dir), 100);
  EXPECT_GT(fail_each<LoadingACheckpoint>(dir / "old"), 100);
}

// ---- the pool ----------------------------------------------------------------------------------------------------

/// In a child process, where the pool of threads has not started: 0 if the step changed all parameters or none. The
/// first is updated before the pool is wanted.
int step_while_the_pool_starts(long n, bool for_good, bool& is_over) {
  set_num_threads(2);
  std::vector<Tensor> parameters;
  for (const std::int64_t size : {8, 1 << 22}) parameters.push_back(zeros({size}, {.requires_grad = true}));
  optim::SGD optimizer(parameters, {.lr = 1});
  for (const Tensor& p : parameters) p.set_grad(ones(p.shape()));
  const Outcome outcome = outcome_of(n, for_good, [&optimizer] { optimizer.step(); });
  is_over = outcome == Outcome::done;
  const float expected = outcome == Outcome::threw ? 0 : -1;
  for (const Tensor& p : parameters) {
    if (!equal(p.detach(), full(p.shape(), expected))) return 1;
  }
  return 0;
}

TEST(FailingRequests, WhileThePoolStartsLeaveAllParametersOrNone) {
  for (const bool for_good : {false, true}) {
    for (long n = 1;; ++n) {
      SCOPED_TRACE(n);
      const pid_t child = fork();
      if (child == 0) {
        bool is_over = false;
        const int failed = step_while_the_pool_starts(n, for_good, is_over);
        _exit(failed != 0 ? 1 : is_over ? 2 : 0);
      }
      int status = -1;
      waitpid(child, &status, 0);
      ASSERT_TRUE(WIFEXITED(status));
      ASSERT_NE(WEXITSTATUS(status), 1);
      if (WEXITSTATUS(status) == 2) {
        EXPECT_GT(n, 1);
        break;
      }
    }
  }
}

}  // namespace
}  // namespace xtape
