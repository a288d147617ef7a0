// A network with more weights than images memorises them. The program compares training and validation accuracy, with
// and without dropout; then it stops early by hand: it keeps the best weights and restores them.
#include <fmt/core.h>

#include <array>
#include <xtape/xtape.hpp>

using namespace xtape;
namespace F = xtape::nn::functional;

namespace {

double accuracy(const nn::Module& model, const data::Dataset& images) {
  model.eval();
  NoGradGuard no_grad;
  data::DataLoader batches(images, {.batch_size = 500});
  double correct = 0;
  for (auto [x, y] : batches) correct += (model(x).argmax(1) == y).sum().item<double>();
  return correct / static_cast<double>(images.size());
}

void train_epoch(const nn::Module& model, optim::Optimizer& optimizer, data::DataLoader& batches) {
  model.train();
  for (auto [x, y] : batches) {
    Tensor loss = F::cross_entropy(model(x), y);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
  }
}

/// The validation loss rises before the validation accuracy falls.
double loss_of(const nn::Module& model, const data::Dataset& images) {
  model.eval();
  NoGradGuard no_grad;
  double total = 0;
  data::DataLoader batches(images, {.batch_size = 500});
  for (auto [x, y] : batches) total += F::cross_entropy(model(x), y, {.reduction = Reduction::sum}).item<double>();
  return total / static_cast<double>(images.size());
}

nn::Sequential make_model(double dropout) {
  manual_seed(0);
  return nn::Sequential{nn::Flatten(), nn::Dropout(dropout / 2), nn::Linear(784, 256), nn::ReLU(),
                        nn::Dropout(dropout),  nn::Linear(256, 10)};
}

}  // namespace

int main() {
  const data::Dataset few = data::digits(300, 0), validation = data::digits(1000, 1);
  constexpr int epochs = 60, patience = 10;

  fmt::print("            no dropout            dropout 0.5\n");
  fmt::print("epoch  training  validation  training  validation\n");
  std::array models{make_model(0.0), make_model(0.5)};
  std::array optimizers{optim::Adam(models[0].parameters(), {.lr = 1e-3}),
                        optim::Adam(models[1].parameters(), {.lr = 1e-3})};
  const data::DataLoaderOptions shuffled{.batch_size = 20, .shuffle = true};
  std::array loaders{data::DataLoader(few, shuffled), data::DataLoader(few, shuffled)};
  for (int epoch = 1; epoch <= epochs; ++epoch) {
    for (std::size_t i = 0; i < models.size(); ++i) train_epoch(models[i], optimizers[i], loaders[i]);
    if (epoch % 10 != 0) continue;
    fmt::print("{:5}  {:8.3f}  {:10.3f}  {:8.3f}  {:10.3f}\n", epoch, accuracy(models[0], few),
               accuracy(models[0], validation), accuracy(models[1], few), accuracy(models[1], validation));
  }

  // Stopping early: keep the weights of the best epoch, and restore them when nothing has improved for a while.
  nn::Sequential model = make_model(0.0);
  optim::Adam optimizer(model.parameters(), {.lr = 1e-3});
  data::DataLoader batches(few, shuffled);
  StateDict best;
  double lowest = 1e9;
  int best_epoch = 0, epoch = 0;
  while (epoch < epochs && epoch - best_epoch < patience) {
    ++epoch;
    train_epoch(model, optimizer, batches);
    const double loss = loss_of(model, validation);
    if (!(loss < lowest)) continue;  // NaN is no improvement
    lowest = loss;
    best_epoch = epoch;
    best = clone(model.state_dict());
  }
  const double last = loss_of(model, validation);
  model.load_state_dict(best);
  fmt::print("\nstopped after epoch {}; validation loss {:.4f}, restored to {:.4f} from epoch {}\n", epoch, last,
             loss_of(model, validation), best_epoch);
}
