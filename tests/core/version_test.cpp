#include "xtape/version.hpp"

#include <gtest/gtest.h>

#include <string>

namespace xtape {
namespace {

TEST(Version, IsThatOfTheHeaders) {
  EXPECT_EQ(version(), std::to_string(XTAPE_VERSION_MAJOR) + "." + std::to_string(XTAPE_VERSION_MINOR) + "." +
                           std::to_string(XTAPE_VERSION_PATCH));
}

TEST(Version, BuildInfoIsOneLineThatOpensWithTheVersion) {
  const std::string info = build_info();
  EXPECT_EQ(info.rfind(std::string("xtape ") + version() + ", ", 0), 0u) << info;
  EXPECT_EQ(info.find('\n'), std::string::npos) << info;
}

}  // namespace
}  // namespace xtape
