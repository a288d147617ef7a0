// The words of a text, and a vocabulary that numbers them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "xtape/export.hpp"
#include "xtape/tensor.hpp"

namespace xtape::data {

/// The words of a text in UTF-8, lower-cased: "Don't use GNU/Linux 6.1" has don, t, use, gnu, linux, 6, 1. A word is a
/// run of letters and digits. ASCII letters become small; letters beyond ASCII stay as they are, so that an "É" and an
/// "é" differ. All other ASCII characters separate words, and so do the punctuation of Latin-1 (U+0080 to U+00BF
/// without ª µ º, × and ÷), general punctuation (U+2000 to U+206F), that of CJK (U+3000 to U+303F), and each byte that
/// is no UTF-8. A character beyond these is taken for a letter.
XTAPE_API std::vector<std::string> words_of(std::string_view text);

struct VocabularyOptions {
  std::int64_t max_size = 0;   ///< the most entries, padding and the unknown word included; 0: no limit
  std::int64_t min_count = 1;  ///< words that occur less often are unknown
};

/// Numbers words: 0 is padding, 1 stands for every unknown word, the others follow by frequency, of equals in the order
/// of their bytes. A handle: copies share the words.
class XTAPE_API Vocabulary {
 public:
  static constexpr std::int64_t padding = 0, unknown = 1;
  /// In bytes; a longer word is always unknown.
  static constexpr std::size_t longest_word = 128;

  /// Padding and the unknown word alone.
  Vocabulary();
  /// From the words_of() all texts: the same texts, in any order, give the same vocabulary. ValueError for a max_size
  /// that is neither 0 nor at least 2, and for a min_count below 1.
  static Vocabulary build(const std::vector<std::string>& texts, const VocabularyOptions& options = {});

  /// With padding and the unknown word.
  std::int64_t size() const noexcept;
  /// The number of a word, which must be lower-cased as words_of() gives it; `unknown` for any other.
  std::int64_t index(std::string_view word) const noexcept;
  bool contains(std::string_view word) const noexcept { return index(word) != unknown; }
  /// "<pad>" for 0 and "<unk>" for 1. IndexError outside [0, size()).
  std::string word(std::int64_t index) const;

  /// The numbers of a text's words, int64 (length): the first `length` words, and padding behind fewer. A text without
  /// words is all padding. ValueError unless length is at least 1.
  Tensor encode(std::string_view text, std::int64_t length) const;
  /// The words of such numbers, of any integer dtype, with spaces between them and without padding. IndexError outside
  /// [0, size()).
  std::string decode(const Tensor& indices) const;
  /// How many words of a text it knows: 0 means that nothing can be told from the text.
  std::int64_t count_known(std::string_view text) const;

  /// A line "xtape-vocabulary 1 COUNT", then each word from number 2 on, a line each: for a file, or for the metadata
  /// of a model's file.
  std::string to_text() const;
  /// FileError, with the line, for any other text; for words that are empty, longer than longest_word, not lower-cased
  /// or there twice, and for more than 10,000,000 of them.
  static Vocabulary from_text(std::string_view text);
  /// Replaces the file by to_text(), as a whole or not at all.
  void save(const std::string& path) const;
  /// Of a file that save() has written. FileError, with the path, if it cannot be read, is too large or holds another
  /// text than from_text() takes.
  static Vocabulary load(const std::string& path);

 private:
  struct State;
  explicit Vocabulary(std::shared_ptr<const State> state) noexcept;
  static Vocabulary from_text(std::string_view text, const std::string& place);
  std::shared_ptr<const State> state_;
};

}  // namespace xtape::data
