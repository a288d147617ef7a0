#include "support/golden.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <bit>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace xtape::testing {

static_assert(std::endian::native == std::endian::little);

// The only source of xtape_tests that contains a path of this machine; the others compile to the same everywhere.
std::string source_file(const std::string& path) { return XTAPE_SOURCE_DIR "/" + path; }
std::string golden_file(const std::string& name) { return source_file("tests/golden/" + name); }

namespace {

using Bytes = std::vector<unsigned char>;

/// Reads values from a payload, one after the other, and throws at its end.
class Cursor {
 public:
  explicit Cursor(const Bytes& bytes) : p_(bytes.data()), end_(p_ + bytes.size()) {}
  const unsigned char* take(std::uint64_t n) {
    if (n > static_cast<std::uint64_t>(end_ - p_)) throw std::runtime_error("a record ends beyond the file");
    return std::exchange(p_, p_ + n);
  }
  template <class T>
  T value() {
    T x;
    std::memcpy(&x, take(sizeof x), sizeof x);
    return x;
  }
  bool at_end() const { return p_ == end_; }

 private:
  const unsigned char *p_, *end_;
};

Tensor read_tensor(Cursor& cursor) {
  const auto code = cursor.value<std::uint8_t>(), rank = cursor.value<std::uint8_t>();
  if (code > static_cast<std::uint8_t>(float64) || rank > Shape::max_dim) throw std::runtime_error("not a tensor");
  const auto dtype = static_cast<DType>(code);
  Shape shape;
  std::uint64_t bytes = static_cast<std::uint64_t>(itemsize(dtype));
  for (int d = 0; d < rank; ++d) {
    const auto extent = cursor.value<std::int64_t>();
    if (extent < 0 || extent > 1 << 20) throw std::runtime_error("not a shape");
    shape.push_back(extent);
    bytes *= static_cast<std::uint64_t>(extent);
  }
  const unsigned char* data = cursor.take(bytes);
  Tensor x = empty(shape, {.dtype = dtype});
  void* to = dtype == bool_     ? static_cast<void*>(x.data<bool>())
             : dtype == uint8   ? static_cast<void*>(x.data<std::uint8_t>())
             : dtype == int32   ? static_cast<void*>(x.data<std::int32_t>())
             : dtype == int64   ? static_cast<void*>(x.data<std::int64_t>())
             : dtype == float32 ? static_cast<void*>(x.data<float>())
                                : static_cast<void*>(x.data<double>());
  if (bytes > 0) std::memcpy(to, data, bytes);
  return x;
}

/// The payload of a file whose first line ends in ": <cases> cases, <bytes> bytes".
Bytes decompress(const Bytes& file, std::size_t& cases) {
  std::size_t line = 0, bytes = 0;
  while (line < file.size() && file[line] != '\n') ++line;
  const std::string header(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(line));
  const std::size_t colon = header.rfind(": ");
  if (header.rfind("xtape golden file, by ", 0) != 0 || colon == header.npos ||
      std::sscanf(header.c_str() + colon, ": %zu cases, %zu bytes", &cases, &bytes) != 2 || bytes > 1u << 28) {
    throw std::runtime_error("its first line is not that of a golden file");
  }
  Bytes payload(bytes + 1);  // one more, to notice a payload that is too long
  uLongf got = payload.size();
  uLong used = file.size() - line - 1;
  const uLong given = used;
  if (uncompress2(payload.data(), &got, file.data() + line + 1, &used) != Z_OK || got != bytes || used != given) {
    throw std::runtime_error("its stream is damaged, or not as long as its first line says");
  }
  payload.resize(bytes);
  return payload;
}

}  // namespace

GoldenFile::GoldenFile(const std::string& path) : path_(path) {
  std::ifstream in(path, std::ios::binary);
  const Bytes file{std::istreambuf_iterator<char>(in), {}};
  try {
    std::size_t cases = 0;
    read(decompress(file, cases));
    if (names_.size() != cases) throw std::runtime_error("it does not have as many cases as its first line says");
  } catch (const std::runtime_error& e) {
    throw std::runtime_error(path + ": " + e.what());
  }
}

void GoldenFile::read(const Bytes& payload) {
  Cursor cursor(payload);
  while (!cursor.at_end()) {
    const auto length = cursor.value<std::uint32_t>();
    const unsigned char* text = cursor.take(length);
    names_.emplace_back(text, text + length);
    std::vector<Tensor> tensors(cursor.value<std::uint8_t>());
    for (Tensor& x : tensors) x = read_tensor(cursor);
    if (!cases_.emplace(names_.back(), std::move(tensors)).second) {
      throw std::runtime_error("it has two cases named " + names_.back());
    }
  }
}

std::vector<Tensor> GoldenFile::take(const std::string& name) {
  auto node = cases_.extract(name);
  if (node.empty()) throw std::runtime_error(path_ + ": no case is named " + name + ", or it has been taken before");
  return std::move(node.mapped());
}

void GoldenFile::expect_all_taken() const {
  EXPECT_TRUE(cases_.empty()) << path_ << ": " << cases_.size() << " cases were not taken, the first is "
                              << cases_.begin()->first;
}

Comparison::~Comparison() {
  ::testing::Test::RecordProperty("cases", cases_);
  for (const auto& [dtype, error] : largest_) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2g", error);
    ::testing::Test::RecordProperty(std::string("largest_error_") + to_string(dtype), text + (" at " + where_[dtype]));
  }
}

void Comparison::expect_same(const std::string& name, const std::vector<Tensor>& ours,
                             const std::vector<Tensor>& theirs) {
  ++cases_;
  EXPECT_EQ(ours.size(), theirs.size()) << name;
  for (std::size_t k = 0; k < std::min(ours.size(), theirs.size()); ++k) {
    compare(name + ", result " + std::to_string(k), ours[k], theirs[k]);
  }
}

void Comparison::compare(const std::string& what, const Tensor& ours, const Tensor& theirs) {
  const DType dtype = theirs.dtype();
  EXPECT_EQ(ours.dtype(), dtype) << what << ": " << to_string(ours.dtype()) << ", PyTorch's is " << to_string(dtype);
  EXPECT_EQ(ours.shape(), theirs.shape())
      << what << ": " << ours.shape().to_string() << ", PyTorch's is " << theirs.shape().to_string();
  if (ours.dtype() != dtype || ours.shape() != theirs.shape()) return;
  const double tolerance = dtype == float64 ? closeness_.float64 : dtype == float32 ? closeness_.float32 : 0;
  const std::vector<double> x = ours.detach().to(float64).to_vector<double>();
  const std::vector<double> y = theirs.to(float64).to_vector<double>();
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double error = x[i] == y[i] || (std::isnan(x[i]) && std::isnan(y[i]))
                             ? 0
                             : std::abs(x[i] - y[i]) / std::max(closeness_.floor, std::abs(y[i]));
    if (error <= tolerance) {
      if (is_floating(dtype) && (largest_.count(dtype) == 0 || error > largest_[dtype])) {
        largest_[dtype] = error;
        where_[dtype] = what;
      }
      continue;
    }
    ADD_FAILURE() << what << ", element " << i << " is " << ::testing::PrintToString(x[i]) << ", PyTorch's is "
                  << ::testing::PrintToString(y[i]) << " (" << to_string(dtype) << ", error " << error << ")";
    return;
  }
}

}  // namespace xtape::testing
