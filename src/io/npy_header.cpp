#include "io/npy_header.hpp"

#include <cstring>
#include <string_view>

#include "core/fail.hpp"

namespace xtape::io {

namespace {

constexpr char magic[] = "\x93NUMPY";
constexpr std::int64_t magic_size = 6, longest_header = 1 << 16;  // NumPy's own are shorter than 200 bytes

struct NpyType {
  const char* code;  // after the byte order
  DType dtype;
};
constexpr NpyType types[] = {{"b1", DType::bool_}, {"u1", DType::uint8},   {"i4", DType::int32},
                             {"i8", DType::int64}, {"f4", DType::float32}, {"f8", DType::float64}};

/// Parses exactly what NumPy writes: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } with its three keys in
/// any order. It is Python's notation, but nothing of Python is needed beyond these strings, truths and tuples.
class DictParser {
 public:
  DictParser(std::string_view text, const ByteSource& file) : text_(text), file_(file) {}

  NpyHeader parse() {
    expect('{');
    while (!accept('}')) {
      const std::string key = string();
      expect(':');
      parse_value(key);
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    if (skip_spaces(); at_ != text_.size()) reject("text follows the dict");
    const char* missing = !has_descr_ ? "descr" : !has_order_ ? "fortran_order" : !has_shape_ ? "shape" : nullptr;
    if (missing) reject("'{}' is missing", missing);
    return header_;
  }

 private:
  template <class... Args>
  [[noreturn]] void reject(fmt::format_string<Args...> format, Args&&... args) const {
    fail<FileError>(file_.op(), "\"{}\": the header is wrong: {}", file_.path(),
                    fmt::format(format, std::forward<Args>(args)...));
  }

  void parse_value(const std::string& key) {
    if (key == "descr") {
      set_once(has_descr_, key);
      set_dtype(string());
    } else if (key == "fortran_order") {
      set_once(has_order_, key);
      header_.is_fortran_order = truth();
    } else if (key == "shape") {
      set_once(has_shape_, key);
      parse_shape();
    } else {
      reject("'{}' is no key of it", shown(key));
    }
  }

  void set_once(bool& has, const std::string& key) const {
    if (has) reject("'{}' occurs twice", key);
    has = true;
  }

  void set_dtype(const std::string& descr) {
    const char order = descr.empty() ? '\0' : descr[0];
    for (const NpyType& type : types) {
      const bool is_byte = type.code[1] == '1';
      if (descr.substr(descr.empty() ? 0 : 1) != type.code) continue;
      if (is_byte ? order == '|' : order == '<' || order == '>') {
        header_.dtype = type.dtype;
        header_.is_big_endian = order == '>';
        return;
      }
    }
    if (descr.size() > 1 && descr[1] == 'O') reject("it holds pickled Python objects, which are never read");
    reject("the dtype '{}' is not read; these are: bool, uint8, int32, int64, float32, float64", shown(descr));
  }

  void parse_shape() {
    expect('(');
    while (!accept(')')) {
      if (header_.shape.size() == Shape::max_dim) reject("more than {} dims", Shape::max_dim);
      header_.shape.push_back(integer());
      if (!accept(',')) {
        expect(')');
        if (header_.shape.size() == 1) reject("the shape ({}) is a number, not a tuple", header_.shape[0]);
        break;
      }
    }
  }

  std::int64_t integer() {
    skip_spaces();
    std::int64_t value = 0;
    const std::size_t first = at_;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, text_[at_] - '0', &value)) {
        reject("an extent is larger than any file");
      }
    }
    if (at_ == first) reject("an extent is no number");
    return value;
  }

  bool truth() {
    skip_spaces();
    for (const auto& [word, value] : {std::pair{"True", true}, {"False", false}}) {
      if (text_.substr(at_, std::strlen(word)) == word) {
        at_ += std::strlen(word);
        return value;
      }
    }
    reject("'fortran_order' is neither True nor False");
  }

  std::string string() {
    skip_spaces();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '\'' && quote != '"') reject("a string is expected at its byte {}", at_);
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) reject("a string has no end");
    const std::string_view inside = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return std::string(inside);
  }

  void expect(char c) {
    if (!accept(c)) reject("'{}' is expected at its byte {}", c, at_);
  }
  bool accept(char c) {
    skip_spaces();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void skip_spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  /// Bytes of the file, on one line of plain characters.
  static std::string shown(std::string text) {
    if (text.size() > 40) text = text.substr(0, 40) + "...";
    for (char& c : text) c = c < ' ' || c > '~' ? '?' : c;
    return text;
  }

  std::string_view text_;
  const ByteSource& file_;
  std::size_t at_ = 0;
  NpyHeader header_;
  bool has_descr_ = false, has_order_ = false, has_shape_ = false;
};

}  // namespace

NpyHeader read_npy_header(ByteSource& file) {
  unsigned char bytes[8];
  file.read(bytes, 8, "the magic string");
  if (std::memcmp(bytes, magic, magic_size) != 0) {
    fail<FileError>(file.op(), "\"{}\" is no .npy file: it does not begin with \\x93NUMPY", file.path());
  }
  const int major = bytes[6], minor = bytes[7];
  if (major < 1 || major > 3 || minor != 0) {
    fail<FileError>(file.op(), "\"{}\" has version {}.{}; 1.0, 2.0 and 3.0 are read", file.path(), major, minor);
  }
  unsigned char length[4] = {};
  file.read(length, major == 1 ? 2 : 4, "the length of the header");
  const std::int64_t size = length[0] | length[1] << 8 | length[2] << 16 | std::int64_t{length[3]} << 24;
  if (size > longest_header) {
    fail<FileError>(file.op(), "\"{}\": the header would have {} bytes, at most {} are read", file.path(), size,
                    longest_header);
  }
  std::string text(static_cast<std::size_t>(size), '\0');
  file.read(text.data(), size, "the header");
  return DictParser(text, file).parse();
}

std::string npy_header_text(DType dtype, const Shape& shape) {
  const NpyType& type = types[static_cast<int>(dtype)];
  const std::string extents = fmt::format("{}", fmt::join(shape.begin(), shape.end(), ", "));
  std::string dict = fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': ({}{}), }}",
                                 type.code[1] == '1' ? '|' : '<', type.code, extents, shape.size() == 1 ? "," : "");
  constexpr std::size_t before = magic_size + 4, aligned = 64;
  dict.append(aligned - 1 - (before + dict.size()) % aligned, ' ');
  dict += '\n';
  std::string text(magic, magic_size);
  text += {'\1', '\0', static_cast<char>(dict.size() & 0xff), static_cast<char>(dict.size() >> 8)};
  return text + dict;
}

}  // namespace xtape::io
