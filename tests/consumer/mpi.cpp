// A program that links xtape::mpi and, by it, xtape: the loop by hand on several ranks, then the same in one call.
#include <cstdio>

#include <xtape/mpi.hpp>
#include <xtape/xtape.hpp>

using namespace xtape;

int main() {
  mpi::Session session;
  mpi::Communicator world = session.world();
  manual_seed(7);
  nn::Sequential model{nn::Linear(4, 8), nn::ReLU(), nn::Linear(8, 3)};
  mpi::broadcast(model, world);
  nn::CrossEntropyLoss criterion;
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  const Tensor x = randn({16, 4}), y = randint(0, 3, {16});
  const std::int64_t begin = world.rank() * 16 / world.size(), end = (world.rank() + 1) * 16 / world.size();
  const Tensor own_x = narrow(x, 0, begin, end - begin), own_y = narrow(y, 0, begin, end - begin);

  auto parts = criterion.parts(model(own_x), own_y);
  optimizer.zero_grad();
  (parts.sum / world.sum(parts.denominator)).backward();
  mpi::sum_gradients(model.parameters(), world);
  optimizer.step();

  optimizer.zero_grad();
  double loss = mpi::backward(model, criterion, own_x, own_y, world, {.virtual_shards = 8});
  optimizer.step();
  if (world.rank() == 0) std::printf("%d ranks: loss %.3f\n", world.size(), loss);
  return 0;
}
