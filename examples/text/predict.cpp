// xtape-text predict: the topics of lines, by a model's file alone.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <numeric>

#include "commands.hpp"
#include "model_file.hpp"

using namespace xtape;

namespace {

struct PredictSettings {
  std::string model;
  std::vector<std::string> texts;
  std::size_t top = 3;
};

void answer(const Model& model, const std::string& text, std::size_t top) {
  const std::vector<float> p = model.probabilities(text).to_vector<float>();
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&p](std::size_t a, std::size_t b) { return p[a] > p[b]; });
  order.resize(std::min(order.size(), top));
  for (std::size_t i = 0; i < order.size(); ++i) {
    fmt::print("{}{} {:.4f}", i == 0 ? "" : ", ", io::printable(model.description.classes[order[i]]), p[order[i]]);
  }
  const bool has_word = !data::words_of(text).empty();
  const bool knows_a_word = model.description.vocabulary.count_known(text) > 0;
  fmt::print("{}\n", !has_word ? "  (it has no word)" : !knows_a_word ? "  (none of its words is known)" : "");
}

bool is_terminal() { return ::isatty(STDIN_FILENO) != 0 && ::isatty(STDERR_FILENO) != 0; }

void predict(const PredictSettings& s) {
  const Model model = load_model(s.model);
  for (const std::string& text : s.texts) answer(model, text, s.top);
  if (!s.texts.empty()) return;
  if (is_terminal()) fmt::print(stderr, "Type a text on each line; Ctrl-D ends\n");
  for (std::string line; std::getline(std::cin, line);) {
    answer(model, line, s.top);
    if (std::fflush(stdout) != 0) return;  // main tells it
  }
}

}  // namespace

Run add_predict(CLI::App& app) {
  auto s = std::make_shared<PredictSettings>();
  app.add_option("MODEL", s->model, "A file that train has written")->required();
  app.add_option("TEXT", s->texts, "Texts; none: the lines of stdin");
  app.add_option("--top", s->top, "How many topics to name")->check(CLI::Range(1, 1000));
  return [s] { predict(*s); };
}
