// The file of a vocabulary comes from anywhere: every line is checked, and the count in its first line is only
// compared.
#include "xtape/data/vocabulary.hpp"

#include <algorithm>
#include <charconv>
#include <unordered_map>
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "data/words.hpp"
#include "io/file.hpp"
#include "io/text.hpp"
#include "ops/checks.hpp"
#include "xtape/io/text_file.hpp"
#include "xtape/ops.hpp"

namespace xtape::data {

namespace {

constexpr char vocabulary_op[] = "Vocabulary";
constexpr std::string_view first_line = "xtape-vocabulary 1 ";
constexpr std::int64_t first_word = 2, most_words = 10'000'000;

}  // namespace

struct Vocabulary::State {
  struct HashOfText {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
  };
  using NumberOfWord = std::unordered_map<std::string, std::int64_t, HashOfText, std::equal_to<>>;

  NumberOfWord number;
  std::vector<std::string_view> words = {"<pad>", "<unk>"};  // the others are keys of `number`

  /// False if the word is there already.
  bool add(std::string word) {
    const auto [at, is_new] = number.emplace(std::move(word), static_cast<std::int64_t>(words.size()));
    if (is_new) words.push_back(at->first);
    return is_new;
  }
};

Vocabulary::Vocabulary() : Vocabulary(std::make_shared<const State>()) {}
Vocabulary::Vocabulary(std::shared_ptr<const State> state) noexcept : state_(std::move(state)) {}

Vocabulary Vocabulary::build(const std::vector<std::string>& texts, const VocabularyOptions& options) {
  if (options.max_size != 0 && options.max_size < first_word) {
    fail<ValueError>(vocabulary_op, "max_size = {}; expected 0, for no limit, or at least {}", options.max_size,
                     first_word);
  }
  if (options.min_count < 1) {
    fail<ValueError>(vocabulary_op, "min_count = {}; expected at least 1", options.min_count);
  }
  State::NumberOfWord counts;
  for (const std::string& text : texts) {
    for (Words words(text); words.next();) {
      const std::string& word = words.word();
      if (word.size() > longest_word) continue;
      const auto known = counts.find(word);
      if (known == counts.end()) {
        counts.emplace(word, 1);
      } else {
        ++known->second;
      }
    }
  }
  std::vector<std::pair<std::int64_t, std::string_view>> order;
  for (const auto& [word, count] : counts) {
    if (count >= options.min_count) order.emplace_back(-count, word);
  }
  std::sort(order.begin(), order.end());
  const std::int64_t limit = options.max_size == 0 ? most_words : std::min(options.max_size - first_word, most_words);
  order.resize(std::min(order.size(), static_cast<std::size_t>(limit)));
  auto state = std::make_shared<State>();
  for (const auto& entry : order) state->add(std::string(entry.second));
  return Vocabulary(std::move(state));
}

std::int64_t Vocabulary::size() const noexcept { return static_cast<std::int64_t>(state_->words.size()); }

std::int64_t Vocabulary::index(std::string_view word) const noexcept {
  const auto at = state_->number.find(word);
  return at == state_->number.end() ? unknown : at->second;
}

std::string Vocabulary::word(std::int64_t index) const {
  if (index < 0 || index >= size()) fail<IndexError>(vocabulary_op, "word {} is outside [0, {})", index, size());
  return std::string(state_->words[static_cast<std::size_t>(index)]);
}

Tensor Vocabulary::encode(std::string_view text, std::int64_t length) const {
  if (length < 1) fail<ValueError>(vocabulary_op, "length = {}; expected at least 1", length);
  Tensor x = zeros({length}, {.dtype = DType::int64});
  auto* to = xtape::detail::elements<std::int64_t>(x);
  Words words(text);
  for (std::int64_t i = 0; i < length && words.next(); ++i) to[i] = index(words.word());
  return x;
}

std::string Vocabulary::decode(const Tensor& indices) const {
  const Tensor at = xtape::detail::checked_index(vocabulary_op, indices, size());
  std::string text;
  for (const std::int64_t i : at.span<std::int64_t>()) {
    if (i == padding) continue;
    if (!text.empty()) text += ' ';
    text += state_->words[static_cast<std::size_t>(i)];
  }
  return text;
}

std::int64_t Vocabulary::count_known(std::string_view text) const {
  std::int64_t count = 0;
  for (Words words(text); words.next();) count += contains(words.word()) ? 1 : 0;
  return count;
}

// ---- its file ----------------------------------------------------------------------------------------------------

std::string Vocabulary::to_text() const {
  std::string text = fmt::format("{}{}\n", first_line, size() - first_word);
  for (std::size_t i = first_word; i < state_->words.size(); ++i) text.append(state_->words[i]) += '\n';
  return text;
}

Vocabulary Vocabulary::from_text(std::string_view text) { return from_text(text, ""); }

Vocabulary Vocabulary::from_text(std::string_view text, const std::string& place) {
  std::int64_t line = 0;
  const auto next_line = [&text, &line]() {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view found = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++line;
    return std::string(found);
  };
  const std::string head = next_line();
  std::int64_t count = -1;
  if (head.starts_with(first_line)) {
    const char *begin = head.data() + first_line.size(), *end = head.data() + head.size();
    const auto [stop, error] = std::from_chars(begin, end, count);
    if (error != std::errc() || stop != end) count = -1;
  }
  if (count < 0) {
    fail<FileError>(vocabulary_op, "{}line 1 is {}, expected \"{}COUNT\"", place, io::shown(head), first_line);
  }
  if (count > most_words)
    fail<FileError>(vocabulary_op, "{}{} words, at most {} are possible", place, count, most_words);
  auto state = std::make_shared<State>();
  while (!text.empty()) {
    const std::string word = next_line();
    if (line > count + 1) fail<FileError>(vocabulary_op, "{}line {}: line 1 says {} words", place, line, count);
    Words words(word);
    if (word.size() > longest_word || !words.next() || words.word() != word) {
      fail<FileError>(vocabulary_op, "{}line {}: {} is not a lower-cased word of at most {} bytes", place, line,
                      io::shown(word), longest_word);
    }
    if (!state->add(word)) {
      fail<FileError>(vocabulary_op, "{}line {}: {} stands on line {} already", place, line, io::shown(word),
                      state->number.at(word));
    }
  }
  if (line != count + 1) {
    fail<FileError>(vocabulary_op, "{}is truncated: line 1 says {} words, there are {}", place, count, line - 1);
  }
  return Vocabulary(std::move(state));
}

void Vocabulary::save(const std::string& path) const { io::save_text(path, to_text()); }

Vocabulary Vocabulary::load(const std::string& path) {
  io::FileReader file(vocabulary_op, path);
  constexpr std::int64_t most_bytes = most_words * static_cast<std::int64_t>(longest_word + 1) + 64;
  if (file.size() > most_bytes) {
    fail<FileError>(vocabulary_op, "\"{}\" has {} bytes, a vocabulary at most {}", path, file.size(), most_bytes);
  }
  std::string text(static_cast<std::size_t>(file.size()), '\0');
  file.read(text.data(), file.size(), "the text");
  return from_text(text, '"' + path + "\": ");
}

}  // namespace xtape::data
