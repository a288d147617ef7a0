// How much memory a long training run with checkpoints holds: xtape_long_run [STEPS [STEPS_PER_CHECKPOINT]], by default
// 100,000 and 1,000. Fails if the resident memory is ever more than 1 MiB above what it was at the first checkpoint.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "xtape/xtape.hpp"

namespace {

using namespace xtape;

/// In bytes.
long resident_memory() {
  long pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

/// The resident memory at each checkpoint.
std::vector<long> train_for(long steps, long steps_per_checkpoint, const std::string& path) {
  manual_seed(0);
  nn::Sequential model{nn::Linear(20, 64), nn::BatchNorm1d(64), nn::ReLU(), nn::Dropout(0.5), nn::Linear(64, 3)};
  optim::Adam optimizer(model.parameters(), {.lr = 1e-3});
  optim::lr_scheduler::CosineAnnealingLR scheduler(optimizer, {.T_max = 100});
  data::DataLoader batches(data::TensorDataset(randn({1000, 20}), randint(0, 3, {1000})),
                           {.batch_size = 32, .shuffle = true});
  StateDict best;
  io::Checkpoint checkpoint(model, optimizer);
  checkpoint.add("scheduler", scheduler);
  checkpoint.add("loader", batches);
  checkpoint.add("best", best);
  const nn::CrossEntropyLoss criterion;
  std::vector<long> resident;
  for (long step = 0; step < steps;) {
    for (auto [x, y] : batches) {
      const Tensor loss = criterion(model(x), y);
      optimizer.zero_grad();
      loss.backward();
      optimizer.step();
      if (++step % steps_per_checkpoint != 0) continue;
      best = clone(model.state_dict());
      checkpoint.set("step", std::to_string(step));
      checkpoint.save(path);
      resident.push_back(resident_memory());
    }
    scheduler.step();
  }
  return resident;
}

}  // namespace

int main(int argc, char** argv) {
  const long steps = argc > 1 ? std::atol(argv[1]) : 100'000,
             steps_per_checkpoint = argc > 2 ? std::atol(argv[2]) : 1000;
  const std::string path =
      (std::filesystem::temp_directory_path() / ("xtape_long_run_" + std::to_string(getpid()))).string();
  const std::vector<long> resident = train_for(steps, steps_per_checkpoint, path);
  std::filesystem::remove(path);
  const long growth = *std::max_element(resident.begin(), resident.end()) - resident.front();
  std::printf("%zu checkpoints: %.2f MiB resident after %ld steps, at most %.2f MiB more later, %.2f MiB at the end\n",
              resident.size(), static_cast<double>(resident.front()) / (1 << 20), steps_per_checkpoint,
              static_cast<double>(growth) / (1 << 20), static_cast<double>(resident.back()) / (1 << 20));
  return growth > 1 << 20;
}
