// What it brings to exchange gradients while backward still runs, on a link that is emulated: two ranks are threads of
// this process, and what one sends makes it sleep as long as the link would take. Rank 0 trains with one thread; rank 1
// only has gradients of the same shapes, so that of two cores one is free for the exchange. Steps without and with
// overlap take turns: xtape_overlap [seconds for each row]
#include <sys/prctl.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "support/thread_ranks.hpp"
#include "xtape/xtape.hpp"

namespace {

using namespace xtape;

struct Link {
  const char* name;
  double bytes_a_second, latency;
};

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// A tenth of the steps are faster: on a machine with other work these are the ones that it disturbed least.
double fast(std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  return seconds[seconds.size() / 10];
}

/// Has gradients of the given parameters at little cost.
struct StandIn : nn::Module {
  std::vector<nn::Parameter> all;
  explicit StandIn(const std::vector<Tensor>& parameters) {
    for (const Tensor& p : parameters) all.push_back(register_parameter(std::to_string(all.size()), p));
  }
  Tensor forward(const Tensor& x) const {
    Tensor y = zeros({x.size(0), 10});
    for (const nn::Parameter& p : all) y = y + p.sum() * 0.;
    return y;
  }
};

/// Seconds of some steps of rank 0.
std::vector<double> steps(const Link& link, bool overlaps, nn::Sequential (*make_model)(), const Tensor& x,
                          const Tensor& y) {
  std::vector<double> seconds;
  const auto train = [&](const distributed::Communicator& comm) {
    manual_seed(1);
    const nn::Sequential model = make_model();
    const StandIn stand_in(model.parameters());
    const nn::CrossEntropyLoss criterion;
    optim::SGD optimizer(model.parameters(), {.lr = 1e-3});
    for (int i = 0; i < 4; ++i) {
      comm.barrier();
      const double begin = now();
      optimizer.zero_grad();
      if (comm.rank() == 0) {
        distributed::backward(model, criterion, x, y, comm);
      } else {
        distributed::backward(stand_in, criterion, x, y, comm);
      }
      optimizer.step();
      if (comm.rank() == 0 && i > 0) seconds.push_back(now() - begin);  // the first warms up
    }
  };
  const auto wait = [&link](int, std::size_t bytes) {
    std::this_thread::sleep_for(
        std::chrono::duration<double>(link.latency + static_cast<double>(bytes) / link.bytes_a_second));
  };
  testing::run_ranks(2, train, {.overlaps = overlaps, .before_move = wait});
  return seconds;
}

void compare(const char* name, nn::Sequential (*make_model)(), const Tensor& x, double seconds) {
  const Tensor y = randint(0, 10, {x.size(0)});
  for (const Link link :
       {Link{"no link", 1e15, 0}, Link{"10 Gbit/s", 0.9 * 1.25e9, 25e-6}, Link{"1 Gbit/s", 0.9 * 1.25e8, 25e-6}}) {
    std::vector<double> after, during;
    for (const double begin = now(); now() - begin < seconds;) {
      for (const double s : steps(link, false, make_model, x, y)) after.push_back(s);
      for (const double s : steps(link, true, make_model, x, y)) during.push_back(s);
    }
    std::printf("%-22s %-10s after backward %7.2f ms   during backward %7.2f ms   %.2f times as fast\n", name,
                link.name, 1e3 * fast(after), 1e3 * fast(during), fast(after) / fast(during));
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 10;
  prctl(PR_SET_TIMERSLACK, 1);  // sleep no longer than asked
  set_num_threads(1);
  manual_seed(2);
  compare(
      "MLP 784-2048-2048-10",
      [] {
        return nn::Sequential{nn::Linear(784, 2048), nn::ReLU(), nn::Linear(2048, 2048), nn::ReLU(),
                              nn::Linear(2048, 10)};
      },
      randn({256, 784}), seconds);
  compare(
      "CNN",
      [] {
        return nn::Sequential{nn::Conv2d(1, 32, 3), nn::ReLU(),         nn::MaxPool2d(2), nn::Conv2d(32, 64, 3),
                              nn::ReLU(),           nn::MaxPool2d(2),   nn::Flatten(),    nn::Linear(1600, 128),
                              nn::ReLU(),           nn::Linear(128, 10)};
      },
      randn({64, 1, 28, 28}), seconds);
}
