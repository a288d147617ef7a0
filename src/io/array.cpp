#include "io/array.hpp"

#include <algorithm>
#include <cstring>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"

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

}  // namespace

std::optional<std::int64_t> bytes_of(const Shape& shape, std::int64_t itemsize) {
  std::int64_t bytes = itemsize;
  for (std::int64_t extent : shape) {
    if (__builtin_mul_overflow(bytes, std::max<std::int64_t>(extent, 1), &bytes)) return std::nullopt;
  }
  return shape.numel() == 0 ? 0 : bytes;
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

void read_truths(ByteSource& file, const std::string& name, std::byte* to, std::int64_t n) {
  const std::int64_t first = file.offset();
  file.read(to, n, "the data");
  const std::byte* wrong = std::find_if(to, to + n, [](std::byte b) { return b > std::byte{1}; });
  if (wrong == to + n) return;
  fail<FileError>(file.op(), "\"{}\": byte {} is {}, a bool of {} is 0 or 1", file.path(), first + (wrong - to),
                  static_cast<int>(*wrong), name);
}

}  // namespace xtape::io
