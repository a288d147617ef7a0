// xtape-text train: the vocabulary and the weights from the training texts, the best epoch by the validation texts and,
// once, at the end, the test texts.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <memory>

#include "commands.hpp"
#include "model_file.hpp"
#include "tokens.hpp"

using namespace xtape;

namespace {

struct TrainSettings {
  DataSettings data;
  std::string out = "text.safetensors", report;
  std::int64_t epochs = 10, patience = 3, batch_size = 192, dim = 16, length = 64, min_count = 1, max_words = 0;
  double lr = 8e-3, weight_decay = 0.2;
  std::uint64_t seed = 0;
  int threads = 0;
};

/// Words that occur once should not outweigh the others: their vectors begin small, and weight decay keeps them small.
constexpr double first_scale = 0.01;

Description description_of(const Topics& topics, const TrainSettings& s) {
  return {topics.names, vocabulary_of(topics.training.text, {.max_size = s.max_words, .min_count = s.min_count}),
          s.length};
}

data::TextDataset dataset_of(const Texts& texts, const Description& d) {
  std::vector<std::string> tokens;
  std::transform(texts.text.begin(), texts.text.end(), std::back_inserter(tokens),
                 [&d](const std::string& text) { return tokens_of(text, d.vocabulary); });
  return data::TextDataset(tokens, texts.topic, d.vocabulary, {.length = d.length, .classes = d.classes});
}

nn::Sequential first_net(const Description& d, std::int64_t dim) {
  const nn::Sequential net = make_net(d.vocabulary.size(), dim, static_cast<std::int64_t>(d.classes.size()));
  without_grad([&net] { return net.parameters()[0].mul_(first_scale); });
  return net;
}

void print_heading(const Topics& topics, const Description& d, const data::TextDataset& training, std::int64_t dim) {
  fmt::print("data    {}, hash {:016x}\n", io::printable(topics.name), topics.hash);
  fmt::print("texts   {} training, {} validation, {} test; {} topics\n", training.size(), topics.validation.text.size(),
             topics.test.text.size(), d.classes.size());
  fmt::print("model   mean of vectors of words, pairs and beginnings ({} x {}), linear to {} topics\n",
             d.vocabulary.size(), dim, d.classes.size());
  if (training.cut_texts() > 0)
    fmt::print("note    {} texts are cut to {} words, pairs and beginnings\n", training.cut_texts(), d.length);
  fmt::print("\n");
}

/// Names a column: the names of topics are too long, and some begin with the same letters.
char letter_of(std::size_t topic) { return static_cast<char>('a' + topic % 26); }

void print_confusion(const train::Evaluation& e) {
  std::vector<std::string> names = e.class_names();
  std::size_t width = 0;
  for (std::string& name : names) {
    name = io::printable(name);
    width = std::max(width, name.size());
  }
  const std::vector<std::int64_t> counts = e.confusion().to_vector<std::int64_t>();
  const std::int64_t most = *std::max_element(counts.begin(), counts.end());
  const std::size_t column = std::to_string(most).size() + 1;
  fmt::print("\nHow many texts of a topic (row) were taken for another (column):\n{:{}}  ", "", width);
  for (std::size_t k = 0; k < names.size(); ++k) fmt::print("{:>{}}", letter_of(k), column);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const std::size_t row = i / names.size();
    if (i % names.size() == 0) fmt::print("\n{:{}} {}", names[row], width, letter_of(row));
    fmt::print("{:>{}}", counts[i], column);
  }
  fmt::print("\n");
}

void train_on(const TrainSettings& s, const Topics& topics) {
  manual_seed(s.seed);
  const Description d = description_of(topics, s);
  const data::TextDataset training = dataset_of(topics.training, d), validation = dataset_of(topics.validation, d),
                          test = dataset_of(topics.test, d);
  print_heading(topics, d, training, s.dim);

  const nn::Sequential net = first_net(d, s.dim);
  optim::AdamW optimizer(net.parameters(), {.lr = s.lr, .weight_decay = s.weight_decay});
  const std::int64_t steps = s.epochs * ((training.size() + s.batch_size - 1) / s.batch_size);
  optim::lr_scheduler::LinearLR to_zero(optimizer, {.start_factor = 1, .end_factor = 0, .total_iters = steps});
  train::Trainer trainer(net, nn::CrossEntropyLoss(), optimizer,
                         {.epochs = s.epochs,
                          .batch_size = s.batch_size,
                          .seed = s.seed,
                          .early_stopping = {.patience = s.patience},
                          .checkpoint = {.best_path = s.out, .metadata = metadata_of(d)}});
  trainer.schedule(to_zero, train::Every::step);
  trainer.sink(train::ProgressBar(stdout));
  const auto begin = std::chrono::steady_clock::now();
  const train::History history = trainer.fit(training, validation);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
  fmt::print("\n{}\n{}\n\n", history.stop_reason(), history.verdict());

  const train::EvaluateOptions names = {.classes = d.classes};
  const train::Evaluation on_validation = trainer.evaluate(validation, names), on_test = trainer.evaluate(test, names);
  fmt::print("time    {:.2f} s for {} epochs\n", time.count(), history.size());
  fmt::print("valid   {}\ntest    {}\nmodel   {}\n", on_validation.to_string(), on_test.to_string(),
             io::printable(s.out));
  print_confusion(on_test);
  if (s.report.empty()) return;
  train::save_report(s.report, history, on_validation,
                     {.title = "Topics of texts",
                      .evaluated_on = "validation texts",
                      .test = on_test,
                      .text_of = [&d](const Tensor& x) { return words_in(d.vocabulary.decode(x)); }});
  fmt::print("\nreport  {}\n", io::printable(s.report));
}

}  // namespace

Run add_train(CLI::App& app) {
  auto s = std::make_shared<TrainSettings>();
  add_data_options(app, s->data);
  app.add_option("--out", s->out, "File for the model, with its vocabulary")->type_name("FILE");
  app.add_option("--report", s->report, "HTML file for a page about the run")->type_name("FILE");
  app.add_option("--epochs", s->epochs, "Passes over the training texts")->check(CLI::Range(1, 1000));
  app.add_option("--patience", s->patience, "Stop when so many epochs in a row have not improved")
      ->check(CLI::Range(1, 1000));
  app.add_option("--batch-size", s->batch_size, "Texts in a step")->check(CLI::Range(1, 100000));
  app.add_option("--lr", s->lr, "Learning rate of AdamW at the start; it falls to 0 along a line")
      ->check(CLI::Range(1e-9, 1e3));
  app.add_option("--weight-decay", s->weight_decay, "Of AdamW")->check(CLI::Range(0.0, 1e3));
  app.add_option("--dim", s->dim, "Elements of a vector")->check(CLI::Range(1, 4096));
  app.add_option("--length", s->length, "How many words, pairs and beginnings of a text are read")
      ->check(CLI::Range(1, 4096));
  app.add_option("--min-count", s->min_count,
                 "Rarer words are unknown, and pairs and beginnings that occur once are, too")
      ->check(CLI::Range(1, 1000000));
  app.add_option("--max-words", s->max_words, "The most entries of the vocabulary; 0: no limit")
      ->check(CLI::Range(0, 1000000));
  app.add_option("--seed", s->seed, "Of the random numbers");
  app.add_option("--threads", s->threads, "0: as many as there are cores")->check(CLI::Range(0, 1024));
  return [s] {
    if (s->threads > 0) set_num_threads(s->threads);
    train_on(*s, load_topics(s->data));
  };
}
