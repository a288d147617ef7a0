// What a ProgressBar costs a run: the same short training with a bar on a pseudo-terminal, which another process reads,
// and without one, in turn, many times. Two models: the MNIST MLP on drawn digits, and a toy whose steps take
// microseconds. `xtape_progress [rounds]` prints the median of each side, and of the quotients of the pairs the median
// and the quartiles: of the time that passed, and of the CPU time of the process, with all threads and the kernel's
// work for them. A pair runs within a second or two, so that other programs disturb both of its runs alike.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "xtape/xtape.hpp"

using namespace xtape;

namespace {

/// A terminal of 120 columns with a process that reads it.
class ReadTerminal {
 public:
  ReadTerminal() {
    if (master_ < 0 || grantpt(master_) != 0 || unlockpt(master_) != 0) std::abort();
    const int slave = open(ptsname(master_), O_RDWR | O_NOCTTY);
    const winsize size = {.ws_row = 24, .ws_col = 120, .ws_xpixel = 0, .ws_ypixel = 0};
    if (slave < 0 || ioctl(master_, TIOCSWINSZ, &size) != 0) std::abort();
    reader_ = fork();
    if (reader_ < 0) std::abort();
    if (reader_ == 0) {
      close(slave);
      for (char buffer[4096]; read(master_, buffer, sizeof buffer) > 0;) continue;
      _exit(0);
    }
    file_ = fdopen(slave, "w");
  }
  ~ReadTerminal() {
    std::fclose(file_);  // which ends the reading
    close(master_);
    waitpid(reader_, nullptr, 0);
  }
  ReadTerminal(const ReadTerminal&) = delete;
  ReadTerminal& operator=(const ReadTerminal&) = delete;
  std::FILE* file() const { return file_; }

 private:
  const int master_ = posix_openpt(O_RDWR | O_NOCTTY);
  std::FILE* file_ = nullptr;
  pid_t reader_ = 0;
};

/// The value below which this share of the values lies.
double quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1) + 0.5)];
}

double seconds_on(clockid_t clock) {
  timespec t = {};
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

struct Seconds {
  double passed = 0, of_cpu = 0;
};
Seconds seconds_now() { return {seconds_on(CLOCK_MONOTONIC), seconds_on(CLOCK_PROCESS_CPUTIME_ID)}; }

/// Of one fit() of `epochs` epochs.
Seconds seconds_of(const nn::Sequential& initial, const data::Dataset& training, const data::Dataset& validation,
                   std::int64_t epochs, std::FILE* shown_on) {
  const nn::Sequential model = clone(initial);
  optim::Adam optimizer(model.parameters(), {.lr = 1e-3});
  train::Trainer trainer(model, nn::CrossEntropyLoss(), optimizer, {.epochs = epochs, .batch_size = 64});
  if (shown_on) trainer.sink(train::ProgressBar(shown_on, {.mode = train::ProgressMode::bar}));
  const Seconds begin = seconds_now();
  trainer.fit(training, validation);
  const Seconds end = seconds_now();
  return {end.passed - begin.passed, end.of_cpu - begin.of_cpu};
}

/// Runs with and without a bar, in pairs.
class Pairs {
 public:
  void add(double without, double with) {
    without_.push_back(without);
    with_.push_back(with);
    quotients_.push_back(100 * (with / without - 1));
  }
  void print(const char* what, std::int64_t epochs) const {
    const auto milliseconds = [epochs](const std::vector<double>& seconds) {
      return 1e3 * quantile(seconds, 0.5) / static_cast<double>(epochs);
    };
    std::printf(
        "  %-9s %8.3f ms an epoch without, %8.3f ms with a bar: %+.2f%% (half of the pairs: %+.2f to %+.2f%%)\n", what,
        milliseconds(without_), milliseconds(with_), quantile(quotients_, 0.5), quantile(quotients_, 0.25),
        quantile(quotients_, 0.75));
  }

 private:
  std::vector<double> without_, with_, quotients_;
};

struct Work {
  const char* name;
  nn::Sequential model;
  data::Dataset training, validation;
  std::int64_t epochs;
};

void compare(const Work& work, int rounds) {
  std::printf("%s, %d pairs of runs of %d epochs\n", work.name, rounds, static_cast<int>(work.epochs));
  Pairs passed, of_cpu;
  const ReadTerminal terminal;
  for (int round = 0; round < rounds + 2; ++round) {  // the first two warm up
    const auto run = [&work, &terminal](bool has_bar) {
      return seconds_of(work.model, work.training, work.validation, work.epochs, has_bar ? terminal.file() : nullptr);
    };
    const bool bar_first = round % 2 == 0;
    const Seconds first = run(bar_first), second = run(!bar_first);
    const Seconds &with = bar_first ? first : second, &without = bar_first ? second : first;
    if (round < 2) continue;
    passed.add(without.passed, with.passed);
    of_cpu.add(without.of_cpu, with.of_cpu);
  }
  passed.print("time", work.epochs);
  of_cpu.print("CPU time", work.epochs);
}

/// Three classes in five dimensions.
data::TensorDataset toy_data(std::int64_t n) {
  const Tensor x = randn({n, 5});
  return {x, x.narrow(1, 0, 3).argmax(1)};
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 40;
  if (rounds < 1) {
    std::fprintf(stderr, "xtape_progress [rounds]\n");
    return 2;
  }
  set_num_threads(1);
  manual_seed(0);
  const Work digits = {"MLP on digits",
                       nn::Sequential{nn::Flatten(), nn::Linear(784, 256), nn::ReLU(), nn::Linear(256, 10)},
                       data::digits(12800, 0), data::digits(2000, 1), 4};
  const Work toy = {"toy", nn::Sequential{nn::Linear(5, 8), nn::Tanh(), nn::Linear(8, 3)}, toy_data(6400),
                    toy_data(1000), 250};
  compare(digits, rounds);
  compare(toy, rounds);
}
