// Cuts a text into its words, one after another. The rules stand at words_of in vocabulary.hpp.
#pragma once

#include <string>
#include <string_view>

namespace xtape::data {

class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}
  /// Finds the next word; false at the end of the text.
  bool next();
  /// Valid until next() is called again.
  const std::string& word() const { return word_; }

 private:
  std::string_view rest_;
  std::string word_;
};

}  // namespace xtape::data
