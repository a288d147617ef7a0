// Reading CSV: Records cuts the file into lines and fields, Table gives the columns their meaning. Numbers are kept in
// blocks, so that reading needs little more memory than the result.
#include "xtape/data/csv.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <string_view>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "io/inflate.hpp"
#include "io/text.hpp"
#include "xtape/ops.hpp"

namespace xtape::data {

namespace {

constexpr char csv_op[] = "CsvDataset";
constexpr int end_of_file = -1;

bool is_blank(int c) { return c == ' ' || c == '\t'; }

/// The lines of a file, one after another, in fields.
class Records {
 public:
  Records(io::ByteSource& file, char delimiter) : file_(file), delimiter_(static_cast<unsigned char>(delimiter)) {
    constexpr std::string_view mark = "\xEF\xBB\xBF";  // of UTF-8, before the first character
    refill();
    if (std::string_view(buffer_, end_).substr(0, mark.size()) == mark) at_ = mark.size();
  }

  /// Reads the next line. False at the end of the file.
  bool next();
  const std::vector<std::string>& fields() const { return fields_; }
  /// The line on which the last record began, from 1.
  std::int64_t line() const { return first_line_; }
  /// The line had no character.
  bool is_empty() const { return is_empty_; }

 private:
  void refill() {
    end_ = static_cast<std::size_t>(file_.read_some(buffer_, sizeof buffer_));
    at_ = 0;
  }
  int peek() {
    if (at_ == end_) refill();
    return at_ == end_ ? end_of_file : static_cast<unsigned char>(buffer_[at_]);
  }
  int take() {
    const int c = peek();
    if (c != end_of_file) ++at_;
    line_ += c == '\n';
    return c;
  }
  bool ends_field(int c) const { return c == delimiter_ || c == '\n' || c == '\r' || c == end_of_file; }
  void skip_blanks() {
    while (is_blank(peek()) && peek() != delimiter_) take();
  }
  void take_plain(std::string& text);
  void take_quoted(std::string& text);
  bool take_separator();
  [[noreturn]] void fail_here(const char* what) const {
    fail<FileError>(csv_op, "\"{}\": line {}: {}", file_.path(), line_, what);
  }

  io::ByteSource& file_;
  const int delimiter_;
  std::vector<std::string> fields_;
  std::int64_t line_ = 1, first_line_ = 0;
  bool is_empty_ = false;
  std::size_t at_ = 0, end_ = 0;
  char buffer_[1 << 15];
};

bool Records::next() {
  fields_.clear();
  first_line_ = line_;
  const int first = peek();
  if (first == end_of_file) return false;
  is_empty_ = first == '\n' || first == '\r';
  do {
    std::string& text = fields_.emplace_back();
    skip_blanks();
    peek() == '"' ? take_quoted(text) : take_plain(text);
  } while (take_separator());
  return true;
}

void Records::take_plain(std::string& text) {
  while (!ends_field(peek())) {
    const int c = take();
    if (c == '"') fail_here("a quote inside a field that does not begin with one");
    if (c == '\0') fail_here("a NUL byte");
    text.push_back(static_cast<char>(c));
  }
  while (!text.empty() && is_blank(text.back())) text.pop_back();
}

void Records::take_quoted(std::string& text) {
  const std::int64_t begin = line_;
  take();
  for (;;) {
    const int c = take();
    if (c == end_of_file) {
      fail<FileError>(csv_op, "\"{}\": the quote that opens on line {} is never closed", file_.path(), begin);
    }
    if (c == '\0') fail_here("a NUL byte");
    if (c == '"') {
      if (peek() != '"') break;
      take();
    }
    text.push_back(static_cast<char>(c));
  }
  skip_blanks();
  if (!ends_field(peek())) fail_here("text after a closing quote");
}

/// Takes what ends a field; true if another field follows on the line.
bool Records::take_separator() {
  const int c = take();
  if (c == '\r' && take() != '\n') fail_here("a carriage return without a line feed");
  return c == delimiter_;
}

/// A number as a float; false for other texts and for what float32 does not hold.
bool to_number(std::string_view text, float& value) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  double wide = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), wide);
  value = static_cast<float>(wide);
  return error == std::errc() && end == text.data() + text.size() && std::isfinite(value);
}

bool to_integer(std::string_view text, std::int64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

/// The first names of a list.
std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t most = 8;
  std::string list;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i) list += (i ? ", " : "") + io::shown(names[i]);
  return names.size() > most ? list + ", ..." : list;
}

