// What a ProgressBar costs a run: the same training with a bar on a pseudo-terminal, whose other end a thread reads,
// and without one, in turn. Two models: the MNIST MLP on drawn digits, and a toy whose steps take microseconds.
// `xtape_progress [rounds]` prints medians: of the time that passed, which other programs disturb, and of the CPU time
// of the thread that trains.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "xtape/xtape.hpp"

using namespace xtape;

namespace {

/// A terminal of 120 columns that somebody reads.
class ReadTerminal {
 public:
  ReadTerminal() {
    if (master_ < 0 || grantpt(master_) != 0 || unlockpt(master_) != 0) std::abort();
    const int slave = open(ptsname(master_), O_RDWR | O_NOCTTY);
    const winsize size = {.ws_row = 24, .ws_col = 120, .ws_xpixel = 0, .ws_ypixel = 0};
    if (slave < 0 || ioctl(master_, TIOCSWINSZ, &size) != 0) std::abort();
    file_ = fdopen(slave, "w");
    reader_ = std::thread([this] {
      char buffer[4096];
      for (ssize_t n; (n = read(master_, buffer, sizeof buffer)) > 0;) bytes_ += n;
    });
  }
  ~ReadTerminal() {
    std::fclose(file_);  // which ends the reading
    reader_.join();
    close(master_);
    std::printf("  %ld bytes were shown\n", bytes_);
  }
  std::FILE* file() const { return file_; }

 private:
  const int master_ = posix_openpt(O_RDWR | O_NOCTTY);
  std::FILE* file_ = nullptr;
  long bytes_ = 0;
  std::thread reader_;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double seconds_on(clockid_t clock) {
  timespec t = {};
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

struct Seconds {
  double passed = 0, of_cpu = 0;
};
Seconds seconds_now() { return {seconds_on(CLOCK_MONOTONIC), seconds_on(CLOCK_THREAD_CPUTIME_ID)}; }

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

/// The medians of runs with and without a bar.
class Medians {
 public:
  void add(double without, double with) { without_.push_back(without), with_.push_back(with); }
  void print(const char* what, std::int64_t epochs) const {
    const double a = median(without_), b = median(with_);
    std::printf("  %s: %.3f ms an epoch without, %.3f ms with a bar: %+.2f%%\n", what,
                1e3 * a / static_cast<double>(epochs), 1e3 * b / static_cast<double>(epochs), 100 * (b / a - 1));
  }

 private:
  std::vector<double> without_, with_;
};

void compare(const char* name, const nn::Sequential& model, const data::Dataset& training,
             const data::Dataset& validation, std::int64_t epochs, int rounds) {
  std::printf("%s, %d runs of %d epochs each\n", name, rounds, static_cast<int>(epochs));
  Medians passed, of_cpu;
  const ReadTerminal terminal;
  for (int round = 0; round < rounds + 2; ++round) {  // the first two warm up
    const auto run = [&](bool has_bar) {
      return seconds_of(model, training, validation, epochs, has_bar ? terminal.file() : nullptr);
    };
    const bool bar_first = round % 2 == 0;
    const Seconds first = run(bar_first), second = run(!bar_first);
    const Seconds &with = bar_first ? first : second, &without = bar_first ? second : first;
    if (round < 2) continue;
    passed.add(without.passed, with.passed);
    of_cpu.add(without.of_cpu, with.of_cpu);
  }
  passed.print("time", epochs);
  of_cpu.print("CPU time", epochs);
}

/// Three classes in five dimensions.
data::TensorDataset toy_data(std::int64_t n) {
  const Tensor x = randn({n, 5});
  return {x, x.narrow(1, 0, 3).argmax(1)};
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 25;
  set_num_threads(1);
  manual_seed(0);
  compare("MLP on digits", nn::Sequential{nn::Flatten(), nn::Linear(784, 256), nn::ReLU(), nn::Linear(256, 10)},
          data::digits(12800, 0), data::digits(2000, 1), 3, rounds);
  compare("toy", nn::Sequential{nn::Linear(5, 8), nn::Tanh(), nn::Linear(8, 3)}, toy_data(6400), toy_data(1000), 100,
          rounds);
}
