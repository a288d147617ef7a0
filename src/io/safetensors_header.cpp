// The header is parsed event by event (SAX), straight from the file, so that no copy of it is held: what reading takes
// beside the tensors are their names. nlohmann-json checks JSON and UTF-8 without recursion; what the format adds to
// JSON is checked here.
#include "io/safetensors_header.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "core/fail.hpp"
#include "io/array.hpp"
#include "io/text.hpp"

namespace xtape::io {

namespace {

/// In the order of Stored.
constexpr const char* stored_names[] = {"BOOL", "U8", "I32", "I64", "F32", "F64", "F16", "BF16"};

std::optional<Stored> stored_named(std::string_view name) {
  for (int i = 0; i < static_cast<int>(std::size(stored_names)); ++i) {
    if (stored_names[i] == name) return static_cast<Stored>(i);
  }
  return std::nullopt;
}

std::string shortened(std::string_view text, std::size_t longest) {
  return std::string(text.substr(0, longest)) + (text.size() > longest ? "..." : "");
}

/// The bytes of the header, one after another, through a buffer. They are counted from name to name, for nlohmann-json
/// holds what it reads in memory until it has reached the end of a name or text.
class HeaderBytes {
 public:
  HeaderBytes(FileReader& file, std::int64_t size) : file_(file), left_(size) { refill(); }

  bool is_over() const noexcept { return at_ == filled_; }
  char current() const noexcept { return buffer_[at_]; }
  void advance() {
    if (++at_ == filled_) refill();
    if (++token_size_ > max_text_size + 16) {  // with a colon or comma and some spaces
      fail<FileError>(file_.op(),
                      "\"{}\": the header is wrong: more than {} bytes from one name or text to the next (at byte {})",
                      file_.path(), max_text_size, offset());
    }
  }
  /// What follows belongs to another name or text.
  void begin_token() noexcept { token_size_ = 0; }
  /// Of the current byte, in the file.
  std::int64_t offset() const noexcept { return file_.offset() - (filled_ - at_); }

 private:
  void refill() {
    at_ = 0;
    filled_ = std::min<std::int64_t>(left_, sizeof buffer_);
    left_ -= filled_;
    file_.read(buffer_, filled_, "the header");
  }

  FileReader& file_;
  std::int64_t left_, at_ = 0, filled_ = 0, token_size_ = 0;
  char buffer_[1 << 16];
};

/// HeaderBytes as nlohmann-json reads them.
class ByteIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = char;

  explicit ByteIterator(HeaderBytes* bytes = nullptr) : bytes_(bytes) {}
  char operator*() const { return bytes_->current(); }
  ByteIterator& operator++() {
    bytes_->advance();
    return *this;
  }
  friend bool operator==(const ByteIterator& a, const ByteIterator& b) { return a.is_end() == b.is_end(); }
  friend bool operator!=(const ByteIterator& a, const ByteIterator& b) { return !(a == b); }

 private:
  bool is_end() const { return bytes_ == nullptr || bytes_->is_over(); }
  HeaderBytes* bytes_;
};

/// What parsing has reached: {"w": {"dtype": ..., "shape": [...], "data_offsets": [...]}, "__metadata__": {...}}.
class HeaderParser final : public nlohmann::json_sax<nlohmann::json> {
 public:
  HeaderParser(FileReader& file, HeaderBytes& bytes) : file_(file), bytes_(bytes) {}
  Header take() { return std::move(header_); }
  std::vector<Metadata::Entry> take_texts() { return std::move(texts_); }

