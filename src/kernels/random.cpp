#include "kernels/random.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/isa.hpp"
#include "kernels/plain_math.hpp"

namespace xtape::kernels {

namespace {

using Word = std::uint32_t;
constexpr int most_blocks = 64;
__extension__ using uint128 = unsigned __int128;

std::uint64_t pair(const Word* words) noexcept { return words[0] | std::uint64_t{words[1]} << 32; }

double unit53(const Word* words) noexcept { return static_cast<double>(pair(words) >> 11) * 0x1p-53; }

std::int64_t below(std::uint64_t range, std::uint64_t u) noexcept {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(uint128{u} * range >> 64));
}

/// Calls convert(words, values, count) for runs of whole blocks; a block of which only some elements are wanted goes
/// through a buffer.
template <std::int64_t per_block, class T, class Convert>
void fill(const RandomStream& s, std::int64_t first, std::int64_t n, T* out, Convert convert) {
  Word words[4 * most_blocks];
  T values[per_block * most_blocks];
  std::int64_t block = first / per_block, skip = first % per_block;
  for (std::int64_t done = 0; done < n; block += most_blocks, skip = 0) {
    const std::int64_t wanted = std::min(n - done, per_block * most_blocks - skip);
    const auto blocks = static_cast<int>(blocks_for(skip + wanted, per_block));
    const int padded = (blocks + philox_multiple - 1) / philox_multiple * philox_multiple;
    isa().philox(s, static_cast<std::uint64_t>(block), padded, words);
    const std::int64_t count = blocks * per_block;
    if (count == wanted) {
      convert(words, out + done, count);
    } else {
      convert(words, values, count);
      std::copy_n(values + skip, wanted, out + done);
    }
    done += wanted;
  }
}

/// Two normal numbers from u in (0, 1] and v in [0, 1).
struct Pair {
  double a, b;
};
Pair box_muller(double u, double v) noexcept {
  const double r = std::sqrt(-2 * plain_log(u));
  const auto [sin, cos] = plain_sincos_turns(v);
  return {r * cos, r * sin};
}

}  // namespace

template <>
void uniform(const RandomStream& s, std::int64_t first, std::int64_t n, float* out) {
  fill<reals_per_block<float>>(s, first, n, out, [](const Word* words, float* y, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) y[i] = static_cast<float>(words[i] >> 8) * 0x1p-24f;
  });
}

template <>
void uniform(const RandomStream& s, std::int64_t first, std::int64_t n, double* out) {
  fill<reals_per_block<double>>(s, first, n, out, [](const Word* words, double* y, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) y[i] = unit53(words + 2 * i);
  });
}

template <>
void normal(const RandomStream& s, std::int64_t first, std::int64_t n, float* out) {
  // All 32 bits of a word, in double: the tail reaches 6.6, and only the result is rounded to float.
  fill<reals_per_block<float>>(s, first, n, out, [](const Word* words, float* y, std::int64_t count) {
    for (std::int64_t i = 0; i < count; i += 2) {
      const auto [a, b] = box_muller((words[i] + 1.0) * 0x1p-32, words[i + 1] * 0x1p-32);
      y[i] = static_cast<float>(a);
      y[i + 1] = static_cast<float>(b);
    }
  });
}

template <>
void normal(const RandomStream& s, std::int64_t first, std::int64_t n, double* out) {
  fill<reals_per_block<double>>(s, first, n, out, [](const Word* words, double* y, std::int64_t count) {
    for (std::int64_t i = 0; i < count; i += 2) {
      const auto [a, b] = box_muller(1 - unit53(words + 2 * i), unit53(words + 2 * i + 2));
      y[i] = a;
      y[i + 1] = b;
    }
  });
}

void randint(const RandomStream& s, std::int64_t first, std::int64_t n, std::int64_t low, std::uint64_t range,
             std::int64_t* out) {
  fill<integers_per_block>(s, first, n, out, [low, range](const Word* words, auto* y, std::int64_t count) {
    // Unsigned, since low + offset may wrap around.
    for (std::int64_t i = 0; i < count; ++i) {
      y[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(low) +
                                       static_cast<std::uint64_t>(below(range, pair(words + 2 * i))));
    }
  });
}

void permutation(const RandomStream& s, std::int64_t n, std::int64_t* out) {
  constexpr std::int64_t chunk = integers_per_block * most_blocks;
  std::uint64_t u[chunk];
  for (std::int64_t i = 0; i < n; ++i) out[i] = i;
  for (std::int64_t done = 0; done < n; done += chunk) {
    const std::int64_t count = std::min(chunk, n - done);
    fill<integers_per_block>(s, done, count, u, [](const Word* words, std::uint64_t* y, std::int64_t m) {
      for (std::int64_t i = 0; i < m; ++i) y[i] = pair(words + 2 * i);
    });
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t left = n - (done + i);
      std::swap(out[left - 1], out[below(static_cast<std::uint64_t>(left), u[i])]);
    }
  }
}

template <class T>
void bernoulli(const RandomStream& s, std::int64_t first, std::int64_t n, const T* p, T* out) {
  constexpr std::int64_t chunk = reals_per_block<double> * most_blocks;
  double u[chunk];
  for (std::int64_t done = 0; done < n; done += chunk) {
    const std::int64_t count = std::min(chunk, n - done);
    uniform(s, first + done, count, u);
    for (std::int64_t i = 0; i < count; ++i) {
      out[done + i] = u[i] < static_cast<double>(p[done + i]) ? T{1} : T{0};
    }
  }
}
template void bernoulli(const RandomStream&, std::int64_t, std::int64_t, const float*, float*);
template void bernoulli(const RandomStream&, std::int64_t, std::int64_t, const double*, double*);

std::uint64_t derived_seed(std::uint64_t seed, StreamUse use, std::uint64_t epoch, std::uint64_t number) noexcept {
  Word words[4 * philox_multiple];
  isa().philox(keyed_stream(seed, use, epoch), number, philox_multiple, words);
  return pair(words);
}

}  // namespace xtape::kernels
