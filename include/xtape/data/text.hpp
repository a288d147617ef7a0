// Texts with labels as a dataset of the numbers of their words.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "xtape/data/dataset.hpp"
#include "xtape/data/vocabulary.hpp"

namespace xtape::data {

struct TextOptions {
  std::int64_t length = 64;               ///< words of a sample: longer texts are cut, shorter ones padded
  std::vector<std::string> classes = {};  ///< the labels, in the order of their numbers; empty: those that occur
};

/// Texts with labels, as numbers of words: x int64 (B, length), y int64 (B). It keeps the first `length` words of each
/// text, 4 bytes a word, and no text. A handle: copies share them.
class XTAPE_API TextDataset {
 public:
  /// Labels are names. Without `classes`, these are the labels that occur, sorted as bytes. Data that belongs together
  /// needs the same numbers: `{.classes = training.classes()}`. ValueError for a label that is none of them, for
  /// classes that are there twice, if there are not as many labels as texts, and unless length is in [1, 1000000].
  TextDataset(const std::vector<std::string>& texts, const std::vector<std::string>& labels,
              const Vocabulary& vocabulary, const TextOptions& options = {});
  /// Labels are numbers: (N), of an integer dtype, which index `classes`; without `classes`, these are "0", "1", ... up
  /// to the largest. IndexError names the first label outside.
  TextDataset(const std::vector<std::string>& texts, const Tensor& labels, const Vocabulary& vocabulary,
              const TextOptions& options = {});
  TextDataset(const std::vector<std::string>& texts, std::span<const std::int64_t> labels, const Vocabulary& vocabulary,
              const TextOptions& options = {});
  template <std::integral T>
  TextDataset(const std::vector<std::string>& texts, const std::vector<T>& labels, const Vocabulary& vocabulary,
              const TextOptions& options = {})
      : TextDataset(texts, std::span<const std::int64_t>(std::vector<std::int64_t>(labels.begin(), labels.end())),
                    vocabulary, options) {}
  /// `{0, 1}`. (With a std::vector<std::int64_t> in its place `{"cat", "dog"}` would be ambiguous: two pointers may be
  /// the iterators that a vector is made from.)
  TextDataset(const std::vector<std::string>& texts, std::initializer_list<std::int64_t> labels,
              const Vocabulary& vocabulary, const TextOptions& options = {})
      : TextDataset(texts, std::span(labels.begin(), labels.size()), vocabulary, options) {}

  std::int64_t size() const { return targets_.size(0); }
  Batch batch(std::span<const std::int64_t> indices) const;
  /// int64 (N).
  Tensor targets() const { return targets_; }
  /// The names of the classes; label k is classes()[k].
  std::vector<std::string> classes() const;
  std::int64_t length() const noexcept;
  /// How many texts had more than length() words.
  std::int64_t cut_texts() const noexcept;
  /// The samples in which no word is known, among those kept: all of such a sample is padding and the unknown word.
  std::vector<std::int64_t> without_known_words() const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
  Tensor targets_;
};

}  // namespace xtape::data
