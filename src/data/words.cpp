#include "data/words.hpp"

#include "io/text.hpp"
#include "xtape/data/vocabulary.hpp"

namespace xtape::data {

namespace {

bool is_small_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

/// Whether a character beyond ASCII is no letter.
bool separates(std::string_view character) {
  const auto byte = [character](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (byte(0) == 0xC2) return byte(1) != 0xAA && byte(1) != 0xB5 && byte(1) != 0xBA;   // but ª µ º
  if (byte(0) == 0xC3) return byte(1) == 0x97 || byte(1) == 0xB7;                      // × ÷
  if (byte(0) == 0xE2) return byte(1) == 0x80 || (byte(1) == 0x81 && byte(2) < 0xB0);  // up to U+206F
  return byte(0) == 0xE3 && byte(1) == 0x80;                                           // U+3000 to U+303F
}

/// How many bytes the letter or digit at the front takes; 0 if there is none.
std::size_t letter_length(std::string_view text) {
  const std::size_t n = io::utf8_length(text);
  if (n > 1) return separates(text.substr(0, n)) ? 0 : n;
  const char c = text[0];
  return n == 1 && (is_small_or_digit(c) || (c >= 'A' && c <= 'Z')) ? 1 : 0;
}

}  // namespace

bool Words::next() {
  word_.clear();
  while (!rest_.empty()) {
    const std::size_t n = letter_length(rest_);
    if (n == 0 && !word_.empty()) return true;
    if (n == 1) {
      const char c = rest_[0];
      word_.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    } else {
      word_.append(rest_.substr(0, n));
    }
    rest_.remove_prefix(n == 0 ? 1 : n);
  }
  return !word_.empty();
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> all;
  for (Words words(text); words.next();) all.push_back(words.word());
  return all;
}

}  // namespace xtape::data
