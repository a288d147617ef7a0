// Texts as they may be shown to a person.
#include "xtape/io/text_file.hpp"

#include <gtest/gtest.h>

namespace xtape::io {
namespace {

TEST(Printable, KeepsWhatCanBeRead) {
  for (const char* text : {"", "weights of \u00e9pocha 3 \u2192 \U0001F408", "a\\n", "\u05d0\u05d1"}) {
    EXPECT_EQ(printable(text), text);
  }
}

TEST(Printable, EscapesControlCharacters) {
  EXPECT_EQ(printable("a\nb\x1b[2Jc\r\t\x7f"), "a\\nb\\x1b[2Jc\\x0d\\x09\\x7f");
  EXPECT_EQ(printable("\u009b"), "\\x9b");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
}

TEST(Printable, EscapesWhatTurnsTheDirectionOfWriting) {
  EXPECT_EQ(printable("\u061c\u200e\u200f\u202a\u202e\u2066\u2069"),
            "\\u061c\\u200e\\u200f\\u202a\\u202e\\u2066\\u2069");
  EXPECT_EQ(printable("\u200d\u2065\u206a"), "\u200d\u2065\u206a");  // their neighbours
}

TEST(Printable, EscapesTheEndsOfLinesAndParagraphs) { EXPECT_EQ(printable("\u2028\u2029"), "\\u2028\\u2029"); }

TEST(Printable, EscapesBytesThatAreNoUtf8) {
  EXPECT_EQ(printable("a\xff\xc3"), "a\\xff\\xc3");
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate
  EXPECT_EQ(printable("\xc0\x8a"), "\\xc0\\x8a");           // a newline, too long
}

TEST(IsUtf8, IsFalseOfSurrogatesAndOverlongForms) {
  EXPECT_TRUE(is_utf8("\u00e9\U0001F408"));
  for (const char* text : {"\xff", "\xed\xa0\x80", "\xc0\x8a", "\xf4\x90\x80\x80", "\xc3"}) EXPECT_FALSE(is_utf8(text));
}

}  // namespace
}  // namespace xtape::io