  bool start_object(std::size_t) override {
    if (place_ == Place::before) {
      place_ = Place::names;
    } else if (place_ == Place::tensor_value) {
      place_ = Place::fields;
    } else if (place_ == Place::metadata_value) {
      place_ = Place::texts;
    } else {
      unexpected("an object");
    }
    return true;
  }
  bool end_object() override {
    bytes_.begin_token();
    if (place_ == Place::names) {
      place_ = Place::after;
    } else if (place_ == Place::texts) {
      place_ = Place::names;
    } else {
      finish_tensor();
      place_ = Place::names;
    }
    return true;
  }
  bool key(string_t& name) override {
    bytes_.begin_token();
    if (place_ == Place::names) {
      begin_entry(name);
    } else if (place_ == Place::texts) {
      text_name_ = name;
      place_ = Place::text;
    } else {
      begin_field(name);
    }
    return true;
  }
  bool string(string_t& text) override {
    bytes_.begin_token();
    if (place_ == Place::text) {
      texts_.emplace_back(std::move(text_name_), text);
      place_ = Place::texts;
    } else if (place_ == Place::dtype) {
      set_dtype(text);
    } else {
      unexpected("a string");
    }
    return true;
  }
  bool start_array(std::size_t) override {
    if (place_ != Place::shape_value && place_ != Place::offsets_value) unexpected("an array");
    place_ = place_ == Place::shape_value ? Place::shape : Place::offsets;
    return true;
  }
  bool end_array() override {
    if (place_ == Place::offsets && offset_count_ != 2) {
      reject("data_offsets are {} numbers, expected 2", offset_count_);
    }
    place_ = Place::fields;
    return true;
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (place_ != Place::shape && place_ != Place::offsets) unexpected("a number");
    if (value > static_cast<number_unsigned_t>(INT64_MAX)) reject("{} is larger than any file", value);
    const auto number = static_cast<std::int64_t>(value);
    if (place_ == Place::shape) {
      add_extent(number);
    } else {
      if (offset_count_ == 2) reject("data_offsets are more than 2 numbers");
      (offset_count_++ == 0 ? tensor_.begin : tensor_.end) = number;
    }
    return true;
  }
  bool number_integer(number_integer_t value) override {
    if (place_ != Place::shape && place_ != Place::offsets) unexpected("a number");
    reject("{} is negative", value);
  }
  bool number_float(number_float_t, const string_t& text) override {
    unexpected(("the number " + shortened(text, 40)).c_str());
  }
  bool null() override { unexpected("null"); }
  bool boolean(bool) override { unexpected("a boolean"); }
  bool binary(binary_t&) override { unexpected("bytes"); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 5: syntax error while ...": the part after the
    // position, for the offset in the file says more than line and column.
    std::string_view what = error.what();  // may be as long as a text
    what.remove_prefix(what.find("] ") + 2);
    if (what.starts_with("parse error at")) what.remove_prefix(what.find(": ") + 2);
    std::string text = shortened(what, 200);
    for (char& c : text) c = c < ' ' || c > '~' ? '?' : c;  // it quotes bytes of the file
    fail_at_offset("is no JSON: " + text);
  }

 private:
  enum class Place : std::uint8_t {
    before,          // the first brace
    names,           // a tensor's name, or "__metadata__"
    tensor_value,    // the brace after a tensor's name
    fields,          // "dtype", "shape" or "data_offsets"
    dtype,           // its value
    shape_value,     // the bracket of a shape
    shape,           // its numbers
    offsets_value,   // the bracket of data_offsets
    offsets,         // their numbers
    metadata_value,  // the brace after "__metadata__"
    texts,           // a text's name
    text,            // its value
    after            // the last brace
  };

  [[noreturn]] void fail_at_offset(const std::string& what) const {
    fail<FileError>(file_.op(), "\"{}\": the header {} (at byte {})", file_.path(), what, bytes_.offset());
  }
  template <class... Args>
  [[noreturn]] void reject(fmt::format_string<Args...> format, Args&&... args) const {
    fail_at_offset(fmt::format("is wrong: {}{}", where(), fmt::format(format, std::forward<Args>(args)...)));
  }
  [[noreturn]] void unexpected(const char* what) const { reject("{} is not expected here", what); }
  std::string where() const {
    if (place_ == Place::before || place_ == Place::names || place_ == Place::after) return "";
    return place_ >= Place::metadata_value ? std::string(metadata_key) + ": " : shown(tensor_.name) + ": ";
  }

