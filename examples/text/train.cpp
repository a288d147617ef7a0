// xtape-text train: the vocabulary and the net from the training texts, the best epoch by the validation texts, and at
// the end, once, the test texts.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <memory>

#include "commands.hpp"
#include "model_file.hpp"

using namespace xtape;

namespace {

struct Settings {
  std::string data = "built-in", out = "text.safetensors", report;
  std::int64_t epochs = 15, batch_size = 64, dim = 16, length = 64, min_count = 1, max_words = 0;
  double lr = 0.01, init = 0.1;
  std::string optimizer = "adam";
  std::uint64_t seed = 0;
  int threads = 0;
};

data::TextDataset dataset_of(const Texts& texts, const Description& d) {
  return data::TextDataset(texts.text, texts.topic, d.vocabulary, {.length = d.length, .classes = d.classes});
}

void print_confusion(const train::Evaluation& e) {
  const std::vector<std::string> names = e.class_names();
  std::size_t width = 5;
  for (const std::string& name : names) width = std::max(width, name.size());
  fmt::print("\nrows: the topic, columns: what it was taken for\n{:{}}", "", width);
  for (const std::string& name : names) fmt::print(" {:>5}", name.substr(0, 5));
  const std::vector<std::int64_t> counts = e.confusion().to_vector<std::int64_t>();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (i % names.size() == 0) fmt::print("\n{:{}}", names[i / names.size()], width);
    fmt::print(" {:>5}", counts[i]);
  }
  fmt::print("\n");
}

void train_on(const Settings& s, const Topics& topics) {
  manual_seed(s.seed);
  const Description d{topics.names,
                      data::Vocabulary::build(topics.training.text,
                                              {.max_size = s.max_words, .min_count = s.min_count}),
                      s.length};
  const data::TextDataset training = dataset_of(topics.training, d), validation = dataset_of(topics.validation, d),
                          test = dataset_of(topics.test, d);
  fmt::print("data    {}, hash {:016x}\n", topics.name, topics.hash);
  fmt::print("texts   {} training, {} validation, {} test, {} topics\n", training.size(), validation.size(),
             test.size(), topics.names.size());
  const nn::Sequential net = make_net(d.vocabulary.size(), s.dim, static_cast<std::int64_t>(topics.names.size()));
  {
    NoGradGuard ng;
    net.parameters()[0].mul_(s.init);
  }
  fmt::print("model   mean of {} words as vectors of {}, linear to {}; {} of {} validation texts have no known word\n\n", d.vocabulary.size(), s.dim,
             topics.names.size(), validation.without_known_words().size(), validation.size());
  std::unique_ptr<optim::Optimizer> opt;
  if (s.optimizer == "adam") opt = std::make_unique<optim::Adam>(net.parameters(), optim::AdamOptions{.lr = s.lr});
  if (s.optimizer == "sgd") opt = std::make_unique<optim::SGD>(net.parameters(), optim::SGDOptions{.lr = s.lr});
  if (s.optimizer == "adagrad") opt = std::make_unique<optim::Adagrad>(net.parameters(), optim::AdagradOptions{.lr = s.lr});
  train::Trainer trainer(net, nn::CrossEntropyLoss(), *opt,
                         {.epochs = s.epochs,
                          .batch_size = s.batch_size,
                          .seed = s.seed,
                          .early_stopping = {.monitor = "validation_accuracy", .patience = s.epochs}});
  trainer.sink(train::ProgressBar(stdout));
  const auto begin = std::chrono::steady_clock::now();
  const train::History history = trainer.fit(training, validation);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  io::save_safetensors(s.out, net.state_dict(), metadata_of(d));
  const train::Evaluation e = trainer.evaluate(test, {.classes = topics.names});
  fmt::print("\ntime    {:.2f} s\nbest    {}\n{}\ntest    {}\n", seconds, history.best_epoch(), history.verdict(), e.to_string());
  print_confusion(e);
  if (!s.report.empty()) {
    // The worst texts as text belong here, once a report can show them: e.worst_mistakes() has their words' numbers,
    // and d.vocabulary.decode() makes them readable.
    train::save_report(s.report, history, trainer.evaluate(validation, {.classes = topics.names}),
                       {.title = "Topics of texts", .evaluated_on = "validation data", .test = e});
  }
}

}  // namespace

Run add_train(CLI::App& app) {
  auto s = std::make_shared<Settings>();
  add_data_option(app, s->data);
  app.add_option("--out", s->out, "File for the model");
  app.add_option("--report", s->report, "HTML file for a page about the run");
  app.add_option("--epochs", s->epochs, "Passes over the training texts")->check(CLI::Range(1, 1000));
  app.add_option("--batch-size", s->batch_size, "Texts a step")->check(CLI::Range(1, 100000));
  app.add_option("--lr", s->lr, "Learning rate of Adam")->check(CLI::PositiveNumber);
  app.add_option("--init", s->init, "");
  app.add_option("--optimizer", s->optimizer, "");
  app.add_option("--dim", s->dim, "Elements of a word's vector")->check(CLI::Range(1, 4096));
  app.add_option("--length", s->length, "Words of a text that are read")->check(CLI::Range(1, 4096));
  app.add_option("--min-count", s->min_count, "Rarer words are unknown")->check(CLI::Range(1, 1000000));
  app.add_option("--max-words", s->max_words, "The most words of the vocabulary; 0: all");
  app.add_option("--seed", s->seed, "Of all random numbers");
  app.add_option("--threads", s->threads, "0: as many as there are cores")->check(CLI::Range(0, 1024));
  return [s] {
    set_num_threads(s->threads);
    train_on(*s, load_topics(s->data));
  };
}
