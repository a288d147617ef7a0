// The Trainer on digits: it validates after every epoch, stops when validation no longer improves, brings back the best
// weights, and says what the curves mean: trainer [REPORT]. With REPORT, say report.html, it writes a page about the
// run.
#include <fmt/core.h>

#include <array>
#include <xtape/xtape.hpp>

using namespace xtape;

int main(int argc, char** argv) {
  manual_seed(0);
  const data::Dataset all = data::digits(1000, 0), test = data::digits(1000, 1);
  auto [training, validation] = data::stratified_split(all, std::array{0.8, 0.2}, /*seed=*/0);

  nn::Sequential model{nn::Flatten(), nn::Linear(784, 64), nn::ReLU(), nn::Linear(64, 10)};
  nn::CrossEntropyLoss criterion;
  optim::Adam optimizer(model.parameters(), {.lr = 1e-2});

  train::Trainer trainer(model, criterion, optimizer,
                         {.epochs = 8, .batch_size = 50, .early_stopping = {.patience = 3}});
  trainer.sink(train::ProgressBar(stdout));  // a live line on a terminal, and a line for each epoch
  const train::History history = trainer.fit(training, validation);
  fmt::print("\n{}\n{}\n\n", history.stop_reason(), history.verdict());

  const train::Evaluation e = trainer.evaluate(test);
  fmt::print("test: {}\n\n{}", e.to_string(), e.report());
  if (argc > 1) train::save_report(argv[1], history, trainer.evaluate(validation), {.title = "Digits"});
}