  void begin_entry(const string_t& name) {
    if (name == metadata_key) {
      if (has_metadata_) reject("{} occurs twice", metadata_key);
      has_metadata_ = true;
      place_ = Place::metadata_value;
      return;
    }
    tensor_ = StoredTensor();
    tensor_.name = name;  // a copy has no spare capacity
    has_dtype_ = has_shape_ = has_offsets_ = false;
    offset_count_ = 0;
    place_ = Place::tensor_value;
  }

  void begin_field(const string_t& name) {
    const auto begin = [this, &name](bool& has, Place next) {
      if (has) reject("\"{}\" occurs twice", name);
      has = true;
      place_ = next;
    };
    if (name == "dtype") {
      begin(has_dtype_, Place::dtype);
    } else if (name == "shape") {
      begin(has_shape_, Place::shape_value);
    } else if (name == "data_offsets") {
      begin(has_offsets_, Place::offsets_value);
    } else {
      reject("{} is no field of a tensor", shown(name));
    }
  }

  void set_dtype(const string_t& name) {
    const std::optional<Stored> stored = stored_named(name);
    if (!stored) {
      reject("the dtype {} is not read; these are: BOOL, U8, I32, I64, F32, F64, F16, BF16", shown(name));
    }
    tensor_.stored = *stored;
    place_ = Place::fields;
  }

  void add_extent(std::int64_t extent) {
    if (tensor_.shape.size() == Shape::max_dim) reject("more than {} dims", Shape::max_dim);
    tensor_.shape.push_back(extent);
  }

  void finish_tensor() {
    const char* missing = !has_dtype_ ? "dtype" : !has_shape_ ? "shape" : !has_offsets_ ? "data_offsets" : nullptr;
    if (missing) reject("\"{}\" is missing", missing);
    header_.tensors.push_back(std::move(tensor_));
  }

  FileReader& file_;
  HeaderBytes& bytes_;
  Header header_;
  std::vector<Metadata::Entry> texts_;
  Place place_ = Place::before;
  StoredTensor tensor_;
  std::string text_name_;
  bool has_dtype_ = false, has_shape_ = false, has_offsets_ = false, has_metadata_ = false;
  int offset_count_ = 0;
};

template <class... Args>
[[noreturn]] void reject(const FileReader& file, fmt::format_string<Args...> format, Args&&... args) {
  fail<FileError>(file.op(), "\"{}\": the header is wrong: {}", file.path(),
                  fmt::format(format, std::forward<Args>(args)...));
}

std::int64_t read_header_size(FileReader& file) {
  unsigned char bytes[8];
  file.read(bytes, 8, "the length of the header");
  std::uint64_t size = 0;
  for (int i = 7; i >= 0; --i) size = size << 8 | bytes[i];
  if (size > static_cast<std::uint64_t>(max_header_size)) {
    fail<FileError>(file.op(), "\"{}\" is no safetensors file: its header would have {} bytes, at most {} are allowed",
                    file.path(), size, max_header_size);
  }
  if (static_cast<std::int64_t>(size) > file.size() - 8) {
    fail<FileError>(file.op(), "\"{}\" is truncated: the header ends at byte {}, the file at {}", file.path(), 8 + size,
                    file.size());
  }
  return static_cast<std::int64_t>(size);
}

/// Sorted pointers to what may not occur twice.
template <class T, class Name>
void expect_unique(const FileReader& file, const std::vector<T>& entries, const char* what, Name name) {
  std::vector<const std::string*> names;
  for (const T& entry : entries) names.push_back(&name(entry));
  std::sort(names.begin(), names.end(), [](const std::string* a, const std::string* b) { return *a < *b; });
  const auto twice = std::adjacent_find(names.begin(), names.end(),
                                        [](const std::string* a, const std::string* b) { return *a == *b; });
  if (twice != names.end()) reject(file, "the {} {} occurs twice", what, shown(**twice));
}

/// The tensors' bytes lie one after another, from the end of the header to the end of the file.
void expect_tiling(const FileReader& file, const Header& header) {
  std::vector<const StoredTensor*> order;
  for (const StoredTensor& tensor : header.tensors) order.push_back(&tensor);
  std::sort(order.begin(), order.end(), [](const StoredTensor* a, const StoredTensor* b) {
    return a->begin != b->begin ? a->begin < b->begin : a->end < b->end;
  });
  std::int64_t end = 0;
  for (const StoredTensor* tensor : order) {
    const std::optional<std::int64_t> bytes = bytes_of(tensor->shape, size_of(tensor->stored));
    if (!bytes) reject(file, "{} of shape {} is larger than any file", shown(tensor->name), tensor->shape);
    if (tensor->begin != end) {
      reject(file, "{} begins at byte {} of the data, expected {}", shown(tensor->name), tensor->begin, end);
    }
    if (tensor->end - tensor->begin != *bytes) {
      reject(file, "{} of dtype {} and shape {} takes {} bytes, data_offsets [{}, {}] say {}", shown(tensor->name),
             name_of(tensor->stored), tensor->shape, *bytes, tensor->begin, tensor->end, tensor->end - tensor->begin);
    }
    end = tensor->end;
  }
  if (end > file.size() - header.data) {
    fail<FileError>(file.op(), "\"{}\" is truncated: the data ends at byte {}, the file at {}", file.path(),
                    header.data + end, file.size());
  }
  if (end < file.size() - header.data) {
    fail<FileError>(file.op(), "\"{}\" has {} bytes after the last tensor, at byte {}", file.path(),
                    file.size() - header.data - end, header.data + end);
  }
}

std::string quoted(const char* op, const std::string& text) {
  try {
    std::string quoted = nlohmann::json(text).dump();
    if (static_cast<std::int64_t>(quoted.size()) > max_text_size) {
      fail<ValueError>(op, "the name or text {} takes {} bytes, at most {} are allowed", shown(text), quoted.size(),
                       max_text_size);
    }
    return quoted;
  } catch (const nlohmann::json::type_error&) {
    fail<ValueError>(op, "{} is not UTF-8", shown(text));
  }
}

}  // namespace

