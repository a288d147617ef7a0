// kill_and_resume KILLS [FOLDER]: trains in a process that is killed (SIGKILL) at a random instant, goes on in another
// one from the file that the first has left, and compares: every bit of the weights, of the optimizer and of the
// history, but for the seconds, must be that of a run that was never stopped. Prints the count.
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>

#include "xtape/xtape.hpp"

namespace {

using namespace xtape;
using Clock = std::chrono::steady_clock;

double microseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

data::TensorDataset samples(std::int64_t n, std::uint64_t seed) {
  Generator g(seed);
  const Tensor x = randn({n, 20}, {.generator = &g});
  return {x, (x + 0.5 * randn({n, 20}, {.generator = &g})).narrow(1, 0, 4).argmax(1)};
}

/// Trains to the end, from where the file stands if there is one, and saves what came out to `result`. A checkpoint
/// after every step, so that many of the kills meet the process while it writes.
void train(const std::string& folder, const std::string& result) {
  manual_seed(std::filesystem::exists(folder + "/last.safetensors") ? 99 : 1);
  const nn::Sequential model{nn::Linear(20, 64), nn::BatchNorm1d(64), nn::ReLU(), nn::Dropout(0.3), nn::Linear(64, 4)};
  optim::Adam optimizer(model.parameters(), {.lr = 1e-2});
  optim::lr_scheduler::ExponentialLR by_step(optimizer, {.gamma = 0.999});
  optim::lr_scheduler::ReduceLROnPlateau by_epoch(optimizer, {.factor = 0.5, .patience = 1});
  train::Trainer trainer(model, nn::CrossEntropyLoss({.label_smoothing = 0.1}), optimizer,
                         {.epochs = 8,
                          .batch_size = 16,
                          .seed = 5,
                          .accumulate = 2,
                          .ema = 0.9,
                          .early_stopping = {.patience = 8},
                          .checkpoint = {.path = folder + "/last.safetensors", .every_steps = 1}});
  trainer.schedule(by_step, train::Every::step);
  trainer.schedule(by_epoch);
  trainer.transform([](data::Batch b, Generator& g) {
    b.x = b.x + 0.1 * randn_like(b.x, {.generator = &g});
    return b;
  });
  if (std::filesystem::exists(folder + "/last.safetensors")) trainer.resume(folder + "/last.safetensors");
  const train::History history = trainer.fit(samples(250, 1), samples(100, 2));

  StateDict all;
  for (const auto& [name, tensor] : model.state_dict()) all.insert("model." + name, tensor);
  for (const auto& [name, tensor] : optimizer.state_dict()) all.insert("optimizer." + name, tensor);
  for (const auto& [name, tensor] : io::load_safetensors(folder + "/last.best.safetensors")) {
    all.insert("best." + name, tensor);
  }
  std::vector<double> numbers;
  for (const train::EpochRecord& r : history) {
    numbers.insert(numbers.end(), {r.train_loss, r.train_accuracy, r.validation_loss, r.validation_accuracy, r.lr,
                                   static_cast<double>(r.steps), r.train_eval_loss, r.gap});
  }
  all.insert("history", tensor(numbers));
  io::save_safetensors(result, all, {{"stop_reason", history.stop_reason()}});
}

std::string bytes_of(const std::string& path) {
  std::FILE* const file = std::fopen(path.c_str(), "rb");
  if (!file) return "";
  std::string bytes(std::filesystem::file_size(path), '\0');
  bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file));
  std::fclose(file);
  return bytes;
}

/// A process that trains. (This one never computes anything, so that it may fork.)
pid_t begin(const std::string& folder, const std::string& result) {
  const pid_t child = fork();
  if (child != 0) return child;
  try {
    train(folder, result);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    _exit(1);
  }
  _exit(0);
}

bool ends_well(pid_t process) {
  int status = 0;
  return waitpid(process, &status, 0) == process && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void empty(const std::string& folder) {
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
}

}  // namespace

int main(int argc, char** argv) {
  const int kills = argc > 1 ? std::atoi(argv[1]) : 50;
  const std::string folder =
      argc > 2 ? argv[2] : std::filesystem::temp_directory_path() / ("kill_and_resume." + std::to_string(getpid()));
  const std::string run = folder + "/run", result = folder + "/result", uninterrupted = folder + "/uninterrupted";
  empty(run);
  const auto start = Clock::now();
  if (!ends_well(begin(run, uninterrupted))) return 1;
  const double duration = microseconds_since(start);
  const std::string expected = bytes_of(uninterrupted);

  std::random_device seed;
  std::minstd_rand random(seed());
  int killed = 0, equal = 0, unfinished_writes = 0;
  while (killed < kills) {
    empty(run);
    const pid_t child = begin(run, result);
    usleep(std::uniform_int_distribution<useconds_t>(0, static_cast<useconds_t>(duration))(random));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    // Too late, or before the first file: nothing to go on from.
    if (!WIFSIGNALED(status) || !std::filesystem::exists(run + "/last.safetensors")) continue;
    ++killed;
    for (const auto& entry : std::filesystem::directory_iterator(run)) {
      if (entry.path().extension() == ".tmp") ++unfinished_writes;
    }
    std::filesystem::remove(result);
    equal += ends_well(begin(run, result)) && bytes_of(result) == expected;
  }
  std::printf(
      "%d kills, %d of them in the middle of a write: %d continuations have every bit of the uninterrupted run\n",
      killed, unfinished_writes, equal);
  std::filesystem::remove_all(folder);
  return equal == kills ? 0 : 1;
}
