#include "xtape/data/text.hpp"

#include <algorithm>
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "data/words.hpp"
#include "io/text.hpp"
#include "ops/checks.hpp"
#include "xtape/ops.hpp"

namespace xtape::data {

namespace {

constexpr char text_op[] = "TextDataset";
constexpr std::int64_t most_length = 1'000'000;

void check_counts(std::size_t texts, std::int64_t labels, const TextOptions& options) {
  if (static_cast<std::int64_t>(texts) != labels) fail<ValueError>(text_op, "{} texts, but {} labels", texts, labels);
  if (options.length < 1 || options.length > most_length) {
    fail<ValueError>(text_op, "length = {}; expected 1 to {}", options.length, most_length);
  }
}

/// Those given, or those that occur.
std::vector<std::string> classes_of(const std::vector<std::string>& labels, const TextOptions& options) {
  std::vector<std::string> sorted = options.classes.empty() ? labels : options.classes;
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (options.classes.empty()) {
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
    return sorted;
  }
  if (twice != sorted.end()) fail<ValueError>(text_op, "the class {} is there twice", io::shown(*twice));
  return options.classes;
}

Tensor numbers_of(const std::vector<std::string>& labels, const std::vector<std::string>& classes) {
  std::vector<std::pair<std::string_view, std::int64_t>> number;
  for (const std::string& name : classes) number.emplace_back(name, static_cast<std::int64_t>(number.size()));
  std::sort(number.begin(), number.end());
  Tensor y = xtape::detail::make_tensor({static_cast<std::int64_t>(labels.size())}, DType::int64);
  auto* to = xtape::detail::elements<std::int64_t>(y);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto at = std::lower_bound(number.begin(), number.end(), std::pair(std::string_view(labels[i]), INT64_MIN));
    if (at == number.end() || at->first != labels[i]) {
      fail<ValueError>(text_op, "labels[{}] = {} is none of the {} classes", i, io::shown(labels[i]), classes.size());
    }
    to[i] = at->second;
  }
  return y;
}

}  // namespace

struct TextDataset::State {
  State(const std::vector<std::string>& texts, const Vocabulary& vocabulary, const TextOptions& options,
        std::vector<std::string> names)
      : length(options.length), classes(std::move(names)) {
    begin.reserve(texts.size() + 1);
    for (const std::string& text : texts) {
      std::int64_t kept = 0;
      Words words(text);
      for (; kept < length && words.next(); ++kept) {
        ids.push_back(static_cast<std::int32_t>(vocabulary.index(words.word())));
      }
      if (kept == length && words.next()) ++cut;
      begin.push_back(static_cast<std::int64_t>(ids.size()));
    }
    ids.shrink_to_fit();
  }
  std::span<const std::int32_t> words(std::int64_t i) const {
    const auto first = begin[static_cast<std::size_t>(i)], last = begin[static_cast<std::size_t>(i) + 1];
    return std::span(ids).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first));
  }

  std::int64_t length, cut = 0;
  std::vector<std::string> classes;
  std::vector<std::int64_t> begin = {0};  // of each text among the ids, and their end
  std::vector<std::int32_t> ids;
};

TextDataset::TextDataset(const std::vector<std::string>& texts, const std::vector<std::string>& labels,
                         const Vocabulary& vocabulary, const TextOptions& options) {
  check_counts(texts.size(), static_cast<std::int64_t>(labels.size()), options);
  std::vector<std::string> classes = classes_of(labels, options);
  targets_ = numbers_of(labels, classes);
  state_ = std::make_shared<const State>(texts, vocabulary, options, std::move(classes));
}

TextDataset::TextDataset(const std::vector<std::string>& texts, std::span<const std::int64_t> labels,
                         const Vocabulary& vocabulary, const TextOptions& options)
    : TextDataset(texts, tensor(labels, {static_cast<std::int64_t>(labels.size())}), vocabulary, options) {}

TextDataset::TextDataset(const std::vector<std::string>& texts, const Tensor& labels, const Vocabulary& vocabulary,
                         const TextOptions& options) {
  xtape::detail::check_integer(text_op, labels);
  if (labels.dim() != 1) fail<ShapeError>(text_op, "expected labels (N), got {}", labels.shape());
  check_counts(texts.size(), labels.numel(), options);
  targets_ = labels.to(DType::int64).clone();
  std::vector<std::string> classes = classes_of({}, options);
  const auto y = targets_.span<std::int64_t>();
  if (options.classes.empty() && !y.empty()) {
    constexpr std::int64_t most_classes = 1 << 20;
    const std::int64_t largest = std::min(*std::max_element(y.begin(), y.end()), most_classes - 1);
    for (std::int64_t k = 0; k <= largest; ++k) classes.push_back(std::to_string(k));
  }
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (y[i] >= 0 && y[i] < static_cast<std::int64_t>(classes.size())) continue;
    fail<IndexError>(text_op, "labels[{}] = {} is outside [0, {})", i, y[i], classes.size());
  }
  state_ = std::make_shared<const State>(texts, vocabulary, options, std::move(classes));
}

Batch TextDataset::batch(std::span<const std::int64_t> indices) const {
  const auto count = static_cast<std::int64_t>(indices.size());
  Tensor x = xtape::detail::make_tensor({count, state_->length}, DType::int64);
  Tensor y = xtape::detail::make_tensor({count}, DType::int64);
  auto *to = xtape::detail::elements<std::int64_t>(x), *label = xtape::detail::elements<std::int64_t>(y);
  for (const std::int64_t i : indices) {
    if (i < 0 || i >= size()) fail<IndexError>(text_op, "sample {} is outside [0, {})", i, size());
    const auto words = state_->words(i);
    std::fill(std::copy(words.begin(), words.end(), to), to + state_->length, Vocabulary::padding);
    to += state_->length;
    *label++ = xtape::detail::elements<std::int64_t>(targets_)[i];
  }
  return {std::move(x), std::move(y)};
}

std::vector<std::string> TextDataset::classes() const { return state_->classes; }
std::int64_t TextDataset::length() const noexcept { return state_->length; }
std::int64_t TextDataset::cut_texts() const noexcept { return state_->cut; }

std::vector<std::int64_t> TextDataset::without_known_words() const {
  std::vector<std::int64_t> samples;
  for (std::int64_t i = 0; i < size(); ++i) {
    const auto words = state_->words(i);
    const bool knows_one =
        std::any_of(words.begin(), words.end(), [](std::int32_t id) { return id != Vocabulary::unknown; });
    if (!knows_one) samples.push_back(i);
  }
  return samples;
}

}  // namespace xtape::data