/// Floats that are appended, without copying what is there: blocks of one size.
class Floats {
 public:
  void push_back(float value) {
    if (blocks_.empty() || blocks_.back().size() == block_size) blocks_.emplace_back().reserve(block_size);
    blocks_.back().push_back(value);
  }
  void copy_to(float* to) const {
    for (const std::vector<float>& block : blocks_) to = std::copy(block.begin(), block.end(), to);
  }

 private:
  static constexpr std::size_t block_size = 1 << 12;
  std::vector<std::vector<float>> blocks_;
};

/// The labels in the order of their numbers: as integers if all are, else as bytes. A map keeps them as bytes.
std::vector<std::string> in_order(const std::map<std::string, std::int64_t>& seen) {
  std::vector<std::string> classes;
  std::map<std::int64_t, std::string> by_value;
  for (const auto& [name, number] : seen) {
    classes.push_back(name);
    std::int64_t value = 0;
    if (to_integer(name, value)) by_value.emplace(value, name);
  }
  if (by_value.size() < classes.size()) return classes;  // "1" and "01" are two labels, too
  std::size_t i = 0;
  for (const auto& [value, name] : by_value) classes[i++] = name;
  return classes;
}

/// The rows as they are read.
class Table {
 public:
  Table(const std::string& path, const CsvOptions& options) : path_(path), options_(options) { check_options(); }

  void read();
  Tensor features() const;
  /// `classes`: those of a classification.
  Tensor targets(const std::vector<std::string>& classes) const;
  /// Of a classification, in the order of their numbers.
  std::vector<std::string> classes() const;
  std::vector<std::string> feature_names() const;

 private:
  void check_options() const;
  void find_columns();
  std::size_t column(const std::string& name, const char* option) const;
  void add_row(const Records& records);
  float number(const Records& records, std::size_t column) const;
  std::int64_t label(const Records& records);
  template <class... Args>
  [[noreturn]] void fail_at(std::int64_t line, std::size_t column, fmt::format_string<Args...> format,
                            Args&&... args) const {
    fail<FileError>(csv_op, "\"{}\": line {}, column {} ({}): {}", path_, line, column + 1, io::shown(names_[column]),
                    fmt::format(format, std::forward<Args>(args)...));
  }

  const std::string& path_;
  const CsvOptions& options_;
  std::vector<std::string> names_;  // of all columns
  std::vector<std::size_t> features_;
  std::size_t label_ = 0;
  std::int64_t rows_ = 0;
  Floats values_, numbers_;                   // numbers_: the targets of a regression
  std::vector<std::int64_t> labels_;          // in the order in which the labels were seen
  std::map<std::string, std::int64_t> seen_;  // each with its place in that order
};

void Table::check_options() const {
  const char c = options_.delimiter;
  constexpr std::string_view of_numbers = "0123456789+-.eE";
  if (c == '"' || c == '\n' || c == '\r' || c == '\0' || of_numbers.find(c) != std::string_view::npos) {
    fail<ValueError>(csv_op, "a quote, a line break, a NUL byte and what numbers are made of cannot be the delimiter");
  }
  if (options_.regression && !options_.classes.empty()) {
    fail<ValueError>(csv_op, "classes are given, but a regression has none");
  }
}

std::size_t Table::column(const std::string& name, const char* option) const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) {
    fail<ValueError>(csv_op, "there is no column {} for {} in \"{}\"; its columns are {}", io::shown(name), option,
                     path_, listed(names_));
  }
  return static_cast<std::size_t>(found - names_.begin());
}

void Table::find_columns() {
  std::vector<std::string> sorted = names_;
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice != sorted.end()) {
    fail<FileError>(csv_op, "\"{}\": two columns are named {}", path_, io::shown(*twice));
  }
  label_ = column(options_.label, "label");
  for (const std::string& name : options_.features) {
    const std::size_t place = column(name, "features");
    if (std::find(features_.begin(), features_.end(), place) != features_.end()) {
      fail<ValueError>(csv_op, "the feature {} is given twice", io::shown(name));
    }
    features_.push_back(place);
  }
  for (std::size_t i = 0; i < names_.size() && options_.features.empty(); ++i) {
    if (i != label_) features_.push_back(i);
  }
  if (features_.empty()) fail<FileError>(csv_op, "\"{}\" has no column beside the label", path_);
  if (std::find(features_.begin(), features_.end(), label_) != features_.end()) {
    fail<ValueError>(csv_op, "the label {} is among the features", io::shown(options_.label));
  }
}

