// The tables of xtape-mnist.
#include "mnist/text_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace {

TextTable three_columns() {
  TextTable table({"run", "loss", "state"});
  table.add({"runs/1", "0.5", "finished"});
  table.add({"a/longer/name", "0.25", ""});
  return table;
}

TEST(TextTable, AlignsItsColumns) {
  EXPECT_EQ(three_columns().to_string(),
            "run            loss  state\n"
            "runs/1         0.5   finished\n"
            "a/longer/name  0.25\n");
  EXPECT_EQ(three_columns().width(), 29u);
}

TEST(TextTable, LeavesAColumnOutWhereItIsTooWide) {
  TextTable table = three_columns();
  table.leave_out("state", 29);
  table.leave_out("none", 1);
  EXPECT_TRUE(table.has("state"));
  table.leave_out("state", 28);
  EXPECT_FALSE(table.has("state"));
  EXPECT_EQ(table.to_string(),
            "run            loss\n"
            "runs/1         0.5\n"
            "a/longer/name  0.25\n");
}

TEST(TextTable, ShortensACellToItsEnd) {
  TextTable table = three_columns();
  table.shorten("run", 8, 29);
  EXPECT_EQ(table.width(), 29u);
  table.shorten("run", 8, 28);
  EXPECT_EQ(table.width(), 24u);
  EXPECT_NE(table.to_string().find("\n.../name  0.25\n"), std::string::npos) << table.to_string();
}

TEST(TextTable, InPartsItRepeatsTheFirstColumn) {
  EXPECT_EQ(three_columns().in_parts(29), three_columns().to_string());
  for (const std::size_t most : {28u, 23u, 1u}) {
    EXPECT_EQ(three_columns().in_parts(most),
              "run            loss\n"
              "runs/1         0.5\n"
              "a/longer/name  0.25\n"
              "\n"
              "run            state\n"
              "runs/1         finished\n"
              "a/longer/name\n");
  }
}

TEST(TextTable, ShowsNoControlCharacters) {
  TextTable table({"run"});
  table.add({"a\nb\x1b"});
  const std::string text = table.to_string();
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
}

TEST(TextTable, CutsNoCharacterInTwo) {
  EXPECT_EQ(shortened("runs/1", 6), "runs/1");
  EXPECT_EQ(shortened("runs/12", 6), ".../12");
  EXPECT_EQ(shortened("xx\xc3\xa4\xc3\xa4", 5), "...\xc3\xa4");
  EXPECT_EQ(shortened("xxx\xc3\xa4\xc3\xa4", 6), "...\xc3\xa4");
  EXPECT_EQ(shortened("runs/1", 0), "...");
}

}  // namespace
