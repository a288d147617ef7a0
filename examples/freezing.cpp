// Transfer learning in miniature: train a network, freeze its body with requires_grad_(false), put a new head on it and
// train only the head. The frozen weights stay the same to the last bit.
#include <fmt/core.h>

#include <xtape/xtape.hpp>

using namespace xtape;
namespace F = xtape::nn::functional;

namespace {

/// Maps the digits of a batch to the classes to learn.
using Label = Callback<Tensor(const Tensor&)>;

struct Network : nn::Module {
  nn::Sequential body = register_module("body", nn::Sequential{nn::Flatten(), nn::Linear(784, 64), nn::ReLU()});
  nn::Linear head = register_module("head", nn::Linear(64, 10));
  Tensor forward(const Tensor& x) { return head(body(x)); }
};

/// Trains the parameters that require grad for three epochs.
void train_model(const nn::Module& model, const data::Dataset& digits, const Label& label) {
  optim::Adam optimizer(model.parameters(), {.lr = 2e-3});
  data::DataLoader batches(digits, {.batch_size = 50, .shuffle = true});
  for (int epoch = 0; epoch < 3; ++epoch) {
    for (auto [x, y] : batches) {
      Tensor loss = F::cross_entropy(model(x), label(y));
      optimizer.zero_grad();
      loss.backward();
      optimizer.step();
    }
  }
}

double accuracy(const nn::Module& model, const data::Dataset& digits, const Label& label) {
  NoGradGuard no_grad;
  data::DataLoader batches(digits, {.batch_size = 1000});
  double correct = 0;
  for (auto [x, y] : batches) correct += (model(x).argmax(1) == label(y)).sum().item<double>();
  return correct / static_cast<double>(digits.size());
}

}  // namespace

int main() {
  manual_seed(0);
  const data::Dataset training = data::digits(4000, 0), test = data::digits(1000, 1);
  auto which_digit = [](const Tensor& y) { return y; };
  const Tensor even = tensor({1, 0, 1, 0, 1, 0, 1, 0, 1, 0});
  auto is_even = [even](const Tensor& y) { return even.index_select(0, y); };

  Network first;
  train_model(first, training, which_digit);
  fmt::print("ten digits      accuracy {:.3f}\n", accuracy(first, test, which_digit));

  first.body.requires_grad_(false);
  const StateDict before = clone(first.body.state_dict());
  nn::Sequential second{first.body, nn::Linear(64, 2)};  // the same body under a new head
  fmt::print("even or odd     accuracy {:.3f} before training\n", accuracy(second, test, is_even));
  train_model(second, training, is_even);
  fmt::print("even or odd     accuracy {:.3f} after training the new head\n", accuracy(second, test, is_even));

  bool same = true;
  for (const auto& [name, weight] : first.body.state_dict()) same = same && equal(weight, before.at(name));
  fmt::print("frozen weights  {}\n", same ? "bit-identical" : "changed");
  fmt::print("ten digits      accuracy {:.3f} with the old head\n", accuracy(first, test, which_digit));
}
