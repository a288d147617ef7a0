#include "io/array.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "kernels/half.hpp"

namespace xtape::io {

namespace {

template <class Word, class Reverse>
void reverse_each(std::byte* x, std::int64_t bytes, Reverse reverse) {
  for (std::byte* const end = x + bytes; x != end; x += sizeof(Word)) {
    Word word;
    std::memcpy(&word, x, sizeof word);
    word = reverse(word);
    std::memcpy(x, &word, sizeof word);
  }
}

/// Reads `n` elements of 16 bits and makes float32 of them.
void read_halves(ByteSource& file, Stored stored, float* to, std::int64_t n) {
  constexpr std::int64_t block = 1 << 14;  // elements that are converted at a time
  std::vector<std::uint16_t> halves(block);
  for (std::int64_t count; n > 0; n -= count, to += count) {
    count = std::min(block, n);
    file.read(halves.data(), count * 2, "the data");
    (stored == Stored::f16 ? kernels::from_float16 : kernels::from_bfloat16)(halves.data(), count, to);
  }
}

/// Reads `n` bools. FileError for a byte that is neither 0 nor 1.
void read_bools(ByteSource& file, const std::string& name, std::byte* to, std::int64_t n) {
  const std::int64_t first = file.offset();
  file.read(to, n, "the data");
  const std::byte* wrong = std::find_if(to, to + n, [](std::byte b) { return b > std::byte{1}; });
  if (wrong == to + n) return;
  fail<FileError>(file.op(), "\"{}\": byte {} is {}, a bool of {} is 0 or 1", file.path(), first + (wrong - to),
                  static_cast<int>(*wrong), name);
}

}  // namespace

std::int64_t size_of(Stored stored) noexcept { return stored >= Stored::f16 ? 2 : itemsize(dtype_of_stored(stored)); }

DType dtype_of_stored(Stored stored) noexcept {
  return stored >= Stored::f16 ? DType::float32 : static_cast<DType>(stored);
}

std::optional<std::int64_t> bytes_of(const Shape& shape, std::int64_t itemsize) {
  std::int64_t bytes = itemsize;
  for (std::int64_t extent : shape) {
    if (__builtin_mul_overflow(bytes, std::max<std::int64_t>(extent, 1), &bytes)) return std::nullopt;
  }
  return shape.numel() == 0 ? 0 : bytes;
}

std::int64_t checked_bytes(const ByteSource& file, const char* type, const Shape& shape, std::int64_t itemsize) {
  const std::optional<std::int64_t> bytes = bytes_of(shape, itemsize);
  if (bytes && *bytes <= file.most_left()) return *bytes;
  fail<FileError>(file.op(), "\"{}\" is truncated or damaged: its header says {} of shape {}, more than it can hold",
                  file.path(), type, shape);
}

Tensor make_array(const ByteSource& file, const std::string& name, const Shape& shape, DType dtype) {
  try {
    return xtape::detail::make_tensor(shape, dtype);
  } catch (const Error&) {
    fail<FileError>(file.op(), "\"{}\": there is no memory for {} of shape {}", file.path(), name, shape);
  }
}

void reverse_bytes(std::byte* x, std::int64_t bytes, std::int64_t itemsize) {
  switch (itemsize) {
    case 4: return reverse_each<std::uint32_t>(x, bytes, [](std::uint32_t v) { return __builtin_bswap32(v); });
    case 8: return reverse_each<std::uint64_t>(x, bytes, [](std::uint64_t v) { return __builtin_bswap64(v); });
    default: return;
  }
}

void read_elements(ByteSource& file, const std::string& name, Stored stored, const Tensor& y) {
  if (stored >= Stored::f16) {
    read_halves(file, stored, xtape::detail::elements<float>(y), y.numel());
  } else if (stored == Stored::boolean) {
    read_bools(file, name, y.impl()->data, y.numel());
  } else {
    file.read(y.impl()->data, y.numel() * size_of(stored), "the data");
  }
}

void expect_end(ByteSource& file) {
  char more;
  if (file.read_some(&more, 1) == 0) return;
  fail<FileError>(file.op(), "\"{}\" has data after the array, at byte {}", file.path(), file.offset() - 1);
}

}  // namespace xtape::io
