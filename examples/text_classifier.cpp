// A classifier of texts: the mean of the vectors of a text's words, and a linear layer. It learns from a dozen
// sentences whether one is about food or about the sea, and says so of sentences that it has not seen.
#include <fmt/core.h>

#include <string>
#include <vector>
#include <xtape/xtape.hpp>

using namespace xtape;

int main() {
  const std::vector<std::string> texts = {
      "Bread and cheese for breakfast.",   "The soup needs salt.",         "She bakes a cake with apples.",
      "Pepper, salt and a little butter.", "Fresh bread from the oven.",   "He cooks soup with apples.",
      "The ship sails with the tide.",     "Wind and waves at the coast.", "An anchor holds the ship.",
      "A sailor looks at the waves.",      "The boat leaves the harbour.", "Wind in the sails of a boat."};
  const std::vector<std::string> labels = {"food", "food", "food", "food", "food", "food",
                                           "sea",  "sea",  "sea",  "sea",  "sea",  "sea"};
  manual_seed(0);
  const auto words = data::Vocabulary::build(texts);
  const data::TextDataset dataset(texts, labels, words, {.length = 16});

  nn::Sequential model{nn::EmbeddingBag(words.size(), 8, {.mode = nn::BagMode::mean, .padding_idx = 0}),
                       nn::Linear(8, 2)};
  optim::Adam optimizer(model.parameters(), {.lr = 0.05});
  train::Trainer trainer(model, nn::CrossEntropyLoss(), optimizer, {.epochs = 30, .batch_size = 4});
  trainer.fit(dataset);
  fmt::print("{} words, training accuracy {:.2f}\n", words.size(), trainer.evaluate(dataset).accuracy);

  NoGradGuard no_grad;
  model.eval();
  for (const char* text : {"Salt in the soup!", "The waves and the wind", "Quantum physics"}) {
    const Tensor p = model(words.encode(text, 16).unsqueeze(0)).softmax(1)[0];
    const std::string label = dataset.classes()[static_cast<std::size_t>(p.argmax().item<std::int64_t>())];
    const bool is_known = words.count_known(text) > 0;
    fmt::print("{:22}  {}\n", text, is_known ? label : "knows none of these words");
  }
}
