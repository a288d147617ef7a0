// One training step on random numbers, and the tape that it records.
#include <fmt/core.h>
#include <xtape/xtape.hpp>
using namespace xtape;

int main() {
  manual_seed(0);
  Tensor x = randn({32, 784});                       // float32
  Tensor y = randint(0, 10, {32});                   // int64

  nn::Sequential model{nn::Linear(784, 256), nn::ReLU(), nn::Dropout(0.5), nn::Linear(256, 10)};
  nn::CrossEntropyLoss criterion({.label_smoothing = 0.1});
  optim::Adam optimizer(model.parameters(), {.lr = 1e-3});

  model.train();
  Tensor loss = criterion(model(x), y);
  fmt::print("{}", Tape::of(loss).to_string());      // what backward will walk, oldest op first
  optimizer.zero_grad();
  loss.backward();
  optimizer.step();

  model.eval();
  NoGradGuard no_grad;
  Tensor accuracy = (model(x).argmax(1) == y).to(float32).mean();
  fmt::print("loss {:.4f}  accuracy {:.3f}\n", loss.item(), accuracy.item());
}
