// What a ProgressBar costs a run: the same training with a bar on a pseudo-terminal, whose other end a thread reads,
// and without one, in turn. Two models: the MNIST MLP on drawn digits, and a toy whose steps take microseconds.
// `xtape_progress [rounds]` prints the medians.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
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

/// One fit() of `epochs` epochs.
double seconds_of(const nn::Sequential& initial, const data::Dataset& training, const data::Dataset& validation,
                  std::int64_t epochs, std::FILE* shown_on) {
  const nn::Sequential model = clone(initial);
  optim::Adam optimizer(model.parameters(), {.lr = 1e-3});
  train::Trainer trainer(model, nn::CrossEntropyLoss(), optimizer, {.epochs = epochs, .batch_size = 64});
  if (shown_on) trainer.sink(train::ProgressBar(shown_on, {.mode = train::ProgressMode::bar}));
  const auto begin = std::chrono::steady_clock::now();
  trainer.fit(training, validation);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void compare(const char* name, const nn::Sequential& model, const data::Dataset& training,
             const data::Dataset& validation, std::int64_t epochs, int rounds) {
  std::vector<double> without, with, ratios;
  const ReadTerminal terminal;
  for (int round = 0; round < rounds + 2; ++round) {  // the first two warm up
    const bool bar_first = round % 2 == 0;
    const double first = seconds_of(model, training, validation, epochs, bar_first ? terminal.file() : nullptr);
    const double second = seconds_of(model, training, validation, epochs, bar_first ? nullptr : terminal.file());
    if (round < 2) continue;
    with.push_back(bar_first ? first : second);
    without.push_back(bar_first ? second : first);
    ratios.push_back(with.back() / without.back());
  }
  std::printf("%s: %.2f ms an epoch without, %.2f ms with a bar: %+.2f %% (medians of %d; of the ratios %+.2f %%)\n",
              name, 1e3 * median(without) / static_cast<double>(epochs),
              1e3 * median(with) / static_cast<double>(epochs), 100 * (median(with) / median(without) - 1), rounds,
              100 * (median(ratios) - 1));
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
