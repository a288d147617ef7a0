// What the exchange of gradients costs beside MPI_Allreduce of the same bytes, and what it leaves of the gain of more
// ranks. All is measured side by side in one run: mpirun -n 2 xtape_mpi_exchange [seconds for each row]
#include <mpi.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>

#include "xtape/mpi.hpp"
#include "xtape/xtape.hpp"

namespace {

using namespace xtape;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

struct Quartiles {
  double low = 0, median = 0, high = 0;
};
Quartiles quartiles(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return {v[v.size() / 4], v[v.size() / 2], v[3 * v.size() / 4]};
}

/// Waits for all ranks without taking time from those that still work.
void meet() {
  MPI_Request request;
  MPI_Ibarrier(MPI_COMM_WORLD, &request);
  for (int done = 0; !done;) {
    MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    if (!done) usleep(50);
  }
}

/// Seconds that each of the functions takes, measured in turn on rank 0. `alone`: only rank 0 runs the first.
std::vector<Quartiles> side_by_side(const mpi::Communicator& world, double seconds,
                                    const std::vector<std::function<void()>>& functions, bool alone = false) {
  std::vector<std::vector<double>> times(functions.size());
  const double begin = now();
  for (std::uint64_t goes_on = 1; goes_on != 0;) {
    for (std::size_t i = 0; i < functions.size(); ++i) {
      meet();
      if (alone && i == 0 && world.rank() != 0) continue;
      if (!(alone && i == 0)) world.barrier();
      const double start = now();
      functions[i]();
      times[i].push_back(now() - start);
    }
    meet();
    goes_on = world.all_gather(std::uint64_t{now() - begin < seconds})[0];
  }
  std::vector<Quartiles> result;
  for (const auto& t : times) result.push_back(t.empty() ? Quartiles() : quartiles(t));
  return result;
}

void compare_sums(const mpi::Communicator& world, std::size_t bytes, double seconds) {
  std::vector<float> a(bytes / sizeof(float), 1e-3f), b = a;
  const auto ours = [&world, &a] { world.sum(std::span(a)); };
  const auto theirs = [&b] {
    MPI_Allreduce(MPI_IN_PLACE, b.data(), static_cast<int>(b.size()), MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
  };
  const auto times = side_by_side(world, seconds, {ours, theirs});
  if (world.rank() != 0) return;
  std::printf("%9zu bytes   sum %8.3f ms (%.3f to %.3f)   MPI_Allreduce %8.3f ms (%.3f to %.3f)   %.2fx\n", bytes,
              1e3 * times[0].median, 1e3 * times[0].low, 1e3 * times[0].high, 1e3 * times[1].median, 1e3 * times[1].low,
              1e3 * times[1].high, times[0].median / times[1].median);
}

/// A step of this rank's rows of `batch`, on one rank and on all.
void compare_steps(const mpi::Communicator& world, const char* name, nn::Sequential model, const Tensor& x,
                   double seconds) {
  const std::int64_t batch = x.size(0), rows = batch / world.size();
  const Tensor y = randint(0, 10, {batch});
  nn::CrossEntropyLoss criterion;
  optim::SGD optimizer(model.parameters(), {.lr = 1e-3});
  const auto step = [&model, &criterion, &optimizer](const Tensor& own, const Tensor& targets) {
    optimizer.zero_grad();
    criterion(model(own), targets).backward();
    optimizer.step();
  };
  const Tensor own = narrow(x, 0, world.rank() * rows, rows), targets = narrow(y, 0, world.rank() * rows, rows);
  const auto whole = [&step, &x, &y] { step(x, y); };
  const auto part = [&step, &own, &targets] { step(own, targets); };
  const auto together = [&] {
    optimizer.zero_grad();
    mpi::backward(model, criterion, own, targets, world);
    optimizer.step();
  };
  std::int64_t elements = 0;
  for (const Tensor& p : model.parameters()) elements += p.numel();
  std::vector<float> gradients(static_cast<std::size_t>(elements), 1e-3f);
  const auto exchange = [&world, &gradients] { world.sum(std::span(gradients)); };
  const auto times = side_by_side(world, seconds, {whole, part, exchange, together}, true);
  if (world.rank() != 0) return;
  const double model_of_time = times[1].median + times[2].median;
  std::printf(
      "%s, batch %lld, %.1f MB of gradients: alone %.2f ms; own rows %.2f ms, exchange %.2f ms; together %.2f ms "
      "(%.2f to %.2f): %.2f times as fast, %.2f of what own rows and exchange predict\n",
      name, static_cast<long long>(batch), 4e-6 * static_cast<double>(elements), 1e3 * times[0].median,
      1e3 * times[1].median, 1e3 * times[2].median, 1e3 * times[3].median, 1e3 * times[3].low, 1e3 * times[3].high,
      times[0].median / times[3].median, model_of_time / times[3].median);
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 5;
  set_num_threads(1);
  mpi::Session session;
  const mpi::Communicator world = session.world();
  for (const std::size_t bytes : {std::size_t{8}, std::size_t{4096}, std::size_t{65536}, std::size_t{1} << 20,
                                  std::size_t{4} << 20, std::size_t{16} << 20}) {
    compare_sums(world, bytes, seconds);
  }
  manual_seed(1);
  compare_steps(
      world, "MLP 784-2048-2048-10",
      nn::Sequential{nn::Linear(784, 2048), nn::ReLU(), nn::Linear(2048, 2048), nn::ReLU(), nn::Linear(2048, 10)},
      randn({512, 784}), 2 * seconds);
  compare_steps(world, "MLP 784-256-10", nn::Sequential{nn::Linear(784, 256), nn::ReLU(), nn::Linear(256, 10)},
                randn({128, 784}), seconds);
  compare_steps(world, "CNN",
                nn::Sequential{nn::Conv2d(1, 32, 3), nn::ReLU(), nn::MaxPool2d(2), nn::Conv2d(32, 64, 3), nn::ReLU(),
                               nn::MaxPool2d(2), nn::Flatten(), nn::Linear(1600, 128), nn::ReLU(), nn::Linear(128, 10)},
                randn({128, 1, 28, 28}), 2 * seconds);
}
