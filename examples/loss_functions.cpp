// A walk through the classification losses: what goes in, what comes out, and why.
#include <fmt/core.h>

#include <cmath>
#include <xtape/fmt.hpp>
#include <xtape/xtape.hpp>

using namespace xtape;
namespace F = xtape::nn::functional;

namespace {

void title(const char* text) { fmt::print("\n{}\n", text); }
void show(const char* what, const Tensor& t) { fmt::print("  {:<34} {:.10f}\n", what, t.item<double>()); }
void show_row(const char* what, const Tensor& t) {
  fmt::print("  {:<34}", what);
  for (double v : t.to(float64).to_vector<double>()) fmt::print(" {:.4f}", v);
  fmt::print("\n");
}

}  // namespace

int main() {
  // float64, so that the numbers printed are exact to the last digit.
  const Tensor logits = tensor({{1., 2., 3.}, {4., 5., 6.}}, {.dtype = float64});
  const Tensor target = tensor({1, 0});

  title("A network gives scores (logits); softmax makes them probabilities");
  show_row("scores of sample 0", logits[0]);
  show_row("probabilities", softmax(logits, 1)[0]);
  show_row("their logarithms", log_softmax(logits, 1)[0]);

  title("Cross-entropy is minus the log probability of the right class");
  show_row("per sample", F::cross_entropy(logits, target, {.reduction = Reduction::none}));
  show("CrossEntropyLoss", nn::CrossEntropyLoss()(logits, target));
  show("LogSoftmax, then NLLLoss", nn::NLLLoss()(nn::LogSoftmax(1)(logits), target));

  title("What the loss means: predicting a coin");
  auto cost_of = [](double p) {  // log-probabilities are logits too
    return F::cross_entropy(tensor({{std::log(p), std::log(1 - p)}}, {.dtype = float64}), tensor({0}));
  };
  show("50 % for the right side: log 2", cost_of(0.5));
  show("90 % for the right side", cost_of(0.9));
  show("10 % for the right side", cost_of(0.1));

  title("Three reductions");
  show("mean", F::cross_entropy(logits, target, {.reduction = Reduction::mean}));
  show("sum", F::cross_entropy(logits, target, {.reduction = Reduction::sum}));
  show_row("none", F::cross_entropy(logits, target, {.reduction = Reduction::none}));

  title("Class weights: the mean divides by the targets' weights");
  Tensor weight = ones({3}, {.dtype = float64});
  weight[1] = 3.0;  // writes the element
  show_row("weights", weight);
  show("mean, class 1 counts three times", F::cross_entropy(logits, target, {.weight = weight}));

  title("Label smoothing: a share e of the target is spread evenly over all classes");
  for (double e : {0.0, 0.1, 1.0}) {
    show(fmt::format("e = {:.1f}", e).c_str(), F::cross_entropy(logits, target, {.label_smoothing = e}));
  }

  title("ignore_index: a position that does not count");
  const Tensor masked = tensor({1, -100});
  show_row("per sample", F::cross_entropy(logits, masked, {.reduction = Reduction::none}));
  show("mean over the other positions", F::cross_entropy(logits, masked));

  title("Probabilities as targets");
  const Tensor soft = tensor({{0., 1., 0.}, {1., 0., 0.}}, {.dtype = float64});
  show("one-hot: the same number", F::cross_entropy(logits, soft));

  title("A complete training loop");
  manual_seed(0);
  nn::Sequential model{nn::Linear(2, 16), relu, nn::Linear(16, 2)};
  optim::SGD optimizer(model.parameters(), {.lr = 0.5});
  const Tensor x = tensor({{0., 0.}, {0., 1.}, {1., 0.}, {1., 1.}});  // exclusive or
  const Tensor y = tensor({0, 1, 1, 0});
  for (int step = 0; step <= 200; ++step) {
    Tensor scores = model(x);
    Tensor loss = F::cross_entropy(scores, y);
    if (step % 100 == 0) {
      const Tensor accuracy = (scores.argmax(1) == y).to(float32).mean();
      fmt::print("  step {:3}  loss {:.4f}  accuracy {:.2f}\n", step, loss.item<float>(), accuracy.item<float>());
    }
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
  }
}