const char* name_of(Stored stored) noexcept { return stored_names[static_cast<int>(stored)]; }

Header read_header(FileReader& file) {
  const std::int64_t size = read_header_size(file);
  HeaderBytes bytes(file, size);
  if (size == 0 || bytes.current() != '{') {
    fail<FileError>(file.op(), "\"{}\" is no safetensors file: its header does not begin with '{{' (at byte 8)",
                    file.path());
  }
  HeaderParser parser(file, bytes);
  nlohmann::json::sax_parse(ByteIterator(&bytes), ByteIterator(), &parser);
  Header header = parser.take();
  header.data = 8 + size;
  expect_unique(file, header.tensors, "tensor", [](const StoredTensor& t) -> const std::string& { return t.name; });
  std::vector<Metadata::Entry> texts = parser.take_texts();
  expect_unique(file, texts, "text", [](const Metadata::Entry& e) -> const std::string& { return e.first; });
  header.metadata = Metadata(std::move(texts));
  expect_tiling(file, header);
  return header;
}

std::string header_text(const char* op, const std::vector<StoredTensor>& tensors, const Metadata& metadata) {
  std::string text = "{";
  const char* comma = "";
  if (!metadata.empty()) {
    text += fmt::format("\"{}\":{{", metadata_key);
    for (const auto& [name, value] : metadata) {
      text += fmt::format("{}{}:{}", std::exchange(comma, ","), quoted(op, name), quoted(op, value));
    }
    text += "}";
    comma = ",";
  }
  for (const StoredTensor& t : tensors) {
    text += fmt::format("{}{}:{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}}", std::exchange(comma, ","),
                        quoted(op, t.name), name_of(t.stored), fmt::join(t.shape.begin(), t.shape.end(), ","), t.begin,
                        t.end);
  }
  text += "}";
  text.append((8 - text.size() % 8) % 8, ' ');
  if (static_cast<std::int64_t>(text.size()) > max_header_size) {
    fail<ValueError>(op, "names and texts take {} bytes, at most {} are allowed", text.size(), max_header_size);
  }
  std::string length(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) length[i] = static_cast<char>(text.size() >> (8 * i) & 0xff);
  return length + text;
}

}  // namespace xtape::io