void Table::read() {
  io::PlainOrGzipReader file(csv_op, path_);
  Records records(file, options_.delimiter);
  names_ = options_.columns;
  if (names_.empty()) {
    if (!records.next()) fail<FileError>(csv_op, "\"{}\" is empty", path_);
    names_ = records.fields();
  }
  find_columns();
  for (const std::string& name : options_.classes) {
    if (!seen_.emplace(name, static_cast<std::int64_t>(seen_.size())).second) {
      fail<ValueError>(csv_op, "the class {} is given twice", io::shown(name));
    }
  }
  std::int64_t empty_line = 0;
  while (records.next()) {
    if (records.is_empty()) {
      empty_line = empty_line ? empty_line : records.line();
      continue;
    }
    if (empty_line) fail<FileError>(csv_op, "\"{}\": line {} is empty", path_, empty_line);
    add_row(records);
  }
  if (rows_ == 0) fail<FileError>(csv_op, "\"{}\" has no rows", path_);
}

void Table::add_row(const Records& records) {
  const std::size_t count = records.fields().size();
  if (count != names_.size()) {
    fail<FileError>(csv_op, "\"{}\": line {} has {} fields, there are {} columns", path_, records.line(), count,
                    names_.size());
  }
  for (std::size_t i : features_) values_.push_back(number(records, i));
  if (options_.regression) {
    numbers_.push_back(number(records, label_));
  } else {
    labels_.push_back(label(records));
  }
  ++rows_;
}

float Table::number(const Records& records, std::size_t column) const {
  const std::string& text = records.fields()[column];
  float value = 0;
  if (to_number(text, value)) return value;
  if (text.empty()) fail_at(records.line(), column, "the field is empty, expected a number");
  fail_at(records.line(), column, "{} is no number that float32 holds", io::shown(text));
}

std::int64_t Table::label(const Records& records) {
  const std::string& text = records.fields()[label_];
  if (text.empty()) fail_at(records.line(), label_, "the label is empty");
  if (options_.classes.empty()) return seen_.emplace(text, static_cast<std::int64_t>(seen_.size())).first->second;
  const auto known = seen_.find(text);
  if (known != seen_.end()) return known->second;
  fail_at(records.line(), label_, "{} is none of the classes {}", io::shown(text), listed(options_.classes));
}

Tensor Table::features() const {
  Tensor x = xtape::detail::make_tensor({rows_, static_cast<std::int64_t>(features_.size())}, DType::float32);
  values_.copy_to(xtape::detail::elements<float>(x));
  return x;
}

std::vector<std::string> Table::classes() const {
  return options_.classes.empty() ? in_order(seen_) : options_.classes;
}

Tensor Table::targets(const std::vector<std::string>& classes) const {
  Tensor y = xtape::detail::make_tensor({rows_}, options_.regression ? DType::float32 : DType::int64);
  if (options_.regression) {
    numbers_.copy_to(xtape::detail::elements<float>(y));
    return y;
  }
  std::vector<std::int64_t> number(classes.size());  // of each label, by its place among those seen
  for (std::size_t i = 0; i < classes.size(); ++i) {
    number[static_cast<std::size_t>(seen_.at(classes[i]))] = static_cast<std::int64_t>(i);
  }
  std::transform(labels_.begin(), labels_.end(), xtape::detail::elements<std::int64_t>(y),
                 [&number](std::int64_t place) { return number[static_cast<std::size_t>(place)]; });
  return y;
}

std::vector<std::string> Table::feature_names() const {
  std::vector<std::string> names;
  for (std::size_t i : features_) names.push_back(names_[i]);
  return names;
}

}  // namespace

CsvDataset::CsvDataset(const std::string& path, const CsvOptions& options) {
  Table table(path, options);
  table.read();
  raw_ = table.features();
  features_ = raw_.clone();
  classes_ = table.classes();
  targets_ = table.targets(classes_);
  feature_names_ = table.feature_names();
}

std::vector<std::string> CsvDataset::feature_names() const { return feature_names_; }
std::vector<std::string> CsvDataset::classes() const { return classes_; }

Tensor CsvDataset::standardize(std::span<const std::int64_t> training) {
  if (training.empty()) fail<ValueError>(csv_op, "standardize: there are no training samples");
  return without_grad([this, training] {
    const Tensor x = TensorDataset(raw_, targets_).batch(training).x.to(DType::float64);
    const Tensor mean = x.mean(0), deviation = x.std(0, /*correction=*/0);
    const Tensor is_constant = deviation <= 1e-12 * mean.abs();  // rounding of the mean leaves a little
    const Tensor divisor = where(is_constant, 1.0, deviation);
    features_.copy_((raw_.to(DType::float64) - mean) / divisor);
    return stack({mean, divisor}).to(DType::float32);
  });
}

}  // namespace xtape::data
