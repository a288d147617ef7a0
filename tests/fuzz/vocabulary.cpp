// Any bytes as the file of a vocabulary, and as a text of which words are made.
#include "fuzz/harness.hpp"

using namespace xtape;
using data::Vocabulary;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::load_within_bounds({data, size}, [](const auto& path) {
    const Vocabulary v = Vocabulary::load(path);
    const std::string text = v.to_text();
    fuzz::expect(Vocabulary::from_text(text).to_text() == text, "a vocabulary is the same after its text");
    for (std::int64_t i = 2; i < v.size(); ++i) fuzz::expect(v.index(v.word(i)) == i, "a word has its number");
    return StateDict();
  });
  const std::string text(reinterpret_cast<const char*>(data), size);
  const Vocabulary v = Vocabulary::build({text});
  for (const std::string& word : data::words_of(text)) {
    fuzz::expect(data::words_of(word) == std::vector<std::string>{word}, "a word is one word");
    fuzz::expect(v.contains(word) == (word.size() <= Vocabulary::longest_word), "a text's words are known");
  }
  fuzz::expect(Vocabulary::from_text(v.to_text()).to_text() == v.to_text(), "what was built can be read");
  return 0;
}
