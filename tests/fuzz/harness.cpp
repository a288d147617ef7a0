#include "fuzz/harness.hpp"

#include <sanitizer/allocator_interface.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <exception>
#include <filesystem>

namespace {

/// The bytes that are allocated, and the most that were at a time, while a Meter lives.
struct Meter {
  Meter() { current = this; }
  ~Meter() { current = nullptr; }
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;

  std::int64_t live = 0, peak = 0;
  static Meter* current;
};
Meter* Meter::current = nullptr;

}  // namespace

// AddressSanitizer calls these at every allocation and before every release.
extern "C" void __sanitizer_malloc_hook(const volatile void*, std::size_t size) {  // NOLINT: its name
  if (Meter* meter = Meter::current) {
    meter->live += static_cast<std::int64_t>(size);
    meter->peak = std::max(meter->peak, meter->live);
  }
}
extern "C" void __sanitizer_free_hook(const volatile void* p) {  // NOLINT: its name
  if (Meter* meter = Meter::current; meter && p) {
    meter->live -= static_cast<std::int64_t>(__sanitizer_get_allocated_size(p));
  }
}

namespace xtape::fuzz {

namespace {

constexpr std::int64_t small_file = 1 << 16, small_arrays = 4 << 20, most_beside = 16 << 20, most_per_entry = 1 << 10,
                       smallest_entry = 4;

void expect_one_line(const char* error, const std::string& path) {
  expect(std::strstr(error, ("\"" + path).c_str()) != nullptr, "the error names the file");  // "PATH: MEMBER"
  expect(std::strlen(error) < 1000, "the error is short");
  for (const char* c = error; *c; ++c) expect(*c >= ' ' || *c < 0, "the error is one line");
}

std::int64_t bytes_in(const StateDict& tensors) {
  std::int64_t bytes = 0;
  for (const auto& [name, t] : tensors) bytes += t.numel() * itemsize(t.dtype());
  return bytes;
}

const std::byte* bytes_at(const Tensor& t) {
  const auto data = [&t]() -> const void* {
    switch (t.dtype()) {
      case DType::bool_: return t.data<bool>();
      case DType::uint8: return t.data<std::uint8_t>();
      case DType::int32: return t.data<std::int32_t>();
      case DType::int64: return t.data<std::int64_t>();
      case DType::float32: return t.data<float>();
      default: return t.data<double>();
    }
  };
  return static_cast<const std::byte*>(data());
}

/// Of the processor, for this process.
double seconds_used() {
  timespec time;
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace

void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "expected: %s\n", what);
  std::abort();
}

const std::string& file_of(Bytes bytes) {
  static const int file = ::memfd_create("input", MFD_CLOEXEC);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  const auto size = static_cast<off_t>(bytes.size());
  expect(::ftruncate(file, size) == 0 && ::pwrite(file, bytes.data(), bytes.size(), 0) == size, "a file in memory");
  return path;
}

const std::string& directory() {
  struct Directory {
    Directory() { std::filesystem::create_directories(path); }
    ~Directory() {
      std::error_code ignored;
      std::filesystem::remove_all(path, ignored);
    }
    const std::string path = "/dev/shm/xtape-fuzz-" + std::to_string(::getpid());
  };
  static const Directory directory;
  return directory.path;
}

void expect_well_formed(const StateDict& tensors) {
  std::int64_t sum = 0;
  for (const auto& [name, t] : tensors) {
    expect(tensors.contains(name) && &tensors.at(name) == &t, "a name finds its tensor");
    std::int64_t numel = 1;
    for (std::int64_t extent : t.shape()) expect(!__builtin_mul_overflow(numel, extent, &numel), "extents are sane");
    expect(t.numel() == numel, "the shape has as many elements as the tensor");
    const std::byte* bytes = bytes_at(t);
    for (std::int64_t i = 0; i < numel * itemsize(t.dtype()); ++i) {
      sum += static_cast<int>(bytes[i]);
      if (t.dtype() == DType::bool_) expect(bytes[i] <= std::byte{1}, "a bool is 0 or 1");
    }
  }
  expect(sum <= 255 * bytes_in(tensors), "every element can be read");
}

void expect_equal_bits(const StateDict& a, const StateDict& b) {
  expect(a.size() == b.size(), "as many tensors");
  for (const auto& [name, x] : a) {
    expect(b.contains(name), "the same names");
    const Tensor& y = b.at(name);
    expect(x.dtype() == y.dtype() && x.shape() == y.shape(), "the same dtype and shape");
    const auto bytes = static_cast<std::size_t>(x.numel() * itemsize(x.dtype()));
    expect(bytes == 0 || std::memcmp(bytes_at(x), bytes_at(y), bytes) == 0, "the same bits");
  }
}

bool load_within_bounds(Bytes bytes, const Load& load, StateDict& loaded, const Bounds& bounds) {
  const std::string& path = file_of(bytes);
  const auto size = static_cast<std::int64_t>(bytes.size());
  std::int64_t peak = 0, arrays = bounds.most_declared;
  bool is_loaded = false;
  const double start = seconds_used();
  try {
    Meter meter;
    try {
      loaded = load(path);
      is_loaded = true;
    } catch (...) {
      peak = meter.peak;
      throw;
    }
    peak = meter.peak;
    arrays = std::max(arrays, bytes_in(loaded));
  } catch (const FileError& error) {
    expect_one_line(error.what(), path);
  }
  expect(seconds_used() - start < 1, "reading takes less than a second");
  const std::int64_t entries = is_loaded ? static_cast<std::int64_t>(loaded.size()) : size / smallest_entry;
  const bool is_small = size <= small_file && arrays <= small_arrays;
  const std::int64_t most =
      2 * std::max(size, arrays) + (is_small ? bounds.most_beside_small : most_beside) + most_per_entry * entries;
  if (peak > most) {
    std::fprintf(stderr, "%lld bytes were allocated, at most %lld are allowed\n", static_cast<long long>(peak),
                 static_cast<long long>(most));
    std::abort();
  }
  if (is_loaded) expect_well_formed(loaded);
  return is_loaded;
}

bool load_within_bounds(Bytes bytes, const Load& load) {
  StateDict ignored;
  return load_within_bounds(bytes, load, ignored);
}

StateDict dict_of(Tensor x) {
  StateDict dict;
  dict.insert("x", std::move(x));
  return dict;
}

}  // namespace xtape::fuzz
