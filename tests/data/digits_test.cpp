#include "xtape/data/digits.hpp"

#include <zlib.h>

#include "support/expect.hpp"

namespace xtape::data {
namespace {

std::uint32_t crc_of(const Tensor& bytes) {
  return static_cast<std::uint32_t>(crc32(0, bytes.data<std::uint8_t>(), static_cast<uInt>(bytes.numel())));
}

// The bytes do not depend on the compiler, its flags or the machine.
TEST(Digits, HasTheSameBytesEverywhere) {
  const Tensor images = digits(1000).images();
  EXPECT_EQ(images.shape(), (Shape{1000, 1, 28, 28}));
  EXPECT_EQ(crc_of(images), 0x8ddd182eu);
}

TEST(Digits, AnImageDependsOnSeedAndPositionAlone) {
  const Tensor few = digits(10, 5).images(), many = digits(30, 5).images();
  EXPECT_TRUE(equal(many.narrow(0, 0, 10), few));
  const Tensor others = digits(10, 6).images();
  for (std::int64_t i = 0; i < 10; ++i) EXPECT_FALSE(equal(few[i], others[i]));
}

TEST(Digits, ClassesAreBalanced) {
  const std::vector<std::int64_t> labels = digits(25).labels().to_vector<std::int64_t>();
  for (std::size_t i = 0; i < labels.size(); ++i) EXPECT_EQ(labels[i], static_cast<std::int64_t>(i % 10));
}

TEST(Digits, EachImageHasBrightAndDarkPixels) {
  const Tensor x = digits(200).images().to(float32).reshape({200, -1});
  const std::vector<float> mean = x.mean(1).to_vector<float>(), most = x.max(1).values.to_vector<float>();
  for (std::size_t i = 0; i < mean.size(); ++i) {
    EXPECT_GT(most[i], 100) << i;
    EXPECT_GT(mean[i], 5) << i;
    EXPECT_LT(mean[i], 100) << i;
  }
}

TEST(Digits, LeavesTheDefaultGeneratorAlone) {
  manual_seed(3);
  digits(10, 3);
  EXPECT_EQ(default_generator().state(), (Generator::State{3, 0}));
}

TEST(Digits, AllowsACountOfZeroAndRefusesANegativeOne) {
  EXPECT_EQ(digits(0).size(), 0);
  testing::expect_error<ValueError>([] { digits(-1); }, "digits: n is -1");
}

}  // namespace
}  // namespace xtape::data
