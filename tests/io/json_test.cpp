#include "io/json.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace xtape::io {
namespace {

TEST(Json, AStringIsQuotedAndOnOneLine) {
  const std::string text = "a \"quoted\" \\ \n\t\x01 é";
  const std::string json = json_string(text);
  EXPECT_EQ(json, R"("a \"quoted\" \\ \n\t\u0001 é")");
  EXPECT_EQ(nlohmann::json::parse(json), text);
}

TEST(Json, WhatIsNotUtf8BecomesAReplacementCharacter) { EXPECT_EQ(json_string("a\xff"), "\"a\xef\xbf\xbd\""); }

TEST(Json, ANumberReadsBackAsTheSame) {
  EXPECT_EQ(json_number(std::int64_t{1} << 62), "4611686018427387904");
  EXPECT_EQ(nlohmann::json::parse(json_number(0.1 + 0.2)).get<double>(), 0.1 + 0.2);
}

TEST(Json, HasNoNaNAndAnInfinityThatReadersMake) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(json_number(std::numeric_limits<double>::quiet_NaN()), "null");
  EXPECT_EQ(json_number(inf), "1e999");
  EXPECT_EQ(json_number(-inf), "-1e999");
}

}  // namespace
}  // namespace xtape::io
