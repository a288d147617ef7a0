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

TEST(Version, CpuNameIsOneLineWithoutSpacesAtItsEnds) {
  const std::string name = cpu_name();
  EXPECT_EQ(name.find('\n'), std::string::npos) << name;
  if (!name.empty()) {
    EXPECT_NE(name.front(), ' ') << name;
    EXPECT_NE(name.back(), ' ') << name;
  }
}

}  // namespace
}  // namespace xtape
