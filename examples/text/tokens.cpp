#include "tokens.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <string_view>

using namespace xtape;

namespace {

// To data::words_of() these two are letters. Hardly any text has them.
constexpr std::string_view pair_mark = "→", beginning_mark = "∗";

/// The first four letters of a longer word, with the mark; "" of a shorter one.
std::string beginning_of(const std::string& word) {
  int letters = 0;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const bool is_letter = (static_cast<unsigned char>(word[i]) & 0xC0) != 0x80;  // the first byte of one, in UTF-8
    if (is_letter && letters++ == 4) return word.substr(0, i).append(beginning_mark);
  }
  return "";
}

std::vector<std::string> pairs_and_beginnings_of(const std::string& text) {
  const std::vector<std::string> words = data::words_of(text);
  std::vector<std::string> found;
  std::string last;
  for (const std::string& word : words) {
    found.push_back(fmt::format("{}{}{}", last, pair_mark, word));
    last = word;
  }
  if (!words.empty()) found.push_back(last.append(pair_mark));
  for (const std::string& word : words) {
    if (std::string beginning = beginning_of(word); !beginning.empty()) found.push_back(std::move(beginning));
  }
  return found;
}

}  // namespace

data::Vocabulary vocabulary_of(const std::vector<std::string>& texts, const data::VocabularyOptions& options) {
  std::vector<std::string> tokens;
  for (const std::string& text : texts) {
    tokens.push_back(fmt::format("{}", fmt::join(pairs_and_beginnings_of(text), " ")));
  }
  const auto repeated = data::Vocabulary::build(tokens, {.min_count = 2});
  std::transform(texts.begin(), texts.end(), tokens.begin(),
                 [&repeated](const std::string& text) { return tokens_of(text, repeated); });
  return data::Vocabulary::build(tokens, options);
}

std::string tokens_of(const std::string& text, const data::Vocabulary& vocabulary) {
  std::string tokens = text;
  for (const std::string& token : pairs_and_beginnings_of(text)) {
    if (vocabulary.contains(token)) tokens.append(" ").append(token);
  }
  return tokens;
}

std::string words_in(const std::string& tokens) {
  std::string words;
  std::istringstream all(tokens);
  for (std::string token; all >> token;) {
    if (token.find(pair_mark) != std::string::npos || token.ends_with(beginning_mark)) continue;
    words.append(words.empty() ? "" : " ").append(token);
  }
  return words;
}
