#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "support/isas.hpp"

namespace xtape {
namespace {

using kernels::Isa;
using testing::each_isa;

constexpr std::uint64_t all_ones = ~std::uint64_t{0};

/// The first block of a stream.
using Block = std::array<std::uint32_t, 4>;
Block first_block(const Isa& isa, const RandomStream& s) {
  std::uint32_t words[4 * kernels::philox_multiple];
  isa.philox(s, 0, kernels::philox_multiple, words);
  return {words[0], words[1], words[2], words[3]};
}

// The known answers published with Random123.
TEST(Philox, GivesTheKnownAnswerForZeros) {
  each_isa([](const Isa& isa) {
    EXPECT_EQ(first_block(isa, {0, 0, 0}), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  });
}
TEST(Philox, GivesTheKnownAnswerForOnes) {
  each_isa([](const Isa& isa) {
    EXPECT_EQ(first_block(isa, {all_ones, all_ones, all_ones}),
              (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  });
}
TEST(Philox, GivesTheKnownAnswerForPi) {
  each_isa([](const Isa& isa) {
    EXPECT_EQ(first_block(isa, {0x299f31d0a4093822, 0x85a308d3243f6a88, 0x0370734413198a2e}),
              (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
  });
}

TEST(Philox, BlocksAreTheSameAloneAndSideBySide) {
  each_isa([](const Isa& isa) {
    RandomStream s{0x0123456789abcdef, 0xfffffffe, 7};  // the counter's low word will overflow
    constexpr std::uint64_t blocks = 3 * kernels::philox_multiple;
    std::uint32_t words[4 * blocks];
    isa.philox(s, 1, blocks, words);
    for (std::uint64_t b = 0; b < blocks; ++b) {
      s.position = 0xffffffff + b;
      EXPECT_EQ(first_block(isa, s), (Block{words[4 * b], words[4 * b + 1], words[4 * b + 2], words[4 * b + 3]}));
    }
  });
}

std::vector<std::uint8_t> mask_of(const Isa& isa, std::int64_t first, std::int64_t n, double keep) {
  std::vector<std::uint8_t> mask(static_cast<std::size_t>(n));
  isa.keep_mask({3, 11, 5}, first, n, keep, mask.data());
  return mask;
}

TEST(KeepMask, ComparesEachWordWithTheShareToKeep) {
  each_isa([](const Isa& isa) {
    std::uint32_t words[4 * 5 * kernels::philox_multiple];
    isa.philox({3, 11, 5}, 0, 5 * kernels::philox_multiple, words);
    for (double keep : {0.0, 1e-9, 0.3, 0.5, 0.9, 1 - 1e-9, 1.0}) {
      const std::vector<std::uint8_t> mask = mask_of(isa, 0, 4 * 5 * kernels::philox_multiple, keep);
      for (std::size_t i = 0; i < mask.size(); ++i) ASSERT_EQ(mask[i], words[i] < keep * 0x1p32) << keep << " at " << i;
    }
  });
}

TEST(KeepMask, OfAPartEqualsThatPartOfTheMask) {
  each_isa([](const Isa& isa) {
    const std::vector<std::uint8_t> whole = mask_of(isa, 0, 600, 0.4);
    for (std::int64_t first : {0, 4, 60, 64, 256, 596}) {
      for (std::int64_t n : {0, 1, 3, 4, 31, 63, 64, 65, 300}) {
        if (first + n > 600) continue;
        EXPECT_EQ(mask_of(isa, first, n, 0.4),
                  std::vector<std::uint8_t>(whole.begin() + first, whole.begin() + first + n))
            << n << " from " << first;
      }
    }
  });
}

template <class T>
void expect_dropout_is_mask_and_scale() {
  each_isa([](const Isa& isa) {
    for (std::int64_t n : {0, 1, 7, 64, 200, 1027}) {
      const auto size = static_cast<std::size_t>(n);
      std::vector<T> x(size), y(size), z(size);
      for (std::size_t i = 0; i < size; ++i) x[i] = i % 5 == 0 ? std::numeric_limits<T>::infinity() : T(i) - 100;
      std::vector<std::uint8_t> mask(size);
      testing::of_type<T>(isa).dropout({3, 11, 5}, 8, n, 0.4, T(2.5), x.data(), mask.data(), y.data());
      testing::of_type<T>(isa).masked_scale(x.data(), mask.data(), T(2.5), z.data(), n);
      EXPECT_EQ(mask, mask_of(isa, 8, n, 0.4));
      EXPECT_EQ(y, z);
      for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(y[i], mask[i] ? x[i] * T(2.5) : T(0)) << i << " of " << n;
    }
  });
}
TEST(DropoutKernel, DrawsTheMaskAndScales) {
  expect_dropout_is_mask_and_scale<float>();
  expect_dropout_is_mask_and_scale<double>();
}

}  // namespace
}  // namespace xtape
